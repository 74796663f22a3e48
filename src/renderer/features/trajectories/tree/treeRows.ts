/** @file The lines of a drawn search tree: which are in view, how far in they stand, and where the keys lead. */
import type { SearchTree, TreeNode } from "#contracts/trees.ts";

export interface TreeRow {
  readonly node: TreeNode;
  /** Forks above: a chain of steps without a choice stays where it is, or a deep search would leave the screen. */
  readonly indent: number;
  /** Among the children of its parent, counted from 1. */
  readonly place: number;
  readonly numSiblings: number;
  readonly isFolded: boolean;
}

/** Lines in view: all but what lies below a folded node. */
export function rowsOf(nodes: readonly TreeNode[], folded: ReadonlySet<number>): readonly TreeRow[] {
  const known = new Map<number, { readonly node: TreeNode; readonly indent: number; numSeen: number; readonly isHidden: boolean }>();
  const rows: TreeRow[] = [];
  for (const node of nodes) {
    const parent = node.parent === null ? undefined : known.get(node.parent);
    const isHidden = parent !== undefined && (parent.isHidden || folded.has(parent.node.id));
    const indent = parent === undefined ? 0 : parent.indent + (parent.node.numChildren > 1 ? 1 : 0);
    if (parent !== undefined) parent.numSeen++;
    known.set(node.id, { node, indent, numSeen: 0, isHidden });
    if (isHidden) continue;
    const [place, numSiblings] = parent === undefined ? [1, 1] : [parent.numSeen, parent.node.numChildren];
    rows.push({ node, indent, place, numSiblings, isFolded: folded.has(node.id) });
  }
  return rows;
}

/** From the leaf up to the start. */
export function branchTo(nodes: readonly TreeNode[], leaf: number | null): ReadonlySet<number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const branch = new Set<number>();
  for (let id = leaf; id !== null; id = byId.get(id)?.parent ?? null) branch.add(id);
  return branch;
}

/** An end of a branch below the node: one that answers before one that gives up before any other; of equal ones the first. */
export function endBelow(nodes: readonly TreeNode[], start: number): number {
  const below = new Set([start]);
  for (const node of nodes) if (node.parent !== null && below.has(node.parent)) below.add(node.id);
  const ends = nodes.filter((node) => below.has(node.id) && node.numChildren === 0);
  const best = ends.find((node) => node.ending === "answered") ?? ends.find((node) => node.ending === "gave-up") ?? ends[0];
  return best?.id ?? start;
}

export type TreeMove = { readonly to: number } | { readonly fold: number } | { readonly unfold: number } | null;

/** Where a key leads from a line (WAI-ARIA tree view): to another line, or folding what is below. */
export function moveBy(key: string, rows: readonly TreeRow[], at: number, page: number): TreeMove {
  const row = rows[at];
  if (row === undefined) return null;
  const to = (index: number): TreeMove => ({ to: rows[Math.max(0, Math.min(rows.length - 1, index))]!.node.id });
  switch (key) {
    case "ArrowDown":
      return to(at + 1);
    case "ArrowUp":
      return to(at - 1);
    case "PageDown":
      return to(at + page);
    case "PageUp":
      return to(at - page);
    case "Home":
      return to(0);
    case "End":
      return to(rows.length - 1);
    case "ArrowRight":
      if (row.node.numChildren === 0) return null;
      return row.isFolded ? { unfold: row.node.id } : to(at + 1);
    case "ArrowLeft":
      if (row.node.numChildren > 1 && !row.isFolded) return { fold: row.node.id };
      return row.node.parent === null ? null : { to: row.node.parent };
    default:
      return null;
  }
}

/** One line of words for a node: what a screen reader says, colours and marks included. */
export function nodeInWords(node: TreeNode, { chosenLeaf, recordedLeaf }: SearchTree, isOnBranch: boolean): string {
  const what = node.kind === "start" ? "Start" : node.kind === "thought" ? `Thought: ${oneLine(node.text)}` : `Call ${node.toolName ?? ""}`;
  return [
    what || "Call",
    node.result?.words,
    node.isFailed && "failed",
    node.isPruned && node.ending === null && "not followed",
    node.numChildren > 1 && `${node.numChildren} branches`,
    isOnBranch && "on the chosen branch",
    node.id === chosenLeaf && "end of the chosen branch",
    node.id === recordedLeaf && node.id !== chosenLeaf && "end of the branch in the file",
  ]
    .filter(Boolean)
    .join(", ");
}

const MAX_LINE = 240;
export const oneLine = (text: string): string => text.slice(0, MAX_LINE).replaceAll(/\s+/g, " ").trim();

/** The files' own words for how they came to an end. */
export function treeFacts({ nodes, numRecorded }: SearchTree): string {
  const calls = nodes.filter((node) => node.kind === "call");
  const ends = nodes.filter((node) => node.numChildren === 0);
  const failed = calls.filter((node) => node.isFailed).length;
  return `${numRecorded} nodes, ${calls.length} calls (${failed} failed), ${ends.length} ${ends.length === 1 ? "branch" : "branches"}`;
}
