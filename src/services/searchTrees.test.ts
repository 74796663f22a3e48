import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { hasSharedData, openTestCore, SHARED_DATA, SHARED_DATA_REASON, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import { changeTrajectories, reverseChange } from "./changes/changeTrajectories.ts";
import type { Core } from "./core.ts";
import { startImport } from "./importDataset.ts";
import { chooseBranch, getSearchTree, previewBranch } from "./searchTrees.ts";
import { getTrajectory } from "./trajectories.ts";

async function importInto(core: Core, path: string): Promise<string> {
  const job = await startImport(core, { paths: [path] }).ended;
  expect(job.state).toBe("done");
  return core.store.trajectories.summaries(core.store.lists.page({}, 0, 1).numbers)[0]!.id;
}
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return AppError.from(error).code;
  }
  return "none";
};
const author = { author: "ann", reason: "" };

describe.skipIf(!hasSharedData)(`the search behind a trajectory (skipped where ${SHARED_DATA_REASON})`, () => {
  const FILE = join(SHARED_DATA, "toolbench/answer_trees/G2_answer/127_ChatGPT_DFS_woFilter_w2.json");

  it("is read from the kept file, and another branch becomes a revision that can be undone", async () => {
    const core = openTestCore();
    const id = await importInto(core, FILE);
    const imported = getTrajectory(core, id).trajectory;
    const tree = getSearchTree(core, id)!;
    expect([tree.numRecorded, tree.nodes.length, tree.recordedLeaf, tree.chosenLeaf]).toEqual([19, 12, 12, 12]);
    const leaf = tree.nodes.find(({ numChildren, id: node }) => numChildren === 0 && node !== tree.recordedLeaf)!.id;

    const preview = previewBranch(core, id, leaf);
    const chosen = chooseBranch(core, { trajectoryId: id, leaf, baseRevision: 1, ...author });
    expect(chosen).toMatchObject({ revision: 2, change: { kind: "tree", title: `Chose the branch to node ${leaf} of ${id}` } });
    expect(getTrajectory(core, id).trajectory.turns).toEqual(preview.turns);
    expect(getSearchTree(core, id)).toMatchObject({ recordedLeaf: 12, chosenLeaf: leaf });
    expect(codeOf(() => chooseBranch(core, { trajectoryId: id, leaf: 12, baseRevision: 1, ...author }))).toBe("E_EDIT_CONFLICT");

    reverseChange(core, "undo", author);
    expect(getTrajectory(core, id).trajectory).toEqual(imported);
    expect(getSearchTree(core, id)!.chosenLeaf).toBe(12);
  });

  it("gives the recorded branch back to the letter, with what review says of it", async () => {
    const core = openTestCore();
    const id = await importInto(core, FILE);
    const imported = getTrajectory(core, id).trajectory;
    const leaf = getSearchTree(core, id)!.nodes.find((node) => node.numChildren === 0)!.id;
    chooseBranch(core, { trajectoryId: id, leaf, baseRevision: 1, ...author });
    changeTrajectories(core, { ids: [id] }, { type: "status", status: "accepted" }, author);
    chooseBranch(core, { trajectoryId: id, leaf: 12, baseRevision: 3, ...author });
    expect(getTrajectory(core, id).trajectory).toEqual(imported);
    expect(getTrajectory(core, id).review.status).toBe("accepted");
  });
});

describe("a trajectory of another format", () => {
  const row = {
    messages: [
      { role: "user", content: "q" },
      { role: "assistant", content: "a" },
    ],
  };

  it("has no tree, whatever became of its file, and says so where a branch is asked for", async () => {
    const core = openTestCore();
    const path = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(path, JSON.stringify(row));
    const id = await importInto(core, path);
    expect(codeOf(() => previewBranch(core, id, 1))).toBe("E_TREE");
    rmSync(core.paths.sources, { recursive: true });
    expect(getSearchTree(core, id)).toBeNull();
  });
});
