/** @file Reading the arguments of a call: JSON, an object, or the exact place and a plain reason why not. */
import type { ParsedArguments } from "#contracts/trajectory.ts";
import { parseJson } from "./parseJson.ts";

/**
 * @param text arguments exactly as recorded
 * @returns the object, or why it is none: `offset` counts UTF-16 code units from the start of `text`
 */
export function parseArguments(text: string): ParsedArguments {
  const parsed = parseJson(text);
  if (!parsed.ok) return { ok: false, message: sentence(parsed.message), offset: parsed.offset };
  const { value } = parsed;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ok: true, value };
  return { ok: false, message: `Arguments must be an object in braces; this is ${kindOf(value)}.`, offset: text.search(/\S/) };
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "text" : typeof value === "number" ? "a number" : String(value);
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;
