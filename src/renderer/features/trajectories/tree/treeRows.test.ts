import { describe, expect, it } from "vitest";
import type { SearchTree, TreeNode } from "#contracts/trees.ts";
import { branchTo, endBelow, moveBy, nodeInWords, rowsOf, treeFacts } from "./treeRows.ts";

const node = (id: number, parent: number | null, numChildren: number, rest: Partial<TreeNode> = {}): TreeNode => ({
  id,
  parent,
  level: 0,
  kind: parent === null ? "start" : "call",
  text: "{}",
  toolName: "look",
  result: null,
  isPruned: false,
  isFailed: false,
  ending: null,
  numChildren,
  ...rest,
});
/** 0 - 1 -< 2 - 3 (gave up)
 *         \ 4 -< 5 (cut off), 6 (answered) */
const nodes = [
  node(0, null, 1),
  node(1, 0, 2),
  node(2, 1, 1),
  node(3, 2, 0, { ending: "gave-up" }),
  node(4, 1, 2, { kind: "thought", text: "so\n then", isPruned: true }),
  node(5, 4, 0, { isFailed: true, result: { text: "", code: 1, words: "no such tool" } }),
  node(6, 4, 0, { ending: "answered" }),
];
const rows = (...folded: readonly number[]) => rowsOf(nodes, new Set(folded));

describe("the lines of a tree", () => {
  it("stand further in only below a fork", () => {
    expect(rows().map((row) => [row.node.id, row.indent, row.place, row.numSiblings])).toEqual([
      [0, 0, 1, 1],
      [1, 0, 1, 1],
      [2, 1, 1, 2],
      [3, 1, 1, 1],
      [4, 1, 2, 2],
      [5, 2, 1, 2],
      [6, 2, 2, 2],
    ]);
  });

  it("leave out all that lies below a folded node", () => {
    expect(rows(1).map((row) => [row.node.id, row.isFolded])).toEqual([
      [0, false],
      [1, true],
    ]);
    expect(rows(2).map((row) => row.node.id)).toEqual([0, 1, 2, 4, 5, 6]);
  });

  it("know a branch, and the best end below a node", () => {
    expect([...branchTo(nodes, 5)]).toEqual([5, 4, 1, 0]);
    expect(branchTo(nodes, null).size).toBe(0);
    expect([0, 2, 4, 5].map((id) => endBelow(nodes, id))).toEqual([6, 3, 6, 5]);
  });

  it("follow the keys of a tree", () => {
    const all = rows();
    const from = (id: number, key: string, among = all) =>
      moveBy(
        key,
        among,
        among.findIndex((row) => row.node.id === id),
        3,
      );
    expect(["ArrowDown", "ArrowUp", "PageDown", "End", "Home"].map((key) => from(2, key))).toEqual([
      { to: 3 },
      { to: 1 },
      { to: 5 },
      { to: 6 },
      { to: 0 },
    ]);
    expect([from(6, "ArrowDown"), from(0, "ArrowUp")]).toEqual([{ to: 6 }, { to: 0 }]);
    expect([from(1, "ArrowLeft"), from(3, "ArrowLeft"), from(0, "ArrowLeft")]).toEqual([{ fold: 1 }, { to: 2 }, null]);
    expect([from(1, "ArrowRight", rows(1)), from(1, "ArrowRight"), from(6, "ArrowRight")]).toEqual([{ unfold: 1 }, { to: 2 }, null]);
    expect(from(1, "ArrowLeft", rows(1))).toEqual({ to: 0 });
  });

  it("say in words what marks and colours say", () => {
    const tree: SearchTree = { nodes, numRecorded: 12, recordedLeaf: 6, chosenLeaf: 5 };
    expect(nodeInWords(nodes[5]!, tree, true)).toBe("Call look, no such tool, failed, on the chosen branch, end of the chosen branch");
    expect(nodeInWords(nodes[4]!, tree, true)).toBe("Thought: so then, not followed, 2 branches, on the chosen branch");
    expect(nodeInWords(nodes[6]!, tree, false)).toBe("Call look, end of the branch in the file");
    expect(treeFacts(tree)).toBe("12 nodes, 5 calls (1 failed), 3 branches");
  });
});
