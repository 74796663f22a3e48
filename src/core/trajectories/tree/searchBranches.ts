/**
 * @file The branches of a search: which one the file was trained on, and what any other gives as a trajectory and as ToolBench's rows,
 * made exactly as the importer makes the file's own.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { isObject, readRow, refuseShape } from "../formats/format.ts";
import { answerOf, createPathReader, type ReadPath } from "../formats/toolbenchTree.ts";
import { sameJson } from "../sameJson.ts";
import { createBranchMessages } from "./branchMessages.ts";
import { readSearchTree, type SearchNode } from "./searchTree.ts";

const ANSWERED = 3;
const GAVE_UP = 4;

export interface SearchBranches {
  readonly nodes: readonly SearchNode[];
  /** The leaf whose branch the file's own training messages are; null where they lie in no branch. */
  readonly recordedLeaf: number | null;
  branch(leaf: number): Readable<ReadPath>;
}

export type Readable<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };

/** @param text  the whole row of the source: a ToolBench answer file */
export function openSearch(text: string): Readable<SearchBranches> {
  return readText(text, (file) => {
    const answer = answerOf(file);
    const nodes = readSearchTree(file);
    const recorded = stepsOf(answer);
    const first = recorded[0] ?? [];
    const numBefore = first.findIndex((message) => message["role"] === "assistant");
    const messages = createBranchMessages(
      nodes,
      first.slice(0, Math.max(numBefore, 0)).filter((message) => message["valid"] !== false),
    );
    const recordedLeaf = leavesOf(nodes).find((leaf) => sameSteps(messages.stepsTo(leaf.id), recorded))?.id ?? null;
    return {
      nodes,
      recordedLeaf,
      branch: (leaf) =>
        readText(text, () => {
          const node = nodes[leaf];
          if (node === undefined || node.children.length > 0) return refuseShape(`node ${leaf} is not the end of a branch`);
          const read = createPathReader();
          if (leaf === recordedLeaf) return read(file, text, answer);
          const path = read(file, text, { ...answerEndingIn(node, answer), train_messages: messages.stepsTo(leaf) });
          return { ...path, content: withLeaf(path.content, leaf) };
        }),
    };
  });
}

function readText<T>(text: string, read: (file: JsonObject) => T): Readable<T> {
  const result = readRow({ rowIndex: 0, byteOffset: 0, byteLength: 0 }, text, read);
  if (result.ok) return result;
  return { ok: false, detail: result.settled.kind === "refused" ? result.settled.refusal.message : "it is empty" };
}

/** How the search ended is a fact of its branch: another one has its own, or, where it was cut off, none. */
function answerEndingIn(node: SearchNode, { finish_type: _recorded, ...answer }: JsonObject): JsonObject {
  const ending = endingOf(node);
  return ending === null ? answer : { ...answer, finish_type: ending === "answered" ? "give_answer" : "give_up" };
}

export function endingOf(node: SearchNode): "answered" | "gave-up" | null {
  return node.observationCode === ANSWERED ? "answered" : node.observationCode === GAVE_UP ? "gave-up" : null;
}

/** Ends of branches; those that end in an answer or in giving up first, since a file is trained on one of them. */
function leavesOf(nodes: readonly SearchNode[]): readonly SearchNode[] {
  const leaves = nodes.filter((node) => node.children.length === 0);
  const isEnding = (node: SearchNode): boolean => endingOf(node) !== null;
  return [...leaves.filter(isEnding), ...leaves.filter((node) => !isEnding(node))];
}

/** The trajectory remembers a choice that the file does not name. */
function withLeaf(content: TrajectoryContent, leaf: number): TrajectoryContent {
  const { toolbench } = content.metadata;
  return { ...content, metadata: { ...content.metadata, toolbench: { ...(isObject(toolbench) ? toolbench : {}), leaf } } };
}

/** The leaf whose branch was chosen for a trajectory; undefined where nobody chose. */
export function chosenLeafOf(content: TrajectoryContent): number | undefined {
  const { toolbench } = content.metadata;
  const leaf = isObject(toolbench) ? toolbench["leaf"] : undefined;
  return typeof leaf === "number" ? leaf : undefined;
}

function stepsOf(answer: JsonObject): readonly (readonly JsonObject[])[] {
  const { train_messages: steps } = answer;
  if (!Array.isArray(steps)) return [];
  return steps.map((step) => (Array.isArray(step) ? step.filter(isObject) : []));
}

const sameSteps = (made: readonly (readonly JsonObject[])[], recorded: readonly (readonly JsonObject[])[]): boolean =>
  sameJson(made.map(comparable), recorded.map(comparable));

/** What flattening reads of a message. */
const comparable = (messages: readonly JsonObject[]): JsonValue =>
  messages.map(({ role, content, function_call: call }) => ({ role: role ?? null, content: content ?? null, call: call ?? null }));
