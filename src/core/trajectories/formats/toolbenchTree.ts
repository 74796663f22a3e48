/**
 * @file ToolBench answer trees: one file holds the whole search for one query. The chosen path becomes a trajectory by way of
 * ToolBench's own flattening, so that it equals what the flattened rows give and goes back to exactly those rows.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { parseKeepingNumbers, pythonRepr, type PythonValue } from "../pythonRepr.ts";
import { isObject, nameOf, oneByOne, refuseShape, RowRefusal, type FormatReader } from "./format.ts";
import { flattenAnswer, type FlattenedRow } from "./toolbenchFlatten.ts";
import type { RowFacts, ToolllamaItem } from "./toolllamaFacts.ts";
import { createSystemTextReader } from "./toolllamaSystem.ts";
import { contentOf } from "./toolllamaTurns.ts";

export function createToolbenchTreeReader(): FormatReader {
  const readPath = createPathReader();
  return oneByOne((file, rowText) => readPath(file, rowText, answerOf(file)));
}

export interface ReadPath {
  readonly content: TrajectoryContent;
  readonly rows: readonly FlattenedRow[];
  readonly changes: readonly LedgerChange[];
}

/** Reads the path that an answer's `train_messages` name; the answer may be the file's own or one made for another branch. */
export function createPathReader(): (file: JsonObject, text: string, answer: JsonObject) => ReadPath {
  const readSystemText = createSystemTextReader();
  return (file, text, answer) => {
    const rows = flattenTree(text, answer);
    if (rows.length === 0) return refuseShape("no step of the chosen path ends in a call");
    const items = rows.at(-1)!.conversations;
    const facts = rows.map((row) => placeIn(items, row));
    const system = items[0]?.from === "system" ? readSystemText(items[0].value) : undefined;
    const targets = facts.map((row) => row.last).filter((last) => last >= 0);
    const content = contentOf({ items, system, itemFields: [], rows: facts, targets });
    const metadata = { ...content.metadata, toolbench: metadataOf(file, answer) };
    return { content: { ...content, metadata }, rows, changes: changesOf(file, answer, facts) };
  };
}

export function answerOf(file: JsonObject): JsonObject {
  const answer = file["answer_generation"];
  if (!isObject(answer)) return refuseShape(`"answer_generation" is ${nameOf(answer)}, not an object`);
  const { valid_data: isValid, finish_type: finishType } = answer;
  if (isValid !== true) {
    const ending = typeof finishType === "string" ? ` (the search ended with ${finishType})` : "";
    throw new RowRefusal("E_ROW_NOT_VALID", { detail: `"valid_data" is ${String(isValid)}${ending}` });
  }
  return answer;
}

/** The training rows that ToolBench makes of a tree. `text` is the file's: it alone tells 1 from 1.0 in the API list. */
export function flattenTree(text: string, answer: JsonObject): readonly FlattenedRow[] {
  if (!Array.isArray(answer["function"])) return refuseShape(`"answer_generation.function" is ${nameOf(answer["function"])}, not a list`);
  const file = parseKeepingNumbers(text) as { readonly answer_generation: { readonly function: PythonValue } };
  return flattenAnswer(answer, pythonRepr(file.answer_generation.function));
}

/** Says a row in terms of the final path; what only the row has (a hint on a second try, which later steps lack) is kept as text. */
function placeIn(path: readonly ToolllamaItem[], { id, conversations }: FlattenedRow): RowFacts {
  const isSame = (a: ToolllamaItem, b: ToolllamaItem | undefined) => a.from === b?.from && a.value === b.value;
  if (conversations.every((item, i) => isSame(item, path[i]))) return { id, last: conversations.length - 1 };
  let next = 0;
  const turns = conversations.map((item) => {
    let i = next;
    // the path may have hints of its own in between, nothing else
    while (path[i]?.from === "user" && !isSame(item, path[i])) i++;
    if (!isSame(item, path[i])) return item;
    next = i + 1;
    return i;
  });
  const last = turns.at(-1)!;
  return { id, last: typeof last === "number" ? last : -1, turns };
}

const CARRIED_FIELDS = ["query", "finish_type", "query_count", "total_tokens"] as const;

function metadataOf(file: JsonObject, answer: JsonObject): JsonObject {
  const carried: [string, JsonValue][] = CARRIED_FIELDS.filter((key) => answer[key] !== undefined).map((key) => [key, answer[key]!]);
  return { ...(file["win"] === undefined ? {} : { win: file["win"] }), ...Object.fromEntries(carried) };
}

function changesOf(file: JsonObject, answer: JsonObject, rows: readonly RowFacts[]): readonly LedgerChange[] {
  const numSteps = (answer["train_messages"] as JsonValue[]).length;
  const changes: LedgerChange[] = [
    {
      rule: "toolbench-flattened",
      detail: `The chosen path was flattened by ToolBench's own rules into ${rows.length} training rows: the system text got its sentence on the output format and the API list, and messages without a call were joined to the next call as its thought.`,
    },
  ];
  if (rows.length < numSteps) {
    const detail = `${numSteps - rows.length} of ${numSteps} steps end in a message without a call and are left out, as ToolBench does.`;
    changes.push({ rule: "steps-without-call-dropped", detail });
  }
  const numHinted = rows.filter((row) => row.turns !== undefined).length;
  if (numHinted > 0) {
    const detail = `${numHinted} of ${rows.length} rows were recorded with a hint on a second try that the final path lacks; the hints are kept for export and are no turns.`;
    changes.push({ rule: "second-try-hints-set-apart", detail });
  }
  const numNodes = countNodes(file["tree"]);
  const others = Object.keys(file).filter((key) => key !== "answer_generation" && key !== "win" && key !== "tree");
  const left = [...(numNodes > 0 ? [`the search tree with its ${numNodes} nodes`] : []), ...others.map((key) => `"${key}"`)];
  if (left.length > 0) {
    changes.push({ rule: "search-not-carried", detail: `Not carried into the trajectory: ${left.join(", ")}. The original file is kept.` });
  }
  return changes;
}

/** Nodes of the search tree, counted without recursion. */
function countNodes(tree: JsonValue | undefined): number {
  let numNodes = 0;
  const waiting: (JsonValue | undefined)[] = [isObject(tree) ? (tree["tree"] ?? tree) : undefined];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (!isObject(node)) continue;
    numNodes++;
    if (Array.isArray(node["children"])) for (const child of node["children"]) waiting.push(child);
  }
  return numNodes;
}
