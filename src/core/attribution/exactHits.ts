/** @file Words of a failure that an example has at the same kind of place: to the letter, so that a person sees at once what they share. */
import type { PlacedCall, TextRange } from "#contracts/calls.ts";
import type { ExactHit } from "#contracts/tracing.ts";
import type { ToolCall, Turn } from "#contracts/trajectory.ts";
import { scanJsonParts } from "../trajectories/jsonParts.ts";
import { parseAssistantText } from "../trajectories/parseAssistantText.ts";

/** A name, key or value of an output, with its place in it. */
export interface CallPart extends ExactHit {
  readonly range: TextRange;
}

/** Names, keys and plain values of every call, in order; keys and strings without their quotes. */
export function callParts(text: string): CallPart[] {
  return parseAssistantText(text).calls.flatMap((call) => [
    { kind: "toolName" as const, text: call.name, range: call.nameRange },
    ...argumentParts(call),
  ]);
}

function argumentParts({ argumentsText, argumentsRange }: Pick<PlacedCall, "argumentsText" | "argumentsRange">): CallPart[] {
  return scanJsonParts(argumentsText).flatMap(({ kind, isContainer, range: { start, end } }) => {
    if (isContainer) return [];
    const range = { start: argumentsRange.start + start, end: argumentsRange.start + end };
    return [
      { kind: kind === "key" ? ("argumentKey" as const) : ("argumentValue" as const), text: plain(argumentsText.slice(start, end)), range },
    ];
  });
}

/** Parts that the error touches; where it touches none, the tool's name of the call around it. */
export function partsInSpan(text: string, span: TextRange): ExactHit[] {
  const parts = callParts(text);
  const touched = parts.filter(({ range }) => range.start < Math.max(span.end, span.start + 1) && range.end > span.start);
  const around = parts.findLast(({ kind, range }) => kind === "toolName" && range.start <= span.start);
  const shown = touched.length > 0 || around === undefined ? touched : [around];
  return shown.map(({ kind, text: word }) => ({ kind, text: word }));
}

/** Those of the failure's parts that any call of the example has. */
export function exactHits(parts: readonly ExactHit[], turns: readonly Turn[]): ExactHit[] {
  const calls = turns.flatMap((turn): readonly ToolCall[] => (turn.role === "assistant" ? turn.calls : []));
  const has = new Set(
    calls.flatMap(({ name, argumentsText }) => [
      keyOf({ kind: "toolName", text: name }),
      ...argumentParts({ argumentsText, argumentsRange: { start: 0, end: argumentsText.length } }).map(keyOf),
    ]),
  );
  const found = new Map(parts.map((part) => [keyOf(part), part]));
  return [...found].flatMap(([key, part]) => (has.has(key) ? [part] : []));
}

const keyOf = ({ kind, text }: ExactHit): string => `${kind} ${text}`;

function plain(json: string): string {
  if (!json.startsWith('"')) return json;
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}
