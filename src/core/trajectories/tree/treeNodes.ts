/** @file The nodes of a search tree as they are shown: an Action and its Action Input as one call, codes in words. */
import { OBSERVATION_CODES, type TreeNode } from "#contracts/trees.ts";
import { endingOf } from "./searchBranches.ts";
import type { SearchNode } from "./searchTree.ts";

const NORMAL = 0;
/** What the environment answers is cut at 1,024 characters: it is not always JSON to its end. */
const HOLDS_ERROR = /^\{"error": ?"(?!")/;

export function treeNodesOf(nodes: readonly SearchNode[]): readonly TreeNode[] {
  const shown: TreeNode[] = [];
  const levels = new Map<number, number>();
  for (const node of nodes) {
    // an Action is shown by its Action Input; without one it stands for itself
    if (node.type === "Action" && node.parent !== null && node.children.length > 0) continue;
    const parent = shownParent(nodes, node);
    const level = parent === null ? 0 : levels.get(parent)! + 1;
    levels.set(node.id, level);
    const action = node.type === "Action Input" && node.parent !== null ? nodes[node.parent]! : undefined;
    const toolName = action?.type === "Action" ? action.description : node.type === "Action" ? node.description : null;
    shown.push({
      id: node.id,
      parent,
      level,
      kind: node.parent === null ? "start" : node.type === "Thought" ? "thought" : "call",
      text: node.type === "Action" ? "" : node.description,
      toolName,
      result: resultOf(node),
      isPruned: node.isPruned,
      isFailed: isFailed(node),
      ending: endingOf(node),
      numChildren: node.children.flatMap((child) => (isMerged(nodes[child]!) ? nodes[child]!.children : [child])).length,
    });
  }
  return shown;
}

const isMerged = (node: SearchNode): boolean => node.type === "Action" && node.parent !== null && node.children.length > 0;

function shownParent(nodes: readonly SearchNode[], node: SearchNode): number | null {
  let parent = node.parent === null ? undefined : nodes[node.parent]!;
  while (parent !== undefined && isMerged(parent)) parent = nodes[parent.parent!]!;
  return parent?.id ?? null;
}

function resultOf({ type, observation, observationCode: code }: SearchNode): TreeNode["result"] {
  if (type !== "Action Input" || (observation === "" && code === null)) return null;
  const known = code === null ? undefined : OBSERVATION_CODES[code];
  const words = code === NORMAL && HOLDS_ERROR.test(observation) ? "answered with an error" : (known ?? `unknown code ${String(code)}`);
  return { text: observation, code, words: code === null ? "no code recorded" : words };
}

function isFailed(node: SearchNode): boolean {
  const { observationCode: code, observation } = node;
  if (code === null || endingOf(node) !== null) return false;
  return code !== NORMAL || HOLDS_ERROR.test(observation);
}
