/**
 * @file Edits inside JSON texts: only the characters concerned change, escaped as a string needs it; all else stays byte for byte, the
 * spelling of other escapes included.
 */
import type { JsonPart } from "../jsonParts.ts";
import type { Finder } from "./findText.ts";
import { applyEdits, type TextEdit } from "./textEdits.ts";

export interface LiteralEdit extends TextEdit {
  readonly part: "argumentKey" | "argumentValue";
}

/** @param parts of `text`, by `scanJsonParts`; `text` is valid JSON */
export function literalEdits(text: string, parts: readonly JsonPart[], kinds: readonly JsonPart["kind"][], find: Finder): LiteralEdit[] {
  return parts.flatMap((part) => {
    if (part.isContainer || !kinds.includes(part.kind)) return [];
    const literal = text.slice(part.range.start, part.range.end);
    const edits = literal.startsWith('"') ? editsInString(literal, find) : editsInScalar(literal, find);
    const kind = part.kind === "key" ? "argumentKey" : "argumentValue";
    return edits.map(
      ({ start, end, after }) => ({ start: start + part.range.start, end: end + part.range.start, after, part: kind }) as const,
    );
  });
}

/** What the string means is looked through; what is found is placed in how it is written. */
function editsInString(literal: string, find: Finder): readonly TextEdit[] {
  const value = JSON.parse(literal) as string;
  const edits = find(value);
  if (edits.length === 0) return edits;
  const places = placesOf(literal, value.length);
  return edits.map(({ start, end, after }) => ({ start: places[start]!, end: places[end]!, after: escaped(after) }));
}

/** A number stays a number, or is not touched. */
function editsInScalar(literal: string, find: Finder): readonly TextEdit[] {
  const edits = find(literal);
  if (edits.length === 0 || !/^-?\d/.test(literal)) return [];
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(applyEdits(literal, edits)) ? edits : [];
}

/** Of each code unit of the value, and of its end, where it stands in the literal. */
function placesOf(literal: string, length: number): Uint32Array {
  const places = new Uint32Array(length + 1);
  let at = 1;
  for (let i = 0; i < length; i++) {
    places[i] = at;
    at += literal[at] !== "\\" ? 1 : literal[at + 1] === "u" ? 6 : 2;
  }
  places[length] = at;
  return places;
}

export const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
