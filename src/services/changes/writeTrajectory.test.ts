import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { EXPORT_FORMATS, type ExportFormat } from "#contracts/imports.ts";
import type { AssistantTurn, Split, TrajectoryContent, UserTurn } from "#contracts/trajectory.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { copyDatabase } from "#store/openDatabase.ts";
import { openTestCore, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import type { Core } from "../core.ts";
import { exportFiles } from "../exportFiles.ts";
import { mergeWorkspace } from "../merge/mergeWorkspace.ts";
import { similarTrajectories } from "../similarTrajectories.ts";
import { trainedTrajectories } from "../trainedTrajectories.ts";
import { getTrajectory, listTrajectories } from "../trajectories.ts";
import { changeTrajectories, reverseChange } from "./changeTrajectories.ts";
import { historyOf, restoreRevision, reviseTrajectory, saveDraft } from "./reviseTrajectory.ts";
import { writeTrajectory } from "./writeTrajectory.ts";

let core: Core;
let folder: string;
beforeEach(() => {
  folder = join(temporaryFolder(), "workspace");
  core = openTestCore(folder);
});

const control = { report: () => undefined, checkpoint: () => undefined };
const ann = { author: "ann", reason: "" };
const ben = { author: "ben", reason: "" };
const right: AssistantTurn = {
  role: "assistant",
  calls: [{ name: "get_fee", argumentsText: '{"ref":"A1"}', arguments: { ok: true, value: { ref: "A1" } } }],
};
const content = (user: string, turn: AssistantTurn = right): TrajectoryContent => ({
  tools: [{ name: "get_fee", description: "", parameters: { type: "object", properties: { ref: { type: "string" } } } }],
  turns: [{ role: "user", content: user }, turn],
  metadata: {},
});
function add(user: string, split: Split): string {
  const { store } = core;
  return store.transaction(() => {
    const source = store.sources.ensure({ sha256: "s", format: "openai-chat", name: "s", path: "/s", numBytes: 1 });
    const contentId = store.contents.write(content(user), summaryOf(content(user)));
    const number = store.trajectories.add({
      sourceId: source.id,
      split,
      contentId,
      author: "import",
      reason: "imported",
      at: "2026-01-01",
    });
    return `T-${String(number).padStart(5, "0")}`;
  });
}
const write = (user: string, by: { author: string; reason: string; request?: string } = ann) =>
  writeTrajectory(core, { content: content(user), caseId: null, ...by });
const listed = (of = core): readonly string[] => listTrajectories(of, {}, 0, 99).rows.map(({ id }) => id);
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return AppError.from(error).code;
  }
  return "none";
};

describe("a trajectory that is written here", () => {
  it("goes to the train split with its history, and says that no file is behind it", () => {
    add("fee of B2", "train");
    const { id, change } = write("fee of A1", { author: "ann", reason: "none says A1" });
    expect(change).toMatchObject({ kind: "write", title: `Wrote ${id}`, author: "ann", numTrajectories: 1, firstTrajectory: id });
    const { trajectory, origin, summary, revision } = getTrajectory(core, id);
    expect(trajectory).toMatchObject({ split: "train", turns: content("fee of A1").turns });
    expect(origin).toEqual({ source: "Written here", path: "", rows: [], written: { caseId: null } });
    expect([summary.format, revision]).toMatchObject(["written", { number: 1, author: "ann", reason: "none says A1" }]);
    expect(historyOf(core, id)).toMatchObject([{ number: 1, change: { kind: "write" }, changed: [] }]);
    expect(getTrajectory(core, "T-00001").origin.written).toBeNull();
    expect(core.store.sources.list().at(-1)).toMatchObject({ name: "Written here", finished: true, counts: { trajectories: 1, rows: 0 } });
    expect(listTrajectories(core, { source: "Written here" }, 0, 9).total).toBe(1);
  });

  it("is taken back and made again as one change, and stays so over a restart", async () => {
    add("fee of B2", "train");
    const { id } = write("fee of A1");
    expect(listed()).toEqual(["T-00001", id]);
    reverseChange(core, "undo", ann);
    expect(listed()).toEqual(["T-00001"]);
    expect(listTrajectories(core, {}, 0, 9, [id]).rows).toHaveLength(1);
    for (const split of ["train", undefined] as const) {
      expect([...core.store.trajectories.each(split)].map(({ trajectory }) => trajectory.id)).toEqual(["T-00001"]);
    }
    while (core.store.search.indexNext(100));
    expect(similarTrajectories(core, "T-00001", 9)).toEqual([]);
    expect([core.store.trajectories.count(), core.store.sources.list().at(-1)!.counts.trajectories]).toEqual([1, 0]);
    const touched = [
      () => getTrajectory(core, id),
      () => changeTrajectories(core, { ids: [id] }, { type: "split", split: "test" }, ann),
      () => reviseTrajectory(core, { id, baseRevision: 1, content: content("other"), ...ann }),
      () => saveDraft(core, { id, baseRevision: 1, content: content("other"), author: "ann" }),
      () => restoreRevision(core, { id, revision: 1, ...ann }),
    ];
    expect(touched.map(codeOf)).toEqual(Array(touched.length).fill("E_TAKEN_BACK"));

    await core.close();
    core = openTestCore(folder);
    expect(listed()).toEqual(["T-00001"]);
    const after = write("fee of C3", ben);
    reverseChange(core, "redo", ann);
    // it is back between others
    expect(listed()).toEqual(["T-00001", id, after.id]);
    expect(historyOf(core, id).map(({ changed, isRemoved }) => [...changed, isRemoved])).toEqual([
      [false],
      ["presence", true],
      ["presence", false],
    ]);
    reverseChange(core, "undo", ann);
    expect(listed()).toEqual(["T-00001", after.id]);
  });

  it("is not taken back with what somebody else has made of it", () => {
    const { id } = write("fee of A1");
    changeTrajectories(core, { ids: [id] }, { type: "status", status: "accepted" }, ben);
    const undone = reverseChange(core, "undo", ann);
    expect(undone.change).toMatchObject({ numTrajectories: 0, numSkipped: 1 });
    expect(core.store.changes.skipped(undone.changeId, 9)).toEqual([{ trajectoryId: id, reason: "it was changed since" }]);
    expect(listed()).toEqual([id]);
  });

  it("keeps its presence where an earlier revision is brought back", () => {
    const { id } = write("fee of A1");
    reverseChange(core, "undo", ann);
    reverseChange(core, "redo", ann);
    expect(restoreRevision(core, { id, revision: 2, ...ann }).change).toBeNull();
    expect(listed()).toEqual([id]);
  });

  it("is written once, however often the same wish comes", () => {
    const first = write("fee of A1", { ...ann, request: "once" });
    expect(write("fee of A1", { ...ann, request: "once" })).toEqual(first);
    expect(listed()).toEqual([first.id]);
  });

  it("is in versions that are cut while it is there, and in no other", () => {
    const { dataVersions, trajectories } = core.store;
    add("fee of B2", "train");
    const freeze = (name: string) => dataVersions.freeze({ name, author: "ann", note: "", at: "2026-01-02" });
    const before = freeze("before");
    const { id } = write("fee of A1");
    const [withIt, none] = [freeze("with"), (reverseChange(core, "undo", ann), freeze("without"))];
    expect([before, withIt, none].map(({ numTrajectories }) => numTrajectories)).toEqual([1, 2, 1]);
    expect(none.hash).toBe(before.hash);
    // a run on that version, with what its trajectories are now, does not have it either
    const repaired = { dataVersion: "with", repairedTrajectories: [id], withoutTrajectories: [] };
    expect([...trainedTrajectories(core.store, repaired).each("train")].map(({ trajectory }) => trajectory.id)).toEqual(["T-00001"]);
    const idsOf = (version: number) => [...trajectories.eachOfVersion(version, "train")].map(({ trajectory }) => trajectory.id);
    expect([idsOf(withIt.id), idsOf(none.id)]).toEqual([["T-00001", id], ["T-00001"]]);
    expect(dataVersions.diff(before.id, withIt.id, 0, 9)).toMatchObject({ total: 1, added: 1, rows: [{ trajectoryId: id, from: null }] });
    expect(dataVersions.diff(withIt.id, none.id, 0, 9)).toMatchObject({ added: 0, rows: [{ trajectoryId: id, changed: ["presence"] }] });
    expect(dataVersions.diff(before.id, none.id, 0, 9).total).toBe(0);
    reverseChange(core, "redo", ann);
    expect(dataVersions.diff(none.id, null, 0, 9)).toMatchObject({ added: 1, rows: [{ trajectoryId: id }] });
  });

  it("is refused where there is nothing to learn from it, or a turn would be read as something else", () => {
    const refused: readonly (readonly [TrajectoryContent, string])[] = [
      [{ ...content("fee?"), turns: [] }, "E_NOTHING_TO_LEARN"],
      [{ ...content("fee?"), turns: [{ role: "user", content: "fee?" }] }, "E_NOTHING_TO_LEARN"],
      [content("fee?", { role: "assistant", calls: [], answer: " " }), "E_NOTHING_TO_LEARN"],
      [content(" "), "E_NOTHING_TO_LEARN"],
      [{ ...content("fee?"), targets: [] }, "E_NOTHING_TO_LEARN"],
      [content("fee?", { ...right, answer: "both" }), "E_OPERATION_INVALID"],
      [{ ...content("fee?"), targets: [0] }, "E_OPERATION_INVALID"],
    ];
    for (const [each, code] of refused) expect(codeOf(() => writeTrajectory(core, { content: each, caseId: null, ...ann }))).toBe(code);
    expect(codeOf(() => writeTrajectory(core, { content: content("fee?"), caseId: "C-0001", ...ann }))).toBe("E_NOT_FOUND");
    expect([listed(), core.store.changes.recent(9)]).toEqual([[], []]);
  });

  it("never asks word for word what is held out, spaces and capitals aside", () => {
    add("What is the fee of B2?", "validation");
    const train = add("What is the fee of C3?", "train");
    expect(codeOf(() => write("what is  the FEE of b2?"))).toBe("E_HELD_OUT_PROMPT");
    expect(listed()).toHaveLength(2);
    write("What is the fee of C3?");
    // held out since
    changeTrajectories(core, { ids: [train] }, { type: "split", split: "test" }, ann);
    expect(() => write("What is the fee of C3?")).toThrow(/The prompt of T-00002 \(test\) would become a training example/);
  });

  it("is exported in every format, and what was taken back in none", () => {
    write("fee of A1");
    const gone = write("fee of Z9");
    reverseChange(core, "undo", ann);
    for (const format of Object.keys(EXPORT_FORMATS) as ExportFormat[]) {
      const directory = join(folder, "..", `out-${format}`);
      const task = { type: "export", format, directory, filter: {}, sourcesDir: core.paths.sources } as const;
      const { trajectories, files } = exportFiles(core.store, task, control);
      expect(trajectories, format).toBe(1);
      const text = files.map((file) => readFileSync(file, "latin1")).join("\n");
      // trees are of what came from one; columns are compressed
      if (!["toolbench-tree", "parquet", "huggingface"].includes(format)) expect(text, format).toContain("fee of A1");
      expect(text, format).not.toContain(gone.id);
    }
  });

  it("comes into another workspace that is merged with this one, once, and goes as one change", () => {
    const { id } = write("fee of A1");
    write("fee of Z9");
    reverseChange(core, "undo", ann);
    reviseTrajectory(core, { id, baseRevision: 1, content: content("fee of A1, please"), ...ann });
    add("What is the fee of B2?", "train");
    const other = openTestCore();
    const copy = join(folder, "..", "copy.sqlite");
    copyDatabase(core.paths.database, copy);
    const merge = () => mergeWorkspace(other.store, { copy, name: "ours", author: "ben" }, control);
    expect(merge()).toMatchObject({ changed: 1, unknown: 1, unknownSources: ["s"] });
    const [brought] = listed(other);
    expect((getTrajectory(other, brought!).trajectory.turns[0] as UserTurn).content).toBe("fee of A1, please");
    expect(merge()).toMatchObject({ changed: 0, unknown: 1 });
    expect(listed(other)).toHaveLength(1);
    reverseChange(other, "undo", ben);
    expect(listed(other)).toEqual([]);
  });
});
