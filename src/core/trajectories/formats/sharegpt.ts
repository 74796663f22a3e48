/** @file ShareGPT conversations as LLaMA-Factory writes them: `from` human, gpt, function_call, observation; `tools` as JSON text. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { scanJsonParts } from "../jsonParts.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, nameOf, oneByOne, refuseShape, RowRefusal, type FormatReader } from "./format.ts";
import { numbersLost } from "./numbersLost.ts";
import { readTool } from "./toolllamaSystem.ts";

const SPEAKERS: Readonly<Record<string, "system" | "user" | "assistant" | "calls" | "tool">> = {
  system: "system",
  human: "user",
  user: "user",
  gpt: "assistant",
  assistant: "assistant",
  chatgpt: "assistant",
  function_call: "calls",
  tool_call: "calls",
  observation: "tool",
  tool: "tool",
  function_response: "tool",
};

export function createSharegptReader(): FormatReader {
  const readTools = createToolsReader();
  return oneByOne((row, rowText) => ({ content: readSharegptRow(row, readTools), changes: numbersLost(row, rowText) }));
}

function readSharegptRow(row: JsonObject, readTools: (value: JsonValue | undefined) => readonly ToolDefinition[]): TrajectoryContent {
  const { conversations, tools, system, ...fields } = row;
  if (!Array.isArray(conversations)) return refuseShape(`"conversations" is ${nameOf(conversations)}, not a list`);
  const turns: Turn[] = [];
  if (system !== undefined && system !== null && system !== "") {
    if (typeof system !== "string") return refuseShape(`"system" is ${nameOf(system)}, not text`);
    turns.push({ role: "system", content: system });
  }
  const itemFields: JsonObject = {};
  conversations.forEach((item, i) => {
    const where = `conversations[${i}]`;
    if (!isObject(item)) return refuseShape(`${where} is ${nameOf(item)}, not an object`);
    const { from, value, ...rest } = item;
    if (typeof value !== "string") return refuseShape(`${where}.value is ${nameOf(value)}, not text`);
    if (Object.keys(rest).length > 0) itemFields[turns.length] = rest;
    turns.push(readItem(from, value, where));
  });
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return {
    tools: readTools(tools),
    turns,
    metadata: {
      ...(Object.keys(fields).length > 0 ? { fields } : {}),
      ...(Object.keys(itemFields).length > 0 ? { sharegpt: { itemFields } } : {}),
    },
  };
}

function readItem(from: JsonValue | undefined, value: string, where: string): Turn {
  const speaker = typeof from === "string" && Object.hasOwn(SPEAKERS, from) ? SPEAKERS[from] : undefined;
  switch (speaker) {
    case "system":
    case "user":
    case "tool":
      return { role: speaker, content: value };
    case "assistant":
      return { role: "assistant", calls: [], answer: value };
    case "calls":
      return readCalls(value);
    case undefined:
      return refuseShape(`${where}.from is ${typeof from === "string" ? `"${from.slice(0, 40)}"` : nameOf(from)}`);
  }
}

/** `{"name", "arguments"}` or a list of them; text that is neither stays as it is. */
function readCalls(text: string): AssistantTurn {
  const raw: AssistantTurn = { role: "assistant", calls: [], raw: text };
  const parsed = parseJson(text);
  if (!parsed.ok) return raw;
  const isList = Array.isArray(parsed.value);
  const entries: readonly JsonValue[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  // arguments keep their recorded spelling: they are cut out of the text, not written anew
  const recorded = new Map<string, string>();
  for (const { kind, pointer, range } of scanJsonParts(text))
    if (kind === "value") recorded.set(pointer, text.slice(range.start, range.end));
  const calls: ToolCall[] = [];
  for (const [i, entry] of entries.entries()) {
    if (!isObject(entry) || typeof entry["name"] !== "string") return raw;
    const value = entry["arguments"];
    const argumentsText = typeof value === "string" ? value : (recorded.get(`${isList ? `/${i}` : ""}/arguments`) ?? "");
    calls.push({ name: entry["name"], argumentsText, arguments: parseArguments(argumentsText) });
  }
  return calls.length > 0 ? { role: "assistant", calls } : raw;
}

/** Many rows of a file offer the same tools in the same words; the last ones read are kept. */
function createToolsReader(): (value: JsonValue | undefined) => readonly ToolDefinition[] {
  const kept = new Map<string, readonly ToolDefinition[]>();
  return (value) => {
    if (typeof value !== "string") return readTools(value ?? []);
    const known = kept.get(value);
    if (known !== undefined) return known;
    const parsed = parseJson(value.trim() === "" ? "[]" : value);
    if (!parsed.ok) return refuseShape(`"tools" is text that is not JSON: ${parsed.message} (character ${parsed.offset})`);
    const tools = readTools(parsed.value ?? []);
    if (kept.size >= 256) kept.delete(kept.keys().next().value!);
    kept.set(value, tools);
    return tools;
  };
}

function readTools(list: JsonValue): readonly ToolDefinition[] {
  if (!Array.isArray(list)) return refuseShape(`"tools" is ${nameOf(list)}, not a list`);
  return list.map((entry, i) => {
    const definition = isObject(entry) && isObject(entry["function"]) ? entry["function"] : entry;
    return readTool(definition) ?? refuseShape(`tools[${i}] is not a function with a name`);
  });
}
