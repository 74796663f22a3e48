/**
 * @file The messages of a branch, step by step, as ToolBench's search had them (`inference/Algorithms/DFS.py` and
 * `get_train_messages_from_this_node` in `inference/Tree/Tree.py`, OpenBMB/ToolBench @ d56fdd8). A file keeps them of one branch only; the
 * tree has all that the others need.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { endsMessage, pathTo, type SearchNode } from "./searchTree.ts";

/** What a made-up tool name is replaced with. */
const HALLUCINATED_NAME = "invalid_hallucination_function_name";
const NO_SUCH_TOOL = 1;

export interface BranchMessages {
  /** What `answer_generation.train_messages` would be for the branch that ends in this node. */
  stepsTo(id: number): JsonObject[][];
}

/** @param head  the messages before the search: system and query */
export function createBranchMessages(nodes: readonly SearchNode[], head: readonly JsonObject[]): BranchMessages {
  const known = new Map<number, readonly JsonObject[]>();

  /** Messages up to this node, its own included where one ends here. */
  function messagesAt(node: SearchNode): readonly JsonObject[] {
    const found = known.get(node.id);
    if (found !== undefined) return found;
    let messages: readonly JsonObject[] = head;
    if (node.parent !== null) {
      const parent = nodes[node.parent]!;
      const before = endsMessage(nodes, parent) ? hintsBefore(nodes, parent, parent.children.indexOf(node.id)) : [];
      messages = [...messagesAt(parent), ...before, ...(endsMessage(nodes, node) ? messageOf(nodes, node) : [])];
    }
    known.set(node.id, messages);
    return messages;
  }

  return {
    stepsTo(id) {
      const path = pathTo(nodes, id);
      // from the root down, so that a deep tree needs no deep stack
      for (const node of path) messagesAt(node);
      return path.flatMap((node) => {
        if (node.type === "Action") return [];
        const messages = [...messagesAt(node)];
        if (node.type === "Action Input") while (messages.length > 0 && messages.at(-1)!["role"] !== "assistant") messages.pop();
        else while (messages.at(-1)?.["role"] === "user") messages.pop();
        return messages.at(-1)?.["role"] === "assistant" ? [withLastHintOnly(messages)] : [];
      });
    },
  };
}

/** The model's message that ends with the node, and what the call brought. */
function messageOf(nodes: readonly SearchNode[], node: SearchNode): readonly JsonObject[] {
  if (node.type === "Thought") return [{ role: "assistant", content: node.description }];
  const action = nodes[node.parent!]!;
  const thought = action.parent === null ? undefined : nodes[action.parent]!;
  const content = thought?.type === "Thought" && !endsMessage(nodes, thought) ? thought.description : null;
  const name = node.observationCode === NO_SUCH_TOOL ? HALLUCINATED_NAME : action.description;
  return [
    { role: "assistant", content, function_call: { name, arguments: node.description } },
    { role: "function", name, content: node.observation },
  ];
}

/** Before its second and each later try from the same place the model was shown the tries before. */
function hintsBefore(nodes: readonly SearchNode[], parent: SearchNode, numTries: number): readonly JsonObject[] {
  const hints: JsonObject[] = [];
  for (let count = 1; count <= numTries; count++) {
    const tries = parent.children.slice(0, count).flatMap((child) => firstCallOf(nodes, nodes[child]!));
    if (tries.length === 0) continue;
    const observed = parent.observation === "" ? "" : `again, your former observation: ${parent.observation}\n`;
    const content = `${HINT_BEFORE}${pythonJson(tries)}\n${observed}${HINT_AFTER}`;
    hints.push({ role: "user", content, valid: false });
  }
  return hints;
}

const HINT_BEFORE =
  "This is not the first time you try this task, all previous trails failed.\nBefore you generate my thought for this state, I will first show you your previous actions for this state, and then you must generate actions that is different from all of them. Here are some previous actions candidates:\n";
const HINT_AFTER =
  "\nRemember you are now in the intermediate state of a trail, you will first analyze the now state and previous action candidates, then make actions that is different from all the previous.";

/** Stands for 0.0, which JSON written here would say as 0. */
const ZERO = "\u0000zero";

function firstCallOf(nodes: readonly SearchNode[], start: SearchNode): readonly JsonValue[] {
  let node = start;
  while (node.type !== "Action Input" && node.children.length > 0) node = nodes[node.children[0]!]!;
  if (node.type !== "Action Input") return [];
  const { description, observation } = node;
  const name = nodes[node.parent!]!.description;
  return [{ name, arguments: description, function_output: observation, "mento-carlo-action-value": ZERO }];
}

/** `json.dumps(value, indent=2)`: all but plain ASCII is escaped. */
const pythonJson = (value: readonly JsonValue[]): string =>
  JSON.stringify(value, null, 2)
    .replaceAll(JSON.stringify(ZERO), "0.0")
    .replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Hints of earlier steps are left out; the last one stays. */
function withLastHintOnly(messages: readonly JsonObject[]): JsonObject[] {
  const last = messages.findLastIndex((message) => message["valid"] === false);
  return messages.filter((message, i) => message["valid"] !== false || i === last);
}
