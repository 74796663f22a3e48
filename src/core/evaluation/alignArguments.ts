/**
 * @file The arguments of a reference, spelled as a prediction spells them for as long as it agrees with them.
 *
 * The text that results means what the reference means, and shares with the prediction the longest beginning that a right call can have:
 * its white space, its order of keys, its spelling of numbers and escapes. Where the two part, the prediction went wrong.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { sameJson } from "#core/trajectories/sameJson.ts";

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /[^\s,:[\]{}"]+/y;

interface Walk {
  readonly text: string;
  at: number;
  /** What a right prediction says; equal to the text up to `at` until they part. */
  said: string;
  hasParted: boolean;
}

/**
 * @param predicted arguments as predicted, readable or not
 * @param reference what they should mean
 * @returns a spelling of `reference` that begins like `predicted` as far as that is right
 */
export function alignArguments(predicted: string, reference: JsonObject): string {
  const walk: Walk = { text: predicted, at: 0, said: "", hasParted: false };
  space(walk);
  value(walk, reference);
  return walk.said;
}

function take(walk: Walk, length: number): void {
  walk.said += walk.text.slice(walk.at, walk.at + length);
  walk.at += length;
}

function part(walk: Walk, rest: string): void {
  walk.hasParted = true;
  walk.said += rest;
}

function space(walk: Walk): void {
  if (walk.hasParted) return;
  SPACE.lastIndex = walk.at;
  take(walk, SPACE.exec(walk.text)![0].length);
}

/** A mark that must come next. */
function mark(walk: Walk, character: string, afterwards = ""): void {
  if (walk.hasParted) walk.said += character + afterwards;
  else if (walk.text[walk.at] === character) {
    take(walk, 1);
    space(walk);
  } else part(walk, character + afterwards);
}

function value(walk: Walk, wanted: JsonValue): void {
  if (walk.hasParted) walk.said += JSON.stringify(wanted);
  else if (Array.isArray(wanted)) list(walk, wanted);
  else if (typeof wanted === "object" && wanted !== null) object(walk, wanted as JsonObject);
  else if (typeof wanted === "string") {
    if (walk.text[walk.at] === '"') string(walk, wanted);
    else part(walk, JSON.stringify(wanted));
  } else scalar(walk, wanted);
}

function list(walk: Walk, wanted: readonly JsonValue[]): void {
  mark(walk, "[");
  wanted.forEach((each, i) => {
    if (i > 0) mark(walk, ",", " ");
    value(walk, each);
    space(walk);
  });
  close(walk, "]");
}

function object(walk: Walk, wanted: JsonObject): void {
  mark(walk, "{");
  const left = new Map(Object.entries(wanted));
  for (let i = 0; left.size > 0; i++) {
    if (i > 0) mark(walk, ",", " ");
    const key = nextKey(walk, left);
    if (walk.hasParted) walk.said += `${JSON.stringify(key)}: `;
    else {
      string(walk, key);
      space(walk);
      mark(walk, ":", " ");
    }
    value(walk, left.get(key)!);
    left.delete(key);
    space(walk);
  }
  close(walk, "}");
}

/** No white space behind it: what follows a value is its container's, and behind the arguments nothing may follow. */
function close(walk: Walk, character: string): void {
  if (walk.hasParted) walk.said += character;
  else if (walk.text[walk.at] === character) take(walk, 1);
  else part(walk, character);
}

/** The key that the prediction writes next if it is one of those left, else the one that agrees with it longest, earlier ones first. */
function nextKey(walk: Walk, left: ReadonlyMap<string, JsonValue>): string {
  const keys = [...left.keys()];
  if (walk.hasParted || walk.text[walk.at] !== '"') return keys[0]!;
  const { decoded, isClosed } = readString(walk.text, walk.at);
  if (isClosed && left.has(decoded)) return decoded;
  return keys.reduce((best, key) => (common(key, decoded) > common(best, decoded) ? key : best));
}

function common(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}

/** The characters of a JSON string one by one, with the length of their spelling. */
function* units(text: string, start: number): Generator<{ readonly unit: string; readonly length: number }> {
  for (let at = start; at < text.length && text[at] !== '"';) {
    const escape = /\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/y;
    escape.lastIndex = at;
    const spelled = escape.exec(text)?.[0];
    if (spelled !== undefined) {
      yield { unit: JSON.parse(`"${spelled}"`) as string, length: spelled.length };
      at += spelled.length;
    } else if (text[at] === "\\" || text[at]! < " ") return;
    else yield { unit: text[at++]!, length: 1 };
  }
}

function readString(text: string, at: number): { readonly decoded: string; readonly isClosed: boolean } {
  let [decoded, end] = ["", at + 1];
  for (const { unit, length } of units(text, at + 1)) {
    decoded += unit;
    end += length;
  }
  return { decoded, isClosed: text[end] === '"' };
}

/** The opening quote is there. */
function string(walk: Walk, wanted: string): void {
  if (walk.text[walk.at] !== '"') return part(walk, JSON.stringify(wanted));
  const spelling = units(walk.text, walk.at + 1);
  take(walk, 1);
  for (let i = 0; i < wanted.length; i++) {
    const next = spelling.next();
    if (next.done === true || next.value.unit !== wanted[i]) return part(walk, JSON.stringify(wanted.slice(i)).slice(1));
    take(walk, next.value.length);
  }
  close(walk, '"');
}

/** Numbers, true, false and null. */
function scalar(walk: Walk, wanted: number | boolean | null): void {
  SCALAR.lastIndex = walk.at;
  const spelled = SCALAR.exec(walk.text)?.[0] ?? "";
  if (isSpelling(spelled, wanted)) take(walk, spelled.length);
  else part(walk, JSON.stringify(wanted));
}

function isSpelling(text: string, wanted: JsonValue): boolean {
  try {
    return sameJson(JSON.parse(text) as JsonValue, wanted);
  } catch {
    return false;
  }
}
