import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "#contracts/changes.ts";
import { openTestCore, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import { writeSmallDataset } from "../../../test/support/smallDataset.ts";
import { changeTrajectories, reverseChange } from "../changes/changeTrajectories.ts";
import { reviseTrajectory } from "../changes/reviseTrajectory.ts";
import type { Core } from "../core.ts";
import { startImport } from "../importDataset.ts";
import { getTrajectory } from "../trajectories.ts";
import type { MergeResult } from "./mergeWorkspace.ts";
import { listConflicts, resolveConflict, startMerge } from "./startMerge.ts";

let mine: Core;
let theirs: Core;
let theirFolder: string;

beforeEach(async () => {
  const folder = temporaryFolder();
  const file = writeSmallDataset(join(folder, "rows.jsonl"), 12);
  const first = openTestCore(join(folder, "first"));
  await startImport(first, { paths: [file] }).ended;
  say(first, "T-00001", { type: "status", status: "flagged" }, "ann");
  await first.close();
  theirFolder = join(folder, "second");
  cpSync(join(folder, "first"), theirFolder, { recursive: true });
  mine = openTestCore(join(folder, "first"));
  theirs = openTestCore(theirFolder);
});

const say = (core: Core, id: string, operation: Operation, author: string) =>
  changeTrajectories(core, { ids: [id] }, operation, { author, reason: "" });
const label = (...options: string[]): Operation => ({ type: "label", question: "outcome", place: {}, options, adjudicate: false });
const turnsWith = (core: Core, id: string, index: number, text: string) =>
  core.store.trajectories
    .get(id)
    .trajectory.turns.map((turn, i) =>
      i !== index ? turn : turn.role === "assistant" ? { ...turn, answer: text } : { ...turn, content: text },
    );
function edit(core: Core, id: string, index: number, text: string, author: string): void {
  const { trajectory, revision } = getTrajectory(core, id);
  reviseTrajectory(core, {
    id,
    baseRevision: revision.number,
    content: { ...trajectory, turns: turnsWith(core, id, index, text) },
    author,
    reason: "",
  });
}
async function merge(): Promise<MergeResult> {
  const { result, error } = await startMerge(mine, { path: theirFolder, author: "ann" }).ended;
  expect(error).toBeNull();
  return result as MergeResult;
}
const stateOf = (id: string) => {
  const { trajectory, review } = getTrajectory(mine, id);
  const texts = trajectory.turns.map((turn) => (turn.role === "assistant" ? (turn.answer ?? "") : turn.content));
  return {
    texts,
    status: review.status,
    labels: review.annotations.labels.map(({ annotator, options }) => `${annotator}: ${options.join()}`),
  };
};

describe("merging a workspace", () => {
  it("takes what only they changed, in one change that can be undone, and nothing a second time", async () => {
    say(theirs, "T-00002", { type: "status", status: "rejected" }, "ben");
    edit(theirs, "T-00003", 0, "asked by ben", "ben");
    say(theirs, "T-00004", label("no"), "ben");
    say(mine, "T-00004", label("yes"), "ann");
    expect(await merge()).toMatchObject({ changed: 3, same: 9, conflicts: 0, unknown: 0 });
    expect(stateOf("T-00002").status).toBe("rejected");
    expect(stateOf("T-00003").texts[0]).toBe("asked by ben");
    expect(stateOf("T-00004").labels).toEqual(["ann: yes", "ben: no"]);
    expect(await merge()).toMatchObject({ changed: 0, conflicts: 0 });
    reverseChange(mine, "undo", { author: "ann" });
    expect([stateOf("T-00002").status, stateOf("T-00004").labels]).toEqual(["unreviewed", ["ann: yes"]]);
    expect(readdirSync(mine.paths.logs)).toEqual([]);
  });

  it("brings edits of different turns together", async () => {
    edit(theirs, "T-00003", 0, "asked by ben", "ben");
    edit(mine, "T-00003", 3, "answered by ann", "ann");
    expect(await merge()).toMatchObject({ changed: 1, conflicts: 0 });
    expect(stateOf("T-00003").texts).toMatchObject({ 0: "asked by ben", 3: "answered by ann" });
  });

  it("keeps both sides of what both changed until somebody chooses", async () => {
    edit(theirs, "T-00003", 0, "asked by ben", "ben");
    edit(mine, "T-00003", 0, "asked by ann", "ann");
    say(theirs, "T-00005", { type: "status", status: "rejected" }, "ben");
    say(mine, "T-00005", { type: "status", status: "accepted" }, "ann");
    expect(await merge()).toMatchObject({ changed: 0, conflicts: 2 });
    expect((await merge()).conflicts).toBe(2);
    const { total, rows } = listConflicts(mine, 0, 9);
    expect([total, rows.map(({ trajectoryId, author, field }) => [trajectoryId, author, field])]).toEqual([
      2,
      [
        ["T-00003", "ben", "content"],
        ["T-00005", "ben", "status"],
      ],
    ]);
    expect([stateOf("T-00003").texts[0], stateOf("T-00005").status]).toEqual(["asked by ann", "accepted"]);
    resolveConflict(mine, { id: rows[0]!.id, side: "theirs", author: "ann" });
    resolveConflict(mine, { id: rows[1]!.id, side: "mine", author: "ann" });
    expect([stateOf("T-00003").texts[0], stateOf("T-00005").status, listConflicts(mine, 0, 9).total]).toEqual([
      "asked by ben",
      "accepted",
      0,
    ]);
    reverseChange(mine, "undo", { author: "ann" });
    expect(stateOf("T-00003").texts[0]).toBe("asked by ann");
  });

  it("names what is not here, and refuses what is no workspace", async () => {
    const extra = writeSmallDataset(join(temporaryFolder(), "more.jsonl"), 20);
    await startImport(theirs, { paths: [extra] }).ended;
    // twelve of its rows are those that are here, in another file
    expect(await merge()).toMatchObject({ unknown: 8, unknownSources: ["more.jsonl"] });
    expect(() => startMerge(mine, { path: temporaryFolder(), author: "ann" })).toThrow(/not a workspace/);
    expect(() => startMerge(mine, { path: mine.paths.workspace, author: "ann" })).toThrow(/not a workspace/);
  });
});
