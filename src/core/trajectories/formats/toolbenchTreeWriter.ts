/**
 * @file ToolBench answer trees out: the file that a trajectory came from, one for each. As long as the trajectory says what the tree's chosen
 * path says, the file comes back to the byte; after an edit its `train_messages`, query and functions say what the trajectory says.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, type FormatWriter, type Settled } from "./format.ts";
import { differencesIn } from "./lostByWriting.ts";
import { sameWords } from "./recordedRow.ts";
import { FORMAT_SENTENCE } from "./toolbenchFlatten.ts";
import { createToolbenchTreeReader } from "./toolbenchTree.ts";
import { toolToJson } from "./toolllamaSystem.ts";

export function createToolbenchTreeWriter(): FormatWriter {
  return {
    extension: ".json",
    begin: "",
    write(content, about) {
      const original = content.metadata["toolbench"] === undefined ? undefined : about?.original?.();
      if (original === undefined) {
        const detail = "The trajectory did not come from an answer tree, so there is no search to write; it is left out.";
        return { text: "", numRows: 0, changes: [{ rule: "no-answer-tree", detail }] };
      }
      const read = readTree(original);
      const path = `answer_trees/${about?.id ?? "trajectory"}.json`;
      if (sameWords(read, content)) return { text: original, path, numRows: 1, changes: [] };
      const text = `${JSON.stringify(editedTree(original, content), null, 2)}\n`;
      return { text, path, numRows: 1, changes: changesOf(content, readTree(text)) };
    },
    end: () => "",
  };
}

function readTree(text: string): TrajectoryContent | undefined {
  const [settled] = createToolbenchTreeReader().push(0, 0, text.length, text) as readonly (Settled | undefined)[];
  return settled?.kind === "trajectory" ? settled.content : undefined;
}

function changesOf(content: TrajectoryContent, back: TrajectoryContent | undefined): readonly LedgerChange[] {
  const detail =
    "The trajectory was edited: train_messages, query and functions of the file say what it says now; the search tree is the recorded one.";
  const edited: LedgerChange = { rule: "tree-of-edited-trajectory", detail };
  if (back === undefined) {
    return [edited, { rule: "not-readable-again", detail: "The edited path cannot be flattened into training rows by ToolBench's rules." }];
  }
  return [edited, ...differencesIn(content, back, "answer trees")];
}

function editedTree(original: string, content: TrajectoryContent): JsonValue {
  const parsed = parseJson(original);
  if (!parsed.ok || !isObject(parsed.value)) return parsed.ok ? parsed.value : null;
  const file = parsed.value;
  const answer = isObject(file["answer_generation"]) ? file["answer_generation"] : {};
  const user = content.turns.find((turn) => turn.role === "user")?.content;
  const recordedQuery = typeof answer["query"] === "string" ? answer["query"] : "";
  const query = user === undefined || user.includes(recordedQuery) ? recordedQuery : user.replace(/^\n/, "").replace(/\nBegin!\n$/, "");
  return {
    ...file,
    answer_generation: { ...answer, query, function: content.tools.map(toolToJson), train_messages: stepsOf(content) },
  };
}

/** The messages up to each target: ToolBench makes a training row of each list. */
function stepsOf({ turns, targets }: TrajectoryContent): JsonValue {
  const messages = turns.map(messagesOf);
  const ends = targets ?? turns.flatMap((turn, i) => (turn.role === "assistant" ? [i] : []));
  return ends.map((end) => messages.slice(0, end + 1).flat());
}

function messagesOf(turn: Turn): readonly JsonObject[] {
  switch (turn.role) {
    case "system":
      return [{ role: "system", content: turn.content.replaceAll(FORMAT_SENTENCE, "") }];
    case "user":
      return [{ role: "user", content: turn.content }];
    case "tool":
      return [{ role: "function", name: turn.name ?? "", content: turn.content }];
    case "assistant": {
      const { thought, calls, answer, raw } = turn;
      const said = raw ?? answer;
      return [
        ...(thought === undefined ? [] : [{ role: "assistant", content: thought }]),
        ...calls.map((call) => ({ role: "assistant", content: null, function_call: { name: call.name, arguments: call.argumentsText } })),
        ...(said === undefined ? [] : [{ role: "assistant", content: said }]),
      ];
    }
  }
}
