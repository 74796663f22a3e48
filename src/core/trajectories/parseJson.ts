/**
 * @file Strict JSON with the exact place of the first error, in words a person understands.
 *
 * `JSON.parse` does the reading; only where it fails is the text walked again, without recursion, to say where and why.
 */
import type { JsonValue } from "#contracts/json.ts";

/** Deeper values would overflow the stack of recursive code further on (serialising, comparing); real rows stay below 20. */
export const MAX_JSON_DEPTH = 256;

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  /** `offset` counts UTF-16 code units from the start of the text. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

export function parseJson(text: string): ParsedJson {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { ok: false, ...findJsonError(text) };
  }
  const tooDeep = findTooDeep(text);
  if (tooDeep !== -1) return { ok: false, message: `nested deeper than ${MAX_JSON_DEPTH} levels`, offset: tooDeep };
  return { ok: true, value };
}

/** Offset of the bracket that opens one level too many in valid JSON; -1 if none does. */
function findTooDeep(text: string): number {
  // each level needs two brackets, so most texts are cleared by their length alone
  if (text.length <= 2 * MAX_JSON_DEPTH || !hasManyBrackets(text)) return -1;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i + 1);
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_JSON_DEPTH) return i;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return -1;
}

/** Whether the text opens brackets often enough to nest too deep; strings are not told apart, so it may say yes in vain. */
function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let i = text.indexOf(bracket); i !== -1; i = text.indexOf(bracket, i + 1)) if (++count > MAX_JSON_DEPTH) return true;
  }
  return false;
}

/** Index of the quote that closes a string of valid JSON. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (quote !== -1) {
    let first = quote;
    while (first > start && text.charCodeAt(first - 1) === 0x5c) first--;
    if ((quote - first) % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

interface JsonError {
  readonly message: string;
  readonly offset: number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = ["true", "false", "null"] as const;

/** Where text that `JSON.parse` refused stops being JSON. Walks with its own stack: depth costs memory, never the call stack. */
export function findJsonError(text: string): JsonError {
  const closers: ("}" | "]")[] = [];
  let i = skipSpace(text, 0);
  // what may come next: a value, a value or the end of an empty list, a key, a key or the end of an empty object, or what follows a value
  let expects: "value" | "valueOrEnd" | "key" | "keyOrEnd" | "after" = "value";
  for (;;) {
    const c = text[i];
    if (c === undefined) {
      if (expects === "after" && closers.length === 0) return { message: "not valid JSON", offset: text.length };
      if (text.trim() === "") return { message: "the text is empty", offset: 0 };
      return { message: `the text ends where ${expected(expects, closers)} was expected`, offset: text.length };
    }
    if (expects === "after") {
      const closer = closers.at(-1);
      if (closer === undefined) return { message: `unexpected ${quoted(text, i)} after the end of the value`, offset: i };
      if (c === closer) {
        closers.pop();
        i++;
      } else if (c === ",") {
        i++;
        expects = closer === "}" ? "key" : "value";
      } else return { message: `expected ${expected(expects, closers)}, found ${quoted(text, i)}`, offset: i };
    } else if (expects === "key" || expects === "keyOrEnd") {
      if (c === "}" && expects === "keyOrEnd") {
        closers.pop();
        i++;
        expects = "after";
      } else if (c === '"') {
        const string = readString(text, i);
        if (typeof string !== "number") return string;
        i = skipSpace(text, string);
        if (text[i] !== ":") {
          const found = i < text.length ? `, found ${quoted(text, i)}` : ", but the text ends";
          return { message: `expected a colon after the key${found}`, offset: Math.min(i, text.length) };
        }
        i++;
        expects = "value";
      } else if (c === "'") return { message: "a key must be in double quotes, not single ones", offset: i };
      else if (c === "}") return { message: "a comma with nothing after it", offset: i };
      else return { message: `expected a key in double quotes, found ${quoted(text, i)}`, offset: i };
    } else if (c === "{" || c === "[") {
      closers.push(c === "{" ? "}" : "]");
      i++;
      expects = c === "{" ? "keyOrEnd" : "valueOrEnd";
    } else if (c === "]" && expects === "valueOrEnd") {
      closers.pop();
      i++;
      expects = "after";
    } else {
      const end = readScalar(text, i);
      if (typeof end !== "number") return end;
      i = end;
      expects = "after";
    }
    i = skipSpace(text, i);
  }
}

function expected(expects: string, closers: readonly string[]): string {
  if (expects === "after") return closers.at(-1) === "}" ? "a comma or a closing brace" : "a comma or a closing bracket";
  return expects.startsWith("key") ? "a key" : "a value";
}

/** One end after the scalar at `i`, or why it is none. */
function readScalar(text: string, i: number): number | JsonError {
  const c = text[i]!;
  if (c === '"') return readString(text, i);
  if (c === "'") return { message: "text must be in double quotes, not single ones", offset: i };
  if (c === "-" || (c >= "0" && c <= "9")) {
    NUMBER.lastIndex = i;
    const number = NUMBER.exec(text)?.[0];
    if (number === undefined) return { message: "a minus sign without a number", offset: i };
    const end = i + number.length;
    if (/[\w.+]/.test(text[end] ?? "")) return { message: `${quoted(text, end)} does not continue a number`, offset: end };
    return end;
  }
  for (const word of WORDS) if (text.startsWith(word, i) && !/\w/.test(text[i + word.length] ?? "")) return i + word.length;
  if (c === "]" || c === "}") return { message: `expected a value, found ${quoted(text, i)}`, offset: i };
  return { message: `${quoted(text, i)} is not the start of a value`, offset: i };
}

/** One end after the string that opens at `i`, or why it is none. */
function readString(text: string, i: number): number | JsonError {
  for (let j = i + 1; j < text.length; j++) {
    const c = text.charCodeAt(j);
    if (c === 0x22) return j + 1;
    if (c < 0x20) return { message: c === 0x0a ? "a line break inside quotes" : "a control character inside quotes", offset: j };
    if (c === 0x5c) {
      const escape = text[j + 1];
      if (escape === undefined) break;
      if (escape === "u") {
        if (!/^[0-9a-fA-F]{4}$/.test(text.slice(j + 2, j + 6))) return { message: "\\u needs four hexadecimal digits", offset: j };
      } else if (!'"\\/bfnrt'.includes(escape)) return { message: `\\${escape} is not an escape that JSON knows`, offset: j };
      j++;
    }
  }
  return { message: "text in quotes is not closed", offset: i };
}

function skipSpace(text: string, i: number): number {
  for (;;) {
    const c = text.charCodeAt(i);
    if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) i++;
    else return i;
  }
}

/** The character at `i` for a message: quoted, or by its code where it cannot be seen. */
function quoted(text: string, i: number): string {
  const codePoint = text.codePointAt(i) ?? 0;
  if (codePoint < 0x21 || (codePoint >= 0x7f && codePoint < 0xa1) || (codePoint >= 0xd800 && codePoint < 0xe000)) {
    return `character U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  }
  return `'${String.fromCodePoint(codePoint)}'`;
}
