/** @file JSON as Python's `json.dumps` prints it, with a space after commas and colons: how most data sets are written. */
import type { JsonValue } from "#contracts/json.ts";

export function jsonDumps(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(jsonDumps).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, entry]) => `${JSON.stringify(key)}: ${jsonDumps(entry)}`)
    .join(", ")}}`;
}
