/**
 * @file The system text of a ToolBench training row: a prompt, then the list of APIs as Python prints it.
 *
 * Thousands of rows share a system text, so what was read of one is kept for the next.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { parsePythonLiteral } from "../pythonLiteral.ts";
import { pythonRepr, type PythonValue } from "../pythonRepr.ts";
import { sameJson } from "../sameJson.ts";
import { isObject } from "./format.ts";

export const API_LIST_INTRODUCTION = "Specifically, you have access to the following APIs: ";

export interface SystemText {
  readonly text: string;
  /** Distinguishes texts without comparing them; unique within a reader. */
  readonly id: number;
  /** What is before the API list; undefined where the text is nothing but that list. */
  readonly prompt: string | undefined;
  readonly tools: readonly ToolDefinition[];
  /** The text of the API list and all after it, where it would not come back to the letter from `tools`. */
  readonly apiList: string | undefined;
  readonly changes: readonly LedgerChange[];
}

const MAX_KEPT_TEXTS = 512;
const MAX_KEPT_CHARACTERS = 16 * 1024 * 1024;

/** Reads system texts; the most recent ones are kept, within a bound. */
export function createSystemTextReader(): (text: string) => SystemText {
  const kept = new Map<string, SystemText>();
  let numCharacters = 0;
  let id = 0;
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const read = { text, id: id++, ...splitSystemText(text) };
    kept.set(text, read);
    numCharacters += text.length;
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT_TEXTS && numCharacters <= MAX_KEPT_CHARACTERS) break;
      kept.delete(oldest);
      numCharacters -= oldest.length;
    }
    return read;
  };
}

function splitSystemText(text: string): Omit<SystemText, "text" | "id"> {
  // Python escapes line breaks inside quotes, so the introduction after one can only be the real one
  const found = text.lastIndexOf(`\n${API_LIST_INTRODUCTION}`);
  const isListOnly = found === -1 && text.startsWith(API_LIST_INTRODUCTION);
  if (found === -1 && !isListOnly) return { prompt: text, tools: [], apiList: undefined, changes: [] };
  const start = isListOnly ? API_LIST_INTRODUCTION.length : found + 1 + API_LIST_INTRODUCTION.length;
  const read = readApiList(text, start);
  if (!read.ok) {
    const detail = `The API list in the system text is not a Python list of tools: ${read.message} (character ${read.offset}). The text is kept whole; the trajectory has no tools.`;
    return { prompt: text, tools: [], apiList: undefined, changes: [{ rule: "api-list-unreadable", detail }] };
  }
  const prompt = isListOnly ? undefined : text.slice(0, found);
  const apiList = text.slice(start);
  const isExact = read.tools.length > 0 && apiList === renderApiList(read.tools);
  return { prompt, tools: read.tools, apiList: isExact ? undefined : apiList, changes: [] };
}

type ReadApiList =
  | { readonly ok: true; readonly tools: readonly ToolDefinition[] }
  | { readonly ok: false; readonly message: string; readonly offset: number };

function readApiList(text: string, start: number): ReadApiList {
  const literal = parsePythonLiteral(text, start);
  if (!literal.ok) return literal;
  if (!Array.isArray(literal.value)) return { ok: false, message: "it is not a list", offset: start };
  const tools: ToolDefinition[] = [];
  for (const [i, entry] of literal.value.entries()) {
    const tool = readTool(entry);
    if (tool === undefined) return { ok: false, message: `entry ${i} is not a tool with a name`, offset: start };
    tools.push(tool);
  }
  return { ok: true, tools };
}

/** A tool from `{name, description, parameters, ...}`; undefined where it is none. */
export function readTool(value: JsonValue): ToolDefinition | undefined {
  if (!isObject(value)) return undefined;
  const { name, description = "", parameters = {}, ...extra } = value;
  if (typeof name !== "string" || typeof description !== "string" || !isObject(parameters)) return undefined;
  return { name, description, parameters, ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}

export function toolToJson(tool: ToolDefinition): JsonObject {
  return { name: tool.name, description: tool.description, parameters: tool.parameters, ...tool.extra };
}

export const renderApiList = (tools: readonly ToolDefinition[]): string => pythonRepr(tools.map(toolToJson) as PythonValue);

/** The list as it was recorded, as long as it still means `tools`; else as Python would print them. Undefined: no list at all. */
export function apiListOf(tools: readonly ToolDefinition[], recorded: string | undefined): string | undefined {
  if (recorded !== undefined) {
    const read = readApiList(recorded, 0);
    if (read.ok && sameJson(read.tools.map(toolToJson), tools.map(toolToJson))) return recorded;
  }
  return tools.length > 0 ? renderApiList(tools) : undefined;
}
