/**
 * @file The system text of a ToolBench training row: a prompt, then the list of APIs as Python prints it.
 *
 * Rows of a path share their system text and many paths share their tools, so what was read of one is kept for the next.
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

const MAX_KEPT_TEXTS = 256;
const MAX_KEPT_CHARACTERS = 16 * 1024 * 1024;
/** ToolBench has 16,464 APIs of about a thousand characters each. */
const MAX_KEPT_TOOLS = 20_000;

/** Reads system texts; the most recent ones are kept, within a bound. */
export function createSystemTextReader(): (text: string) => SystemText {
  const texts = createBoundedMap<SystemText>(MAX_KEPT_TEXTS);
  const readList = createApiListReader();
  let numRead = 0;
  let last: SystemText | undefined;
  return (text) => {
    // comparing is several times faster than the hashing behind a map, and the rows of a path follow each other
    if (text === last?.text) return last;
    last = texts.get(text);
    if (last === undefined) {
      last = { text, id: numRead++, ...splitSystemText(text, readList) };
      texts.set(text, last);
    }
    return last;
  };
}

/** A map from texts that forgets the oldest ones. */
function createBoundedMap<Value>(maxSize: number): { get(key: string): Value | undefined; set(key: string, value: Value): void } {
  const kept = new Map<string, Value>();
  let numCharacters = 0;
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.set(key, value);
      numCharacters += key.length;
      for (const oldest of kept.keys()) {
        if (kept.size <= maxSize && numCharacters <= MAX_KEPT_CHARACTERS) break;
        kept.delete(oldest);
        numCharacters -= oldest.length;
      }
    },
  };
}

function splitSystemText(text: string, readList: (list: string) => ReadTools | undefined): Omit<SystemText, "text" | "id"> {
  // Python escapes line breaks inside quotes, so the introduction after one can only be the real one
  const found = text.lastIndexOf(`\n${API_LIST_INTRODUCTION}`);
  const isListOnly = found === -1 && text.startsWith(API_LIST_INTRODUCTION);
  if (found === -1 && !isListOnly) return { prompt: text, tools: [], apiList: undefined, changes: [] };
  const start = isListOnly ? API_LIST_INTRODUCTION.length : found + 1 + API_LIST_INTRODUCTION.length;
  const prompt = isListOnly ? undefined : text.slice(0, found);
  const apiList = text.slice(start);
  const quick = readList(apiList);
  if (quick !== undefined) return { prompt, tools: quick.tools, apiList: quick.isExact ? undefined : apiList, changes: [] };
  const read = readApiList(apiList);
  if (!read.ok) {
    const detail = `The API list in the system text is not a Python list of tools: ${read.message} (character ${start + read.offset}). The text is kept whole; the trajectory has no tools.`;
    return { prompt: text, tools: [], apiList: undefined, changes: [{ rule: "api-list-unreadable", detail }] };
  }
  return { prompt, tools: read.tools, apiList, changes: [] };
}

interface ReadTools {
  readonly tools: readonly ToolDefinition[];
  /** The tools, printed as Python does, give the list to the letter. */
  readonly isExact: boolean;
}

const BETWEEN_TOOLS = "}, {'name': ";

/**
 * Reads lists that are laid out as Python does, tool by tool, each distinct tool once. Where the cuts are not between tools (the same
 * words may stand deeper inside one), a part is no literal of its own, and the answer is undefined: the list has to be read as a whole.
 */
function createApiListReader(): (list: string) => ReadTools | undefined {
  const kept = createBoundedMap<{ readonly tool: ToolDefinition; readonly isExact: boolean }>(MAX_KEPT_TOOLS);
  // equal lists give the same object, which whoever stores them can tell at a glance
  const lists = createBoundedMap<ReadTools>(MAX_KEPT_TEXTS);
  const readTools = (list: string): ReadTools | undefined => {
    if (!list.startsWith("[{") || !list.endsWith("}]")) return undefined;
    const tools: ToolDefinition[] = [];
    let isExact = true;
    for (let start = 1; start < list.length;) {
      const cut = list.indexOf(BETWEEN_TOOLS, start);
      const end = cut === -1 ? list.length - 1 : cut + 1;
      const part = list.slice(start, end);
      let read = kept.get(part);
      if (read === undefined) {
        // a copy of its own: a slice would keep the whole system text in memory
        const text = JSON.parse(JSON.stringify(part)) as string;
        const literal = parsePythonLiteral(text);
        const tool = literal.ok && literal.end === text.length ? readTool(literal.value) : undefined;
        if (tool === undefined) return undefined;
        read = { tool, isExact: pythonRepr(toolToJson(tool) as PythonValue) === text };
        kept.set(text, read);
      }
      tools.push(read.tool);
      isExact &&= read.isExact;
      start = end + ", ".length;
    }
    return { tools, isExact };
  };
  return (list) => {
    const known = lists.get(list);
    if (known !== undefined) return known;
    const read = readTools(list);
    if (read !== undefined) lists.set(list, read);
    return read;
  };
}

type ReadApiList =
  | { readonly ok: true; readonly tools: readonly ToolDefinition[] }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** The list at the beginning of `text`; what comes after it is no business of the tools. */
function readApiList(text: string): ReadApiList {
  const literal = parsePythonLiteral(text);
  if (!literal.ok) return literal;
  if (!Array.isArray(literal.value)) return { ok: false, message: "it is not a list", offset: 0 };
  const tools: ToolDefinition[] = [];
  for (const [i, entry] of literal.value.entries()) {
    const tool = readTool(entry);
    if (tool === undefined) return { ok: false, message: `entry ${i} is not a tool with a name`, offset: 0 };
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
    const read = readApiList(recorded);
    if (read.ok && sameJson(read.tools.map(toolToJson), tools.map(toolToJson))) return recorded;
  }
  return tools.length > 0 ? renderApiList(tools) : undefined;
}
