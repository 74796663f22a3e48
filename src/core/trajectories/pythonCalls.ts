/**
 * @file Calls in Python's syntax, `[Name(key='value'), Other(n=1)]`, read without evaluating anything: how API-Bank, ToolACE and BFCL's
 * conversations write them. Arguments need names; values are literals, also JSON's `true`, `false` and `null`, and where the caller
 * allows it words without quotes (`location=New York`), which reach to the next argument.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolCall } from "#contracts/trajectory.ts";
import { scanJsonParts } from "./jsonParts.ts";
import { parseArguments } from "./parseArguments.ts";
import { parseJson } from "./parseJson.ts";
import { parsePythonLiteral } from "./pythonLiteral.ts";
import { pythonRepr, type PythonValue } from "./pythonRepr.ts";

export type ReadPythonCalls =
  | { readonly ok: true; readonly calls: readonly ToolCall[]; readonly end: number }
  | { readonly ok: false; readonly message: string; readonly offset: number };

const SPACE = /\s*/y;
/** Names may hold what Python forbids: ToolACE has `Get Market Trends(...)`. */
const NAME = /[^()[\],='"\n{}]+(?=\()/y;
const KEY = /\s*([^\s()[\]{},='"]+)\s*=\s*/y;
const JSON_WORDS: readonly (readonly [string, JsonValue])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

export interface PythonCallOptions {
  readonly mayBeBare?: boolean;
}

/** A list of calls, or one call without brackets, at the beginning of `text`. */
export function readPythonCalls(text: string, { mayBeBare = false }: PythonCallOptions = {}): ReadPythonCalls {
  let at = skip(text, 0);
  const isList = text[at] === "[";
  if (isList) at++;
  const calls: ToolCall[] = [];
  for (;;) {
    at = skip(text, at);
    const read = readPythonCall(text, at, mayBeBare);
    if (!read.ok) return read;
    calls.push(read.call);
    at = skip(text, read.end);
    if (!isList) return { ok: true, calls, end: read.end };
    if (text[at] === "]") return { ok: true, calls, end: at + 1 };
    if (text[at] !== ",") return { ok: false, message: "a comma or ']' was expected after the call", offset: at };
    at++;
  }
}

type ReadCall =
  | { readonly ok: true; readonly call: ToolCall; readonly end: number }
  | { readonly ok: false; readonly message: string; readonly offset: number };

function readPythonCall(text: string, start: number, mayBeBare: boolean): ReadCall {
  NAME.lastIndex = start;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return { ok: false, message: "the name of a tool and '(' were expected", offset: start };
  const entries: [string, JsonValue][] = [];
  let at = start + name.length + 1;
  for (;;) {
    at = skip(text, at);
    if (text[at] === ")") break;
    KEY.lastIndex = at;
    const key = KEY.exec(text);
    if (key === null) return { ok: false, message: "the name of an argument and '=' were expected", offset: at };
    at += key[0].length;
    const value = readValue(text, at, mayBeBare);
    if (!value.ok) return value;
    entries.push([key[1]!, value.value]);
    at = skip(text, value.end);
    if (text[at] === ",") at++;
    else if (text[at] !== ")") return { ok: false, message: "a comma or ')' was expected after the value", offset: at };
  }
  const argumentsText = JSON.stringify(Object.fromEntries(entries));
  return { ok: true, call: { name: name.trim(), argumentsText, arguments: parseArguments(argumentsText) }, end: at + 1 };
}

/** Python's, else JSON's: some writers mix them. */
function readLiteral(text: string, start: number): ReturnType<typeof parsePythonLiteral> {
  const literal = parsePythonLiteral(text, start);
  if (literal.ok || !/[[{]/.test(text[start] ?? "")) return literal;
  const rest = text.slice(start);
  const [whole] = scanJsonParts(rest);
  const parsed = whole === undefined ? undefined : parseJson(rest.slice(0, whole.range.end));
  return parsed?.ok === true ? { ok: true, value: parsed.value, end: start + whole!.range.end } : literal;
}

/** Up to the next argument, or the end of the call. */
const BARE = /[^'"()[\]{}=\n]*?(?=\s*(?:,\s*[\w-]+\s*=|\)\s*(?:[\],]|->|$)))/y;

function readValue(text: string, start: number, mayBeBare: boolean): ReturnType<typeof parsePythonLiteral> {
  const word = JSON_WORDS.find(([name]) => text.startsWith(name, start) && !/\w/.test(text[start + name.length] ?? ""));
  if (word !== undefined) return { ok: true, value: word[1], end: start + word[0].length };
  const literal = readLiteral(text, start);
  if (!mayBeBare || (literal.ok && /[,)]/.test(text[skip(text, literal.end)] ?? ""))) return literal;
  BARE.lastIndex = start;
  const bare = BARE.exec(text)?.[0] ?? "";
  return bare === "" ? literal : { ok: true, value: bare, end: start + bare.length };
}

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  return at + (SPACE.exec(text)?.[0].length ?? 0);
}

/** Arguments that are no object have no place between the brackets: undefined. */
export function pythonCallText({ name, arguments: parsed }: ToolCall): string | undefined {
  if (!parsed.ok) return undefined;
  const entries = Object.entries(parsed.value satisfies JsonObject);
  return `${name}(${entries.map(([key, value]) => `${key}=${pythonRepr(value as PythonValue)}`).join(", ")})`;
}
