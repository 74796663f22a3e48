/** @file The tools of a row: a list, or its JSON as text; each a definition or OpenAI's `{type, function}` around one. */
import type { JsonValue } from "#contracts/json.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, nameOf, refuseShape } from "./format.ts";
import { readTool } from "./toolllamaSystem.ts";

export type ToolsReader = (value: JsonValue | undefined) => readonly ToolDefinition[];

/** Many rows of a file offer the same tools in the same words; the last ones read are kept. */
export function createToolsReader(field = "tools"): ToolsReader {
  const kept = new Map<string, readonly ToolDefinition[]>();
  return (value) => {
    if (typeof value !== "string") return readToolList(value ?? [], field);
    const known = kept.get(value);
    if (known !== undefined) return known;
    const parsed = parseJson(value.trim() === "" ? "[]" : value);
    if (!parsed.ok) return refuseShape(`"${field}" is text that is not JSON: ${parsed.message} (character ${parsed.offset})`);
    const tools = readToolList(parsed.value ?? [], field);
    if (kept.size >= 256) kept.delete(kept.keys().next().value!);
    kept.set(value, tools);
    return tools;
  };
}

export function readToolList(list: JsonValue, field = "tools"): readonly ToolDefinition[] {
  if (!Array.isArray(list)) return refuseShape(`"${field}" is ${nameOf(list)}, not a list`);
  return list.map((entry, i) => {
    const definition = isObject(entry) && isObject(entry["function"]) ? entry["function"] : entry;
    return readTool(definition) ?? refuseShape(`${field}[${i}] is not a function with a name`);
  });
}
