/**
 * @file The search tree of a ToolBench answer file: every thought and call that was tried for one query (`inference/Tree/Tree.py`,
 * OpenBMB/ToolBench @ d56fdd8).
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { isObject, nameOf, refuseShape } from "../formats/format.ts";

export type SearchNodeType = "Thought" | "Action" | "Action Input";

export interface SearchNode {
  /** Index into the list of nodes, which is in the order of the file: parents before children. */
  readonly id: number;
  /** Null for the root. */
  readonly parent: number | null;
  readonly type: SearchNodeType;
  readonly description: string;
  /** Empty where there is none. */
  readonly observation: string;
  readonly observationCode: number | null;
  readonly isPruned: boolean;
  /** When the search went on from this node; 0 for parts of a message that is not ended here. */
  readonly expandNumber: number;
  readonly children: readonly number[];
}

const TYPES: readonly string[] = ["Thought", "Action", "Action Input"] satisfies readonly SearchNodeType[];

/** Read without recursion: a tree is as deep as its file likes. Refuses what is no tree. */
export function readSearchTree(file: JsonObject): readonly SearchNode[] {
  const { tree } = file;
  const root = isObject(tree) ? (tree["tree"] ?? tree) : tree;
  const nodes: (SearchNode & { readonly children: number[] })[] = [];
  const waiting: { readonly value: JsonValue | undefined; readonly parent: number | null }[] = [{ value: root, parent: null }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, parent } = next;
    if (!isObject(value)) return refuseShape(`${parent === null ? '"tree"' : "a node of the tree"} is ${nameOf(value)}, not an object`);
    const id = nodes.length;
    nodes.push({ id, parent, ...readNode(value), children: [] });
    if (parent !== null) nodes[parent]!.children.push(id);
    const children = Array.isArray(value["children"]) ? value["children"] : [];
    for (const child of children.toReversed()) waiting.push({ value: child, parent: id });
  }
  return nodes;
}

function readNode(value: JsonObject): Omit<SearchNode, "id" | "parent" | "children"> {
  const { node_type: type, description, observation, observation_code: code, pruned, expand_num: expandNumber } = value;
  if (typeof type !== "string" || !TYPES.includes(type)) {
    return refuseShape(`the type of a node of the tree is ${typeof type === "string" ? `"${type}"` : nameOf(type)}`);
  }
  return {
    type: type as SearchNodeType,
    description: typeof description === "string" ? description : "",
    observation: typeof observation === "string" ? observation : "",
    observationCode: typeof code === "number" ? code : null,
    isPruned: pruned === true,
    expandNumber: typeof expandNumber === "number" ? expandNumber : 0,
  };
}

/** From the root's child down to the node. */
export function pathTo(nodes: readonly SearchNode[], id: number): readonly SearchNode[] {
  const path: SearchNode[] = [];
  for (let node = nodes[id]; node !== undefined && node.parent !== null; node = nodes[node.parent]) path.unshift(node);
  return path;
}

/**
 * Whether the model's message ends with this node. The search goes on from whole messages, which it counts; a thought that came in one
 * message with its call is passed over.
 */
export function endsMessage(nodes: readonly SearchNode[], node: SearchNode): boolean {
  if (node.parent === null || node.type === "Action Input") return true;
  if (node.type === "Action") return false;
  const isFollowedByCall = node.children.length === 1 && nodes[node.children[0]!]!.type === "Action";
  return node.expandNumber > 0 || !isFollowedByCall;
}
