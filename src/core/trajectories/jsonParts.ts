/**
 * @file Places of keys and values in a JSON text, as far as it can be read.
 *
 * One walk serves the token view (which token is a key, which a value) and the call checker (which characters a finding is about). It does
 * not judge: where the text stops being JSON the walk stops too, and what follows belongs to no part.
 */
import type { TextRange } from "#contracts/calls.ts";
import { MAX_JSON_DEPTH } from "./parseJson.ts";

export interface JsonPart {
  /** RFC 6901 pointer of the value, or of the member whose key this is: `/city`, `/tags/0`. */
  readonly pointer: string;
  readonly kind: "key" | "value";
  /** With quotes or brackets. */
  readonly range: TextRange;
  /** True for objects and lists, whose range spans further parts. */
  readonly isContainer: boolean;
}

interface OpenContainer {
  readonly isObject: boolean;
  readonly pointer: string;
  readonly partIndex: number;
  numElements: number;
}

const SCALAR = /[^\s,:[\]{}"]+/y;

/** Parts in the order in which they start; containers before what they hold. Linear in the length of the text. */
export function scanJsonParts(text: string): JsonPart[] {
  const parts: JsonPart[] = [];
  const open: OpenContainer[] = [];
  let at = skipSpace(text, 0);
  // pointer of the value that comes next; null: a key or a closing bracket comes next
  let pending: string | null = "";
  const closeRest = (): JsonPart[] => {
    for (const container of open) extend(parts, container.partIndex, text.length);
    return parts;
  };
  for (;;) {
    const c = text[at];
    if (c === undefined) return closeRest();
    const container = open.at(-1);
    if (pending === null && c === '"') {
      const end = endOfString(text, at);
      const pointer = `${container!.pointer}/${escapePointer(unquote(text.slice(at, end)))}`;
      parts.push({ pointer, kind: "key", range: { start: at, end }, isContainer: false });
      const colon = skipSpace(text, end);
      if (text[colon] !== ":") return closeRest();
      pending = pointer;
      at = skipSpace(text, colon + 1);
      continue;
    }
    if (pending !== null && (c === "{" || c === "[")) {
      if (open.length >= MAX_JSON_DEPTH) return closeRest();
      open.push({ isObject: c === "{", pointer: pending, partIndex: parts.length, numElements: 0 });
      parts.push({ pointer: pending, kind: "value", range: { start: at, end: at + 1 }, isContainer: true });
      at = skipSpace(text, at + 1);
      pending = c === "{" || text[at] === "]" ? null : `${pending}/0`;
      continue;
    }
    if (pending !== null) {
      const end = c === '"' ? endOfString(text, at) : endOfScalar(text, at);
      if (end === at) return closeRest();
      parts.push({ pointer: pending, kind: "value", range: { start: at, end }, isContainer: false });
      at = end;
    } else if (container !== undefined && c === (container.isObject ? "}" : "]")) {
      extend(parts, container.partIndex, ++at);
      open.pop();
    } else return closeRest();
    // after a value: a comma, or the end of what holds it
    for (;;) {
      at = skipSpace(text, at);
      const holder = open.at(-1);
      if (holder === undefined) return parts;
      if (text[at] === (holder.isObject ? "}" : "]")) {
        extend(parts, holder.partIndex, ++at);
        open.pop();
      } else if (text[at] === ",") {
        at = skipSpace(text, at + 1);
        pending = holder.isObject ? null : `${holder.pointer}/${++holder.numElements}`;
        break;
      } else return closeRest();
    }
  }
}

/** Ranges of the values in a JSON text by pointer; of a repeated key the last one, which is the one that counts. */
export function valueRanges(text: string): ReadonlyMap<string, TextRange> {
  return new Map(scanJsonParts(text).flatMap((part) => (part.kind === "value" ? [[part.pointer, part.range] as const] : [])));
}

/** Ranges of the keys, quotes included. */
export function keyRanges(text: string): ReadonlyMap<string, TextRange> {
  return new Map(scanJsonParts(text).flatMap((part) => (part.kind === "key" ? [[part.pointer, part.range] as const] : [])));
}

export const escapePointer = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

function extend(parts: JsonPart[], index: number, end: number): void {
  const part = parts[index]!;
  parts[index] = { ...part, range: { start: part.range.start, end } };
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && " \t\n\r".includes(text[at]!)) at++;
  return at;
}

/** One behind the closing quote of the string that opens at `at`; the end of the text where it is not closed. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

function endOfScalar(text: string, at: number): number {
  SCALAR.lastIndex = at;
  return at + (SCALAR.exec(text)?.[0].length ?? 0);
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, quoted.endsWith('"') && quoted.length > 1 ? -1 : undefined);
  }
}
