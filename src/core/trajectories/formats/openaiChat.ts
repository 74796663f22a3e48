/** @file OpenAI chat rows: `{messages, tools}` and their relatives (legacy `functions`, arguments as objects, Hugging Face's spelling). */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseJson } from "../parseJson.ts";
import { sameJson } from "../sameJson.ts";
import {
  isObject,
  nameOf,
  oneByOne,
  refuseShape,
  RowRefusal,
  type FormatReader,
  type FormatWriter,
  type ReadWithChanges,
} from "./format.ts";
import { lostByWriting } from "./lostByWriting.ts";
import { numbersLost } from "./numbersLost.ts";
import { weightToWrite, withWeights } from "./lossFlags.ts";
import { applyPatch, factsOf, factsToJson, patchBetween, type FactsKey, type MessagePatch, type OpenaiFacts } from "./openaiFacts.ts";
import { createMessageWriter, derivedCallId, readMessage, type MessageStyle } from "./openaiMessage.ts";
import { readTool, toolToJson } from "./toolllamaSystem.ts";

export function createOpenaiChatReader(): FormatReader {
  return oneByOne((row, rowText) => readMessagesRow(row, rowText, "openai"));
}

export function readMessagesRow(row: JsonObject, rowText: string, factsKey: FactsKey): ReadWithChanges {
  return { content: readOpenaiRow(row, { factsKey }), changes: [...flagsLost(row), ...numbersLost(row, rowText)] };
}

export function createOpenaiChatWriter(): FormatWriter {
  return messagesWriter("openai", "OpenAI chat rows");
}

export function messagesWriter(key: FactsKey, rows: string): FormatWriter {
  return {
    extension: ".jsonl",
    begin: "",
    write(content) {
      const row = openaiRowOf(content, key);
      const losses = lostByWriting(content, () => readOpenaiRow(row, { factsKey: key }), { key, rows });
      return { text: `${JSON.stringify(row)}\n`, numRows: 1, changes: [...textsOf(content, key), ...losses] };
    },
    end: () => "",
  };
}

export interface OpenaiRowOptions {
  readonly factsKey?: FactsKey;
  /** A row that nothing can be learnt from is refused, but where it is known to be meant. */
  readonly mayLackAssistant?: boolean;
}

export function readOpenaiRow(
  row: JsonObject,
  { factsKey = "openai", mayLackAssistant = false }: OpenaiRowOptions = {},
): TrajectoryContent {
  const { messages, ...others } = row;
  if (!Array.isArray(messages)) return refuseShape(`"messages" is ${nameOf(messages)}, not a list`);
  const recorded = messages as readonly JsonObject[];
  const read = messages.map((message, i) => readMessage(message, `messages[${i}]`));
  if (!mayLackAssistant && !read.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  const style = styleOf(recorded, read);
  const { turns, targets } = withWeights(withoutDerivedIds(read), recorded, (i) => `messages[${i}]`);
  const key = others["tools"] === undefined && others["functions"] !== undefined ? "functions" : "tools";
  const { [key]: recordedTools, ...fields } = others;
  const tools = readTools(recordedTools, key);

  const content = { tools, turns, ...(targets === undefined ? {} : { targets }) };
  const written = writeMessages({ ...content, metadata: {} }, style);
  const patches: Record<string, MessagePatch> = {};
  recorded.forEach((message, i) => {
    const patch = patchBetween(written[i]!, message);
    if (patch !== undefined) patches[i] = patch;
  });
  const hasOwnTools = recordedTools !== undefined && (tools.length === 0 || !sameJson(recordedTools, writeTools(tools, key)));
  const facts: OpenaiFacts = {
    style,
    ...(Object.keys(patches).length > 0 ? { messages: patches } : {}),
    ...(hasOwnTools ? { tools: recordedTools } : {}),
    ...(key === "functions" ? { toolsKey: key } : {}),
  };
  return { ...content, metadata: { [factsKey]: factsToJson(facts), ...(Object.keys(fields).length > 0 ? { fields } : {}) } };
}

const TRL_STYLE: MessageStyle = { arguments: "object", emptyContent: "text" };

/** The row of a trajectory; one that came from this format gives an equal row. */
export function openaiRowOf(content: TrajectoryContent, factsKey: FactsKey = "openai"): JsonObject {
  const facts = factsOf(content, factsKey);
  const written = writeMessages(content, facts?.style ?? (factsKey === "trl" ? TRL_STYLE : {}));
  const messages = written.map((message, i) => applyPatch(message, facts?.messages?.[i], content.turns[i]!));
  const key = facts?.toolsKey ?? "tools";
  const fields = content.metadata["fields"];
  const tools = toolsField(content.tools, facts, key);
  return { messages, ...(tools === undefined ? {} : { [key]: tools }), ...(isObject(fields) ? fields : {}) };
}

function writeMessages(content: TrajectoryContent, style: MessageStyle): readonly JsonObject[] {
  const write = createMessageWriter(style);
  return content.turns.map((turn, i) => write(turn, i, weightToWrite(turn, i, content.targets)));
}

function styleOf(messages: readonly JsonObject[], turns: readonly Turn[]): MessageStyle {
  const isPresent = (value: JsonValue | undefined) => value !== undefined && value !== null;
  const isLegacy =
    messages.some((message) => isPresent(message["function_call"]) || message["role"] === "function") &&
    !messages.some((message) => isPresent(message["tool_calls"]) || message["role"] === "tool");
  const calling = messages.find((_message, i) => hasCalls(turns[i]!));
  const withoutText = messages.find((_message, i) => hasCalls(turns[i]!) && (turns[i] as { thought?: string }).thought === undefined);
  const content = withoutText === undefined ? null : withoutText["content"];
  const hasIds = turns.some((turn) => idsOf(turn).length > 0);
  return {
    ...(isLegacy ? { calls: "function_call" } : {}),
    ...(calling !== undefined && isObject(firstArguments(calling)) ? { arguments: "object" } : {}),
    ...(messages.find((message) => message["role"] === "system" || message["role"] === "developer")?.["role"] === "developer"
      ? { systemRole: "developer" }
      : {}),
    ...(content === undefined ? { emptyContent: "absent" } : content === "" ? { emptyContent: "text" } : {}),
    ...(!isLegacy && !hasIds && turns.some((turn) => turn.role === "tool" || hasCalls(turn)) ? { ids: "absent" } : {}),
  };
}

const hasCalls = (turn: Turn): boolean => turn.role === "assistant" && turn.calls.length > 0;

function firstArguments(message: JsonObject): JsonValue | undefined {
  const { function_call: legacy, tool_calls: calls } = message;
  const first = Array.isArray(calls) && isObject(calls[0]) ? calls[0]["function"] : legacy;
  return isObject(first) ? first["arguments"] : undefined;
}

function idsOf(turn: Turn): readonly string[] {
  if (turn.role === "tool") return turn.callId === undefined ? [] : [turn.callId];
  return turn.role === "assistant" ? turn.calls.flatMap((call) => call.callId ?? []) : [];
}

/** The turns without their ids, where every id of the row is the one that writing would derive from places anyway. */
function withoutDerivedIds(turns: readonly Turn[]): readonly Turn[] {
  const stripped = turns.map((turn): Turn => {
    if (turn.role === "tool") {
      const { callId: _callId, ...rest } = turn;
      return rest;
    }
    if (turn.role !== "assistant") return turn;
    return { ...turn, calls: turn.calls.map(({ callId: _callId, ...call }) => call) };
  });
  const write = createMessageWriter({});
  const isDerived = stripped.every((turn, i) => {
    const message = write(turn, i, undefined);
    const ids = turn.role === "assistant" ? turn.calls.map((_call, k) => derivedCallId(i, k)) : [message["tool_call_id"] ?? null];
    return turn.role === "user" || turn.role === "system" || sameJson(ids, idsAsRecorded(turns[i]!));
  });
  return isDerived ? stripped : turns;
}

const idsAsRecorded = (turn: Turn): JsonValue =>
  turn.role === "tool" ? [turn.callId ?? null] : turn.role === "assistant" ? turn.calls.map((call) => call.callId ?? null) : [];

/** What says that other turns than the assistant's are trained on has no meaning here. */
function flagsLost({ messages }: JsonObject): readonly LedgerChange[] {
  const isTrained = (message: JsonValue) =>
    isObject(message) && message["role"] !== "assistant" && (message["train"] === true || message["training"] === true);
  const count = Array.isArray(messages) ? messages.filter(isTrained).length : 0;
  if (count === 0) return [];
  const detail = `${count} messages that are not the assistant's are marked to be trained on; only assistant turns are. The mark is kept for export.`;
  return [{ rule: "training-mark-not-followed", detail }];
}

function readTools(value: JsonValue | undefined, key: string): readonly ToolDefinition[] {
  const list = typeof value === "string" ? readToolsText(value, key) : (value ?? []);
  if (!Array.isArray(list)) return refuseShape(`"${key}" is ${nameOf(list)}, not a list`);
  return list.map((entry, i) => {
    const definition = isObject(entry) && isObject(entry["function"]) ? entry["function"] : entry;
    return readTool(definition) ?? refuseShape(`${key}[${i}] is not a function with a name`);
  });
}

function readToolsText(text: string, key: string): JsonValue {
  if (text.trim() === "") return [];
  const parsed = parseJson(text);
  return parsed.ok
    ? (parsed.value ?? [])
    : refuseShape(`"${key}" is text that is not JSON: ${parsed.message} (character ${parsed.offset})`);
}

const writeTools = (tools: readonly ToolDefinition[], key: "tools" | "functions"): JsonValue =>
  tools.map((tool) => (key === "functions" ? toolToJson(tool) : { type: "function", function: toolToJson(tool) }));

function toolsField(tools: readonly ToolDefinition[], facts: OpenaiFacts | undefined, key: "tools" | "functions"): JsonValue | undefined {
  if (facts?.tools !== undefined && sameJson(writeTools(readToolsSafely(facts.tools, key), key), writeTools(tools, key)))
    return facts.tools;
  return tools.length > 0 ? writeTools(tools, key) : undefined;
}

function readToolsSafely(value: JsonValue, key: string): readonly ToolDefinition[] {
  try {
    return readTools(value, key);
  } catch (error) {
    if (error instanceof RowRefusal) return [];
    throw error;
  }
}

/** What is written in another way than as a call, although it comes back as what it is. */
function textsOf({ turns }: TrajectoryContent, factsKey: FactsKey): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  const numRaw = turns.filter((turn) => turn.role === "assistant" && turn.raw !== undefined).length;
  if (numRaw > 0) {
    const detail = `${numRaw} assistant turns do not follow the call grammar; their text is written as content, without calls.`;
    changes.push({ rule: "unreadable-text-as-content", detail });
  }
  const numBroken = turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls : [])).filter((call) => !call.arguments.ok).length;
  if (factsKey === "trl" && numBroken > 0) {
    const detail = `The arguments of ${numBroken} calls are no JSON object and are written as text.`;
    changes.push({ rule: "arguments-as-text", detail });
  }
  return changes;
}
