/** @file A call as coloured pieces: name, argument keys, argument values, and the punctuation between them. */
import type { ToolCall } from "#contracts/trajectory.ts";
import type { JsonValue } from "#contracts/json.ts";

export interface CallPiece {
  readonly text: string;
  readonly kind: "name" | "key" | "value" | "mark";
  /** Top-level argument it belongs to. */
  readonly argument?: string;
}

/** Calls longer than this get one line for each argument. */
const ONE_LINE = 88;

/** `name(key: value, key: value)` from arguments that could be read; null where they could not. */
export function callPieces(call: ToolCall): CallPiece[] | null {
  if (!call.arguments.ok) return null;
  const entries = Object.entries(call.arguments.value);
  const values = entries.map(([, value]) => inline(value));
  const length = call.name.length + entries.reduce((sum, [key], i) => sum + key.length + values[i]!.length + 4, 2);
  const isLong = length > ONE_LINE && entries.length > 0;
  const pieces: CallPiece[] = [{ text: call.name, kind: "name" }, mark("(")];
  entries.forEach(([key], i) => {
    if (isLong) pieces.push(mark("\n  "));
    pieces.push({ text: key, kind: "key", argument: key }, mark(": "), { text: values[i]!, kind: "value", argument: key });
    if (i < entries.length - 1) pieces.push(mark(isLong ? "," : ", "));
  });
  pieces.push(mark(isLong ? "\n)" : ")"));
  return pieces;
}

const mark = (text: string): CallPiece => ({ text, kind: "mark" });

function inline(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${inline(inner)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

/** First step of a JSON pointer, unescaped (RFC 6901): the top-level argument a finding is about. */
export function argumentOf(pointer: string | undefined): string | undefined {
  return pointer?.split("/")[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
}
