/**
 * @file ShareGPT conversations as LLaMA-Factory reads them: `from` human, gpt, function_call, observation; `tools` as JSON text. A thought
 * stands between `<think>` tags in front of what it leads to.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { jsonDumps } from "../jsonDumps.ts";
import { isObject, nameOf, refuseShape, RowRefusal, type FormatReader, type FormatWriter } from "./format.ts";
import { readJsonCalls, writeJsonCall } from "./jsonCalls.ts";
import { weightToWrite, withWeights } from "./lossFlags.ts";
import { recordedReader, recordedWriter, type RowFormat } from "./recordedRow.ts";
import { joinThinking, splitThinking } from "./thinking.ts";
import { createToolsReader, type ToolsReader } from "./toolsField.ts";
import { toolToJson } from "./toolllamaSystem.ts";

const SPEAKERS: Readonly<Record<string, "system" | "user" | "assistant" | "calls" | "tool">> = {
  system: "system",
  human: "user",
  user: "user",
  gpt: "assistant",
  assistant: "assistant",
  chatgpt: "assistant",
  model: "assistant",
  function_call: "calls",
  tool_call: "calls",
  observation: "tool",
  tool: "tool",
  function_response: "tool",
};

const sharegptFormat = (): RowFormat => {
  const readTools = createToolsReader();
  return { key: "sharegpt", rows: "ShareGPT rows", read: (row) => readRow(row, readTools), write: writeRow };
};

export function createSharegptReader(): FormatReader {
  return recordedReader(sharegptFormat());
}

export function createSharegptWriter(): FormatWriter {
  const { write, ...rest } = recordedWriter(sharegptFormat());
  return {
    ...rest,
    write(content) {
      const written = write(content);
      return { ...written, changes: [...written.changes, ...orderOf(content)] };
    },
  };
}

function readRow(row: JsonObject, readTools: ToolsReader): TrajectoryContent {
  const { conversations, tools, system, ...fields } = row;
  if (!Array.isArray(conversations)) return refuseShape(`"conversations" is ${nameOf(conversations)}, not a list`);
  const turns: Turn[] = [];
  const items: (JsonObject | undefined)[] = [];
  if (system !== undefined && system !== null && system !== "") {
    if (typeof system !== "string") return refuseShape(`"system" is ${nameOf(system)}, not text`);
    turns.push({ role: "system", content: system });
    items.push(undefined);
  }
  const shift = turns.length;
  conversations.forEach((item, i) => {
    const where = `conversations[${i}]`;
    if (!isObject(item)) return refuseShape(`${where} is ${nameOf(item)}, not an object`);
    if (typeof item["value"] !== "string") return refuseShape(`${where}.value is ${nameOf(item["value"])}, not text`);
    turns.push(readItem(item["from"], item["value"], where));
    items.push(item);
  });
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return {
    tools: readTools(tools),
    ...withWeights(turns, items, (i) => `conversations[${i - shift}]`),
    metadata: Object.keys(fields).length > 0 ? { fields } : {},
  };
}

function readItem(from: JsonValue | undefined, value: string, where: string): Turn {
  const speaker = typeof from === "string" && Object.hasOwn(SPEAKERS, from) ? SPEAKERS[from] : undefined;
  switch (speaker) {
    case "system":
    case "user":
    case "tool":
      return { role: speaker, content: value };
    case "assistant": {
      const { thought, rest } = splitThinking(value);
      return { role: "assistant", ...(thought === undefined ? {} : { thought }), calls: [], answer: thought === undefined ? value : rest };
    }
    case "calls": {
      const { thought, rest } = splitThinking(value);
      const calls = readJsonCalls(rest);
      if (calls === undefined) return { role: "assistant", calls: [], raw: value };
      return { role: "assistant", ...(thought === undefined ? {} : { thought }), calls };
    }
    case undefined:
      return refuseShape(`${where}.from is ${typeof from === "string" ? `"${from.slice(0, 40)}"` : nameOf(from)}`);
  }
}

function writeRow({ turns, tools, targets, metadata }: TrajectoryContent): JsonObject {
  const first = turns[0]?.role === "system" && turns[0].content !== "" ? turns[0] : undefined;
  const conversations = turns.flatMap((turn, i): JsonValue[] => {
    if (turn === first) return [];
    const weight = weightToWrite(turn, i, targets);
    return [{ ...writeItem(turn), ...(weight === undefined ? {} : { weight }) }];
  });
  const { fields } = metadata;
  return {
    conversations,
    ...(first === undefined ? {} : { system: first.content }),
    ...(tools.length > 0 ? { tools: jsonDumps(tools.map(toolToJson)) } : {}),
    ...(isObject(fields) ? fields : {}),
  };
}

function writeItem(turn: Turn): { readonly from: string; readonly value: string } {
  switch (turn.role) {
    case "system":
      return { from: "system", value: turn.content };
    case "user":
      return { from: "human", value: turn.content };
    case "tool":
      return { from: "observation", value: turn.content };
    case "assistant": {
      const { raw, thought, calls, answer } = turn;
      if (raw !== undefined) return { from: "function_call", value: raw };
      if (calls.length === 0) return { from: "gpt", value: joinThinking(thought, answer ?? "") };
      const texts = calls.map(writeJsonCall);
      return { from: "function_call", value: joinThinking(thought, texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`) };
    }
  }
}

/** LLaMA-Factory wants the user's side and the model's side in turn, and skips rows that are otherwise. */
function orderOf({ turns, metadata }: TrajectoryContent): readonly LedgerChange[] {
  const spoken = turns.filter((turn) => turn.role !== "system");
  const isInTurn = spoken.every((turn, i) => (turn.role === "assistant") === (i % 2 === 1));
  if (isInTurn || metadata["sharegpt"] !== undefined) return [];
  const detail =
    "The turns of user and model do not alternate: LLaMA-Factory skips such a row. Nothing was rearranged; other readers take it.";
  return [{ rule: "turns-not-alternating", detail }];
}
