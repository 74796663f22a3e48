import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { ContentOperation } from "#contracts/bulk.ts";
import type { Split, TrajectoryContent } from "#contracts/trajectory.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openTestCore, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import type { Core } from "../core.ts";
import { getTrajectory } from "../trajectories.ts";
import { changeTrajectories, reverseChange } from "./changeTrajectories.ts";
import { readPreview, startPreview } from "./previewChange.ts";

let core: Core;
beforeEach(() => {
  core = openTestCore(join(temporaryFolder(), "workspace"));
});

const ann = { author: "ann", reason: "" };
const fee = { name: "get_fee", description: "", parameters: { type: "object" } };
const other = { ...fee, name: "quote", description: "another" };
/** Every third says nothing of it, every tenth cannot be renamed. */
const content = (i: number): TrajectoryContent => ({
  tools: i % 10 === 0 ? [fee, other] : [fee],
  turns: [
    { role: "user", content: i % 3 === 0 ? `question ${i}` : `get_fee, get_fee ${i}` },
    { role: "assistant", calls: [], answer: "yes" },
  ],
  metadata: {},
});
function add(count: number): string[] {
  const { store } = core;
  return store.transaction(() => {
    const source = store.sources.ensure({ sha256: "s", format: "openai-chat", name: "s", path: "/s", numBytes: 1 });
    return Array.from({ length: count }, (_, i) => {
      const contentId = store.contents.write(content(i), summaryOf(content(i)));
      const split: Split = i % 5 === 1 ? "test" : "train";
      const number = store.trajectories.add({ sourceId: source.id, split, contentId, author: "import", reason: "", at: "2026" });
      return `T-${String(number).padStart(5, "0")}`;
    });
  });
}
const RENAME: ContentOperation = { type: "renameTool", from: "get_fee", to: "quote", mentions: true };
const REPLACE: ContentOperation = {
  type: "replace",
  find: "get_fee",
  replacement: "x",
  isPattern: false,
  matchCase: true,
  parts: ["user"],
};

describe("a preview", { timeout: 240_000 }, () => {
  it("lists exceptions first, then every place, with exact counts, and changes nothing", () => {
    const ids = add(12);
    const preview = startPreview(core, { ids }, RENAME);
    expect(preview).toMatchObject({
      isDone: true,
      jobId: null,
      numChosen: 12,
      // a definition in each of the ten others, and two words in each of seven of them
      counts: { numWalked: 12, numChanged: 10, numSkipped: 2, numHits: 24, hitsByPart: { tools: 10, user: 14 }, numLeft: 0 },
      numListed: 26,
    });
    expect(preview.counts.changedBySplit).toEqual({ train: 7, validation: 0, test: 3 });
    const all = readPreview(core, preview.id, 0, 100).rows;
    expect(all.slice(0, 2)).toEqual(
      [ids[0], ids[10]].map((trajectoryId) => ({
        trajectoryId,
        split: "train",
        exception: 'it offers a different "quote" already',
        hit: null,
      })),
    );
    expect(all[3]).toMatchObject({
      trajectoryId: ids[1],
      split: "test",
      hit: { turn: 0, part: "user", start: 0, before: "get_fee", after: "quote", trail: ", get_fee 1" },
    });
    const paged = [0, 5, 10, 15, 20, 25].flatMap((offset) => readPreview(core, preview.id, offset, 5).rows);
    expect(paged).toEqual(all);
    expect(ids.every((id) => getTrajectory(core, id).revision.number === 1)).toBe(true);
  });

  it("of many is a job with the same result, and the change it leads to does just what it showed", async () => {
    const ids = add(300);
    const { id, jobId, isDone } = startPreview(core, { filter: {}, except: [] }, REPLACE);
    expect(isDone).toBe(false);
    const act = () => changeTrajectories(core, { preview: id, except: [] }, REPLACE, ann);
    expect(act).toThrow("the preview is not whole yet");
    await core.jobs.ended(jobId!);
    expect(readPreview(core, id, 0, 1)).toMatchObject({
      isDone: true,
      numListed: 400,
      counts: { numWalked: 300, numChanged: 200, numHits: 400 },
    });

    const started = changeTrajectories(core, { preview: id, except: [ids[1]!] }, REPLACE, ann);
    expect(started.numChosen).toBe(199);
    await core.jobs.ended(started.jobId!);
    expect(core.store.changes.get(started.changeId)).toMatchObject({ numTrajectories: 199, numSkipped: 0 });
    expect(getTrajectory(core, ids[1]!).revision.number).toBe(1);
    await core.jobs.ended(reverseChange(core, "undo", ann).jobId!);
    expect(getTrajectory(core, ids[2]!).trajectory.turns).toEqual(content(2).turns);
  });

  it("says what it leaves in text that cannot be read", () => {
    const { store } = core;
    const [id] = add(1);
    const raw: TrajectoryContent = { ...content(1), turns: [{ role: "assistant", calls: [], raw: "Action: get_fee" }] };
    store.transaction(() =>
      store.changes.revise(
        { id: store.changes.start({ kind: "edit", title: "", author: "a", reason: "", at: "" }), author: "a", reason: "", at: "" },
        1,
        { ...store.changes.state(1), contentId: store.contents.write(raw, summaryOf(raw)) },
      ),
    );
    const { counts, id: previewId } = startPreview(core, { ids: [id!] }, { ...REPLACE, parts: ["thought"] });
    expect(counts).toMatchObject({ numChanged: 0, numHits: 0, numLeft: 1 });
    expect(readPreview(core, previewId, 0, 9).rows.map(({ exception }) => exception)).toEqual([
      "1 place in text that cannot be read stays as it is",
    ]);
  });

  it("is forgotten after a few others", () => {
    const ids = add(2);
    const first = startPreview(core, { ids }, REPLACE).id;
    for (let i = 0; i < 6; i++) startPreview(core, { ids }, REPLACE);
    expect(() => readPreview(core, first, 0, 9)).toThrow("no preview");
  });
});
