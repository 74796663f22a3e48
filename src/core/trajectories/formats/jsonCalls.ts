/** @file Calls as JSON in a text, `{"name", "arguments"}` or a list of them: how ShareGPT, Hermes and their relatives write them. */
import type { JsonValue } from "#contracts/json.ts";
import type { ToolCall } from "#contracts/trajectory.ts";
import { scanJsonParts } from "../jsonParts.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { isObject } from "./format.ts";

const ARGUMENT_KEYS = ["arguments", "parameters", "args"] as const;

/** The calls in the text, at least one; undefined where it is anything else. */
export function readJsonCalls(text: string): readonly ToolCall[] | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok) return undefined;
  const isList = Array.isArray(parsed.value);
  const entries: readonly JsonValue[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  // arguments keep their recorded spelling: they are cut out of the text, not written anew
  const recorded = new Map<string, string>();
  for (const { kind, pointer, range } of scanJsonParts(text))
    if (kind === "value") recorded.set(pointer, text.slice(range.start, range.end));
  const calls: ToolCall[] = [];
  for (const [i, entry] of entries.entries()) {
    if (!isObject(entry) || typeof entry["name"] !== "string") return undefined;
    const key = ARGUMENT_KEYS.find((name) => entry[name] !== undefined) ?? "arguments";
    const value = entry[key];
    const argumentsText = typeof value === "string" ? value : (recorded.get(`${isList ? `/${i}` : ""}/${key}`) ?? "");
    calls.push({ name: entry["name"], argumentsText, arguments: parseArguments(argumentsText) });
  }
  return calls.length > 0 ? calls : undefined;
}

/** Arguments keep their spelling; those that are no JSON object are written as text. */
export function writeJsonCall({ name, argumentsText, arguments: parsed }: ToolCall): string {
  return `{"name": ${JSON.stringify(name)}, "arguments": ${parsed.ok ? argumentsText : JSON.stringify(argumentsText)}}`;
}
