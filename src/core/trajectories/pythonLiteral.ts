/**
 * @file Python literals, strictly and with positions: what `str()` of JSON-like data prints, read without evaluating anything.
 *
 * ToolBench writes its list of APIs into the system prompt this way (single quotes, True, None). Read are strings in either quote with
 * Python's escapes, integers, floats, True, False, None, lists, tuples and dicts with text keys; tuples become lists. Not read:
 * prefixed, joined or triple-quoted strings, sets, bytes, complex numbers, anything that computes.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { MAX_JSON_DEPTH } from "./parseJson.ts";

export type ParsedPython =
  /** `end` is the offset after the literal; what follows is the caller's business. */
  | { readonly ok: true; readonly value: JsonValue; readonly end: number }
  | { readonly ok: false; readonly message: string; readonly offset: number };

class LiteralError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Reads the literal that begins at `start`. */
export function parsePythonLiteral(text: string, start = 0): ParsedPython {
  const reader = new LiteralReader(text, start);
  try {
    return { ok: true, value: reader.value(0), end: reader.at };
  } catch (error) {
    if (error instanceof LiteralError) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}

const NUMBER = /[+-]?(?:\d+(?:_\d+)*)?(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ["True", true],
  ["False", false],
  ["None", null],
];
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class LiteralReader {
  readonly text: string;
  at: number;
  /** Next backslash at or after `at`, as far as known: strings without one are cut out whole. */
  private nextBackslash = -1;

  constructor(text: string, start: number) {
    this.text = text;
    this.at = start;
  }

  value(depth: number): JsonValue {
    this.skipSpace();
    const c = this.text[this.at];
    if (c === undefined) throw new LiteralError("the text ends where a value was expected", this.at);
    if (c === "'" || c === '"') return this.string(c);
    if (c === "[" || c === "(" || c === "{") {
      if (depth === MAX_JSON_DEPTH) throw new LiteralError(`nested deeper than ${MAX_JSON_DEPTH} levels`, this.at);
      return c === "{" ? this.dict(depth) : this.list(c === "[" ? "]" : ")", depth);
    }
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at) && !/\w/.test(this.text[this.at + word.length] ?? "")) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  private list(closer: "]" | ")", depth: number): JsonValue {
    const items: JsonValue[] = [];
    const opened = this.at++;
    for (;;) {
      this.skipSpace();
      if (this.take(closer)) return items;
      items.push(this.value(depth + 1));
      this.skipSpace();
      if (this.take(",")) continue;
      if (!this.take(closer)) throw this.expected(`a comma or '${closer}'`);
      // (1) is a number in brackets, not a tuple
      if (closer === ")" && items.length === 1) throw new LiteralError("brackets around one value do not make a tuple", opened);
      return items;
    }
  }

  private dict(depth: number): JsonValue {
    const entries: JsonObject = {};
    this.at++;
    for (;;) {
      this.skipSpace();
      if (this.take("}")) break;
      const c = this.text[this.at];
      if (c !== "'" && c !== '"') throw this.expected("a key in quotes");
      const key = this.string(c);
      this.skipSpace();
      if (!this.take(":")) throw this.expected("a colon after the key");
      const value = this.value(depth + 1);
      // plain assignment to __proto__ would set the prototype instead of a key
      if (key === "__proto__") Object.defineProperty(entries, key, { value, enumerable: true, configurable: true, writable: true });
      else entries[key] = value;
      this.skipSpace();
      if (this.take(",")) continue;
      if (!this.take("}")) throw this.expected("a comma or '}'");
      break;
    }
    return entries;
  }

  private string(quote: "'" | '"'): string {
    const { text } = this;
    const opened = this.at++;
    const parts: string[] = [];
    let close = -1;
    for (;;) {
      // searched again only once passed: a text of nothing but escapes must not cost a search each
      if (close < this.at) close = text.indexOf(quote, this.at);
      if (close === -1) throw new LiteralError("text in quotes is not closed", opened);
      if (this.nextBackslash < this.at) {
        const found = text.indexOf("\\", this.at);
        this.nextBackslash = found === -1 ? text.length : found;
      }
      const escape = this.nextBackslash;
      const end = Math.min(close, escape);
      const part = text.slice(this.at, end);
      const lineBreak = part.indexOf("\n");
      if (lineBreak !== -1) throw new LiteralError("a line break inside quotes", this.at + lineBreak);
      parts.push(part);
      if (close < escape) {
        this.at = close + 1;
        return parts.length === 1 ? part : parts.join("");
      }
      this.at = escape;
      parts.push(this.escape());
    }
  }

  private escape(): string {
    const { text, at } = this;
    const c = text[at + 1];
    if (c === undefined) throw new LiteralError("the text ends inside an escape", at);
    const simple = SIMPLE_ESCAPES[c];
    if (simple !== undefined) {
      this.at += 2;
      return simple;
    }
    const numDigits = HEX_ESCAPES[c];
    if (numDigits !== undefined) {
      const digits = text.slice(at + 2, at + 2 + numDigits);
      if (digits.length < numDigits || !/^[0-9a-fA-F]+$/.test(digits)) {
        throw new LiteralError(`\\${c} needs ${numDigits} hexadecimal digits`, at);
      }
      const code = Number.parseInt(digits, 16);
      if (code > 0x10ffff) throw new LiteralError("an escape beyond the last character", at);
      this.at += 2 + numDigits;
      return String.fromCodePoint(code);
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
    if (octal !== undefined) {
      this.at += 1 + octal.length;
      return String.fromCharCode(Number.parseInt(octal, 8));
    }
    if (c === "N") throw new LiteralError("characters by name are not read", at);
    // Python keeps the backslash of an escape that it does not know
    this.at += 1;
    return "\\";
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const digits = NUMBER.exec(this.text)?.[0] ?? "";
    const value = Number(digits.replaceAll("_", ""));
    const next = this.text[this.at + digits.length] ?? "";
    if (!/\d/.test(digits) || Number.isNaN(value) || /[\w.]/.test(next) || /^[+-]?0\d/.test(digits)) throw this.expected("a value");
    if (!Number.isFinite(value)) throw new LiteralError("a number beyond what JSON can carry", this.at);
    this.at += digits.length;
    return value;
  }

  private take(c: string): boolean {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 0x20 || c === 0x0a || c === 0x09 || c === 0x0d || c === 0x0c) this.at++;
      else return;
    }
  }

  private expected(what: string): LiteralError {
    const found = this.text.codePointAt(this.at);
    const where = found === undefined ? "the text ends" : `found '${String.fromCodePoint(found)}'`;
    return new LiteralError(`expected ${what}, ${where}`, this.at);
  }
}
