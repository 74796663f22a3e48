/** @file One message of the OpenAI chat format read into a turn, and a turn written as a message. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, ToolTurn, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { isObject, nameOf, refuseShape } from "./format.ts";

/** How a row spells what can be spelled in several ways; absent fields stand for today's spelling. */
export interface MessageStyle {
  /** Legacy: one `function_call` an assistant message, results with role `function`. */
  readonly calls?: "function_call";
  /** Arguments as objects, as the Hugging Face templates take them, not as strings. */
  readonly arguments?: "object";
  /** Newer name of the system role. */
  readonly systemRole?: "developer";
  /** `content` beside calls: an empty text, or left out; else null. */
  readonly emptyContent?: "text" | "absent";
  /** Calls and results carry no ids. */
  readonly ids?: "absent";
}

/**
 * A call without an id of its own gets one from its place, `call_<message>_<call>`; an id that says no more than that is not kept, so
 * that a trajectory written and read again is the same trajectory.
 */
export const derivedCallId = (messageIndex: number, callIndex: number): string => `call_${messageIndex}_${callIndex}`;

/** @param where place of the message in words, for refusals */
export function readMessage(message: JsonValue, where: string): Turn {
  if (!isObject(message)) return refuseShape(`${where} is ${nameOf(message)}, not an object`);
  const { role } = message;
  switch (role) {
    case "system":
    case "developer":
      return { role: "system", content: textOf(message["content"], where) };
    case "user":
      return { role: "user", content: textOf(message["content"], where) };
    case "assistant":
      return readAssistant(message, where);
    case "tool":
    case "function":
      return readResult(message, where);
    default:
      return refuseShape(`${where}.role is ${typeof role === "string" ? `"${role.slice(0, 40)}"` : nameOf(role)}`);
  }
}

function textOf(content: JsonValue | undefined, where: string): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return refuseShape(`${where}.content is ${nameOf(content)}, not text`);
  return content
    .map((part, i) => {
      if (typeof part === "string") return part;
      if (isObject(part) && typeof part["text"] === "string") return part["text"];
      const kind = isObject(part) && typeof part["type"] === "string" ? `of type ${part["type"].slice(0, 40)}` : nameOf(part);
      return refuseShape(`${where}.content[${i}] is ${kind}; only text is read`);
    })
    .join("");
}

function readAssistant(message: JsonObject, where: string): AssistantTurn {
  const { content, tool_calls: toolCalls = null, function_call: functionCall = null, reasoning_content: reasoning } = message;
  const text = content === null || content === undefined ? "" : textOf(content, where);
  const reason = typeof reasoning === "string" && reasoning !== "" ? { thought: reasoning } : {};
  const calls = readCalls(toolCalls, functionCall, where);
  if (calls.length === 0) return { role: "assistant", ...reason, calls, answer: text };
  return { role: "assistant", ...(text === "" ? reason : { thought: text }), calls };
}

function readCalls(toolCalls: JsonValue, functionCall: JsonValue, where: string): readonly ToolCall[] {
  if (toolCalls !== null && !Array.isArray(toolCalls)) return refuseShape(`${where}.tool_calls is ${nameOf(toolCalls)}, not a list`);
  if (functionCall !== null) {
    if (toolCalls !== null && toolCalls.length > 0) return refuseShape(`${where} has both tool_calls and function_call`);
    return [readCall(functionCall, `${where}.function_call`, undefined)];
  }
  return (toolCalls ?? []).map((call, i) => {
    const place = `${where}.tool_calls[${i}]`;
    if (!isObject(call)) return refuseShape(`${place} is ${nameOf(call)}, not an object`);
    return readCall(call["function"], `${place}.function`, call["id"]);
  });
}

function readCall(call: JsonValue | undefined, where: string, id: JsonValue | undefined): ToolCall {
  if (!isObject(call)) return refuseShape(`${where} is ${nameOf(call)}, not an object`);
  const { name, arguments: value } = call;
  if (typeof name !== "string") return refuseShape(`${where}.name is ${nameOf(name)}, not text`);
  const argumentsText = typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
  const callId = typeof id === "string" && id !== "" ? { callId: id } : {};
  return { name, argumentsText, arguments: parseArguments(argumentsText), ...callId };
}

function readResult(message: JsonObject, where: string): ToolTurn {
  const { content, name, tool_call_id: callId } = message;
  // results are data: some writers put them in as JSON values
  const isText = typeof content === "string" || (Array.isArray(content) && content.every((part) => isObject(part) && "text" in part));
  const text = isText ? textOf(content, where) : content === null || content === undefined ? "" : JSON.stringify(content);
  return {
    role: "tool",
    content: text,
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof callId === "string" && callId !== "" ? { callId } : {}),
  };
}

/** Writes messages in order: results without an id are tied to the calls before them that have none yet. */
export function createMessageWriter(style: MessageStyle): (turn: Turn, index: number, weight: number | undefined) => JsonObject {
  let unanswered: string[] = [];
  return (turn, index, weight) => {
    switch (turn.role) {
      case "system":
        return { role: style.systemRole ?? "system", content: turn.content };
      case "user":
        return { role: "user", content: turn.content };
      case "assistant": {
        if (turn.calls.length > 0) unanswered = turn.calls.map((call, i) => call.callId ?? derivedCallId(index, i));
        return present({ ...writeAssistant(turn, index, style), weight });
      }
      case "tool": {
        const { name, content } = turn;
        if (style.calls !== undefined) return present({ role: "function", name, content });
        const id = turn.callId ?? (style.ids === undefined ? unanswered[0] : undefined);
        unanswered = unanswered.filter((other) => other !== id);
        return present({ role: "tool", tool_call_id: id, name, content });
      }
    }
  };
}

function writeAssistant(turn: AssistantTurn, index: number, style: MessageStyle): JsonObject {
  const { role, raw, thought, calls, answer = "" } = turn;
  if (raw !== undefined) return { role, content: raw };
  if (calls.length === 0) return present({ role, reasoning_content: thought, content: answer });
  const content = thought ?? (style.emptyContent === "absent" ? undefined : style.emptyContent === "text" ? "" : null);
  const written = calls.map((call): JsonObject => ({ name: call.name, arguments: writeArguments(call, style) }));
  if (style.calls !== undefined && written.length === 1) return present({ role, content, function_call: written[0] });
  const toolCalls = written.map((call, i) => {
    const id = calls[i]!.callId ?? (style.ids === undefined ? derivedCallId(index, i) : undefined);
    return present({ id, type: "function", function: call });
  });
  return present({ role, content, tool_calls: toolCalls });
}

const present = (fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, JsonValue] => field[1] !== undefined));

const writeArguments = (call: ToolCall, style: MessageStyle): JsonValue =>
  style.arguments === "object" && call.arguments.ok ? call.arguments.value : call.argumentsText;
