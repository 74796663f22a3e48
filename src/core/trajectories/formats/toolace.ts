/**
 * @file ToolACE's rows: `{system, conversations: [{from, value}]}`, with the functions as a JSON list in the system text and calls in Python's
 * syntax, `[Name(key="value")]`.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { scanJsonParts } from "../jsonParts.ts";
import { parseJson } from "../parseJson.ts";
import { readPythonCalls } from "../pythonCalls.ts";
import { isObject, nameOf, oneByOne, refuseShape, RowRefusal, type FormatReader } from "./format.ts";
import { numbersLost } from "./numbersLost.ts";
import { readTool } from "./toolllamaSystem.ts";

export function createToolaceReader(): FormatReader {
  return oneByOne((row, rowText) => ({ content: readToolaceRow(row), changes: numbersLost(row, rowText) }));
}

/** Whether a row is ToolACE's: a system text with a list of functions, and a model that answers in Python's syntax. */
export function isToolaceRow({ system, conversations }: JsonObject): boolean {
  if (typeof system !== "string" || !Array.isArray(conversations)) return false;
  return /list of functions/i.test(system) && findList(system) !== undefined;
}

function readToolaceRow(row: JsonObject): TrajectoryContent {
  const { system = "", conversations, ...fields } = row;
  if (typeof system !== "string") return refuseShape(`"system" is ${nameOf(system)}, not text`);
  if (!Array.isArray(conversations)) return refuseShape(`"conversations" is ${nameOf(conversations)}, not a list`);
  const found = findList(system);
  const turns: Turn[] = [];
  // the prompt says how ToolACE wants calls to be written, which is not how this model will: the functions stand for it
  const date = /(?:The current time is|Today is|Current date)[^\n]*/i.exec(system)?.[0];
  if (found === undefined && system !== "") turns.push({ role: "system", content: system });
  else if (date !== undefined) turns.push({ role: "system", content: date });
  conversations.forEach((item, i) => turns.push(readItem(item, `conversations[${i}]`)));
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  const kept: JsonObject = found === undefined ? {} : { toolace: { system } };
  return { tools: found ?? [], turns, metadata: { ...kept, ...(Object.keys(fields).length > 0 ? { fields } : {}) } };
}

function findList(system: string): readonly ToolDefinition[] | undefined {
  for (let at = system.indexOf("[{"); at !== -1; at = system.indexOf("[{", at + 1)) {
    const whole = scanJsonParts(system.slice(at))[0];
    const parsed = whole === undefined ? undefined : parseJson(system.slice(at, at + whole.range.end));
    if (parsed?.ok !== true || !Array.isArray(parsed.value)) continue;
    const tools = parsed.value.map((entry) => readTool(entry));
    if (tools.every((tool) => tool !== undefined)) return tools;
  }
  return undefined;
}

function readItem(item: JsonValue, where: string): Turn {
  if (!isObject(item)) return refuseShape(`${where} is ${nameOf(item)}, not an object`);
  const { from, value } = item;
  if (typeof value !== "string") return refuseShape(`${where}.value is ${nameOf(value)}, not text`);
  switch (from) {
    case "system":
      return { role: "system", content: value };
    case "user":
    case "human":
      return { role: "user", content: value };
    case "tool":
    case "function":
      return { role: "tool", content: value };
    case "assistant":
    case "gpt":
      return readSpoken(value);
    default:
      return refuseShape(`${where}.from is ${typeof from === "string" ? `"${from.slice(0, 40)}"` : nameOf(from)}`);
  }
}

function readSpoken(value: string): AssistantTurn {
  const text = value.trim();
  if (!text.startsWith("[") || !text.endsWith("]")) return { role: "assistant", calls: [], answer: value };
  const read = readPythonCalls(text);
  if (read.ok && read.end === text.length) return { role: "assistant", calls: read.calls };
  return /^\[[^()[\]]+\(/.test(text) ? { role: "assistant", calls: [], raw: value } : { role: "assistant", calls: [], answer: value };
}
