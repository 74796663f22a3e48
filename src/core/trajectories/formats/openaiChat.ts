/** @file OpenAI chat rows: `{messages, tools}` and their relatives (legacy `functions`, arguments as objects, Hugging Face's spelling). */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseJson } from "../parseJson.ts";
import { sameJson } from "../sameJson.ts";
import { describeMetadata, isObject, nameOf, oneByOne, refuseShape, RowRefusal, type FormatReader, type FormatWriter } from "./format.ts";
import { numbersLost } from "./numbersLost.ts";
import { applyPatch, factsOf, factsToJson, patchBetween, type MessagePatch, type OpenaiFacts } from "./openaiFacts.ts";
import { createMessageWriter, derivedCallId, readMessage, type MessageStyle } from "./openaiMessage.ts";
import { readTool, toolToJson } from "./toolllamaSystem.ts";

export function createOpenaiChatReader(): FormatReader {
  return oneByOne((row, rowText) => ({ content: readOpenaiRow(row), changes: numbersLost(row, rowText) }));
}

export function createOpenaiChatWriter(): FormatWriter {
  return {
    extension: ".jsonl",
    begin: "",
    write(content) {
      return { text: `${JSON.stringify(openaiRowOf(content))}\n`, numRows: 1, changes: changesOf(content) };
    },
    end: () => "",
  };
}

export function readOpenaiRow(row: JsonObject): TrajectoryContent {
  const { messages, ...others } = row;
  if (!Array.isArray(messages)) return refuseShape(`"messages" is ${nameOf(messages)}, not a list`);
  const recorded = messages as readonly JsonObject[];
  const read = messages.map((message, i) => readMessage(message, `messages[${i}]`));
  if (!read.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  const style = styleOf(recorded, read);
  const turns = withoutDerivedIds(read);
  const targets = targetsOf(recorded, read);
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
  return { ...content, metadata: { openai: factsToJson(facts), ...(Object.keys(fields).length > 0 ? { fields } : {}) } };
}

/** The row of a trajectory; one that came from this format gives an equal row. */
export function openaiRowOf(content: TrajectoryContent): JsonObject {
  const facts = factsOf(content);
  const written = writeMessages(content, facts?.style ?? {});
  const messages = written.map((message, i) => applyPatch(message, facts?.messages?.[i], content.turns[i]!));
  const key = facts?.toolsKey ?? "tools";
  const fields = content.metadata["fields"];
  const tools = toolsField(content.tools, facts, key);
  return { messages, ...(tools === undefined ? {} : { [key]: tools }), ...(isObject(fields) ? fields : {}) };
}

function writeMessages(content: TrajectoryContent, style: MessageStyle): readonly JsonObject[] {
  const write = createMessageWriter(style);
  return content.turns.map((turn, i) => {
    const isLeftOut = turn.role === "assistant" && content.targets !== undefined && !content.targets.includes(i);
    return write(turn, i, isLeftOut ? 0 : undefined);
  });
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

/** OpenAI's `weight` on assistant messages: 0 keeps a turn out of the loss. Undefined: every assistant turn counts. */
function targetsOf(messages: readonly JsonObject[], turns: readonly Turn[]): readonly number[] | undefined {
  const indices = turns.flatMap((turn, i) => (turn.role === "assistant" ? [i] : []));
  const weights = indices.map((i) => messages[i]!["weight"] ?? 1);
  if (!weights.includes(0) || weights.some((weight) => weight !== 0 && weight !== 1)) return undefined;
  return indices.filter((_index, k) => weights[k] === 1);
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

function changesOf(content: TrajectoryContent): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  const numRaw = content.turns.filter((turn) => turn.role === "assistant" && turn.raw !== undefined).length;
  if (numRaw > 0) {
    const detail = `${numRaw} assistant turns do not follow the call grammar; their text is written as content, without calls.`;
    changes.push({ rule: "unreadable-text-as-content", detail });
  }
  const others = Object.keys(content.metadata).filter((key) => key !== "openai" && key !== "fields");
  if (others.length > 0) {
    changes.push({
      rule: "metadata-dropped",
      detail: `OpenAI chat rows have no place for what is kept of the source: ${describeMetadata(others)}.`,
    });
  }
  return changes;
}
