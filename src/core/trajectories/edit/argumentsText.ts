/**
 * @file Edits inside the text of arguments that leave everything else of it to the letter.
 *
 * Writing arguments anew would change the spelling of numbers, escapes and white space that nobody touched, and with it what is trained on.
 * So a value is exchanged in its place, a member is put behind the last one with the gaps that the text uses elsewhere. Every result is read
 * again; where it does not mean what was asked (a key written twice), the whole text is written anew.
 */
import type { TextRange } from "#contracts/calls.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { escapePointer, scanJsonParts } from "../jsonParts.ts";
import { isJsonObject } from "../normalizeSchema.ts";
import { parseJson } from "../parseJson.ts";
import { sameJson } from "../sameJson.ts";

/** Exchanges the value at `pointer`, or adds it where what holds it is there; null where it is not. */
export function setValue(text: string, pointer: string, value: JsonValue): string | null {
  const before = readOrNull(text);
  if (before === undefined) return null;
  const wanted = valueWith(before, stepsOf(pointer), value);
  if (wanted === undefined) return null;
  if (sameJson(before, wanted)) return text;
  return checked(exchange(text, pointer, value), wanted, text);
}

/** Removes the member or element at `pointer`; null where there is none. */
export function removeMember(text: string, pointer: string): string | null {
  const before = readOrNull(text);
  if (before === undefined || pointer === "") return null;
  const wanted = valueWith(before, stepsOf(pointer), undefined);
  return wanted === undefined ? null : checked(cutOut(text, pointer), wanted, text);
}

/** Gives the member at `pointer` another key, in its place; null where there is none or its holder has that key already. */
export function renameMember(text: string, pointer: string, name: string): string | null {
  const before = readOrNull(text);
  const steps = stepsOf(pointer);
  const holder = before === undefined ? undefined : valueAt(before, steps.slice(0, -1));
  const key = steps.at(-1);
  if (key === undefined || !isJsonObject(holder) || !Object.hasOwn(holder, key)) return null;
  if (key === name) return text;
  if (Object.hasOwn(holder, name)) return null;
  const renamed = Object.fromEntries(Object.entries(holder).map(([own, value]) => [own === key ? name : own, value]));
  const place = scanJsonParts(text).find((part) => part.kind === "key" && part.pointer === pointer)?.range;
  const result = place === undefined ? "" : splice(text, place, JSON.stringify(name));
  return checked(result, valueWith(before!, steps.slice(0, -1), renamed)!, text);
}

/** The text that means `value`, with as much of `text` as possible. */
export function rewriteArguments(text: string, value: JsonObject): string {
  const before = readOrNull(text);
  if (!isJsonObject(before)) return serialise(value, styleOf(text));
  return checked(rewritten(text, "", before, value), value, text);
}

function rewritten(text: string, at: string, before: JsonObject, after: JsonObject): string {
  let result = text;
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) result = cutOut(result, `${at}/${escapePointer(key)}`);
  }
  for (const [key, value] of Object.entries(after)) {
    const pointer = `${at}/${escapePointer(key)}`;
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isJsonObject(old) && isJsonObject(value)) result = rewritten(result, pointer, old, value);
    else if (old === undefined || !sameJson(old, value)) result = exchange(result, pointer, value);
  }
  return result;
}

/** Undefined where the text is no JSON. */
function readOrNull(text: string): JsonValue | undefined {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : undefined;
}

/** The text if it means what is wanted; else the wanted value written anew in the style of the text it was made from. */
function checked(result: string, wanted: JsonValue, original: string): string {
  const meant = readOrNull(result);
  return meant !== undefined && sameJson(meant, wanted) ? result : serialise(wanted, styleOf(original));
}

const splice = (text: string, { start, end }: TextRange, replacement: string): string =>
  text.slice(0, start) + replacement + text.slice(end);

function exchange(text: string, pointer: string, value: JsonValue): string {
  const parts = scanJsonParts(text);
  const style = styleOf(text);
  const present = parts.findLast((part) => part.kind === "value" && part.pointer === pointer)?.range;
  if (present !== undefined) return splice(text, present, serialise(value, style, indentAt(text, present.start)));
  const cutAt = pointer.lastIndexOf("/");
  const parent = pointer.slice(0, cutAt);
  const holder = parts.findLast((part) => part.kind === "value" && part.pointer === parent)?.range;
  if (holder === undefined) return text;
  const isObject = text[holder.start] === "{";
  const last = childrenOf(text, parent).at(-1);
  const outer = indentAt(text, holder.start);
  const inner = last === undefined ? outer + style.indent : indentAt(text, last.start);
  const key = isObject ? `${JSON.stringify(unescapeStep(pointer.slice(cutAt + 1)))}:${style.colonGap}` : "";
  const member = key + serialise(value, style, inner);
  if (last !== undefined) {
    const gap = isOnOwnLine(text, last.start) ? `\n${inner}` : style.commaGap;
    return splice(text, { start: last.end, end: last.end }, `,${gap}${member}`);
  }
  const [open, close] = isObject ? "{}" : "[]";
  return splice(text, holder, style.isMultiLine ? `${open}\n${inner}${member}\n${outer}${close}` : `${open}${member}${close}`);
}

function cutOut(text: string, pointer: string): string {
  const parent = pointer.slice(0, pointer.lastIndexOf("/"));
  const children = childrenOf(text, parent);
  const index = children.findLastIndex((child) => child.pointer === pointer);
  const child = children[index];
  if (child === undefined) return text;
  const next = children[index + 1];
  if (next !== undefined) return splice(text, { start: child.start, end: next.start }, "");
  const previous = children[index - 1];
  if (previous !== undefined) return splice(text, { start: previous.end, end: child.end }, "");
  const holder = scanJsonParts(text).findLast((part) => part.kind === "value" && part.pointer === parent)!.range;
  return splice(text, holder, text[holder.start] === "{" ? "{}" : "[]");
}

interface Child extends TextRange {
  readonly pointer: string;
}

/** Members of an object (from key to value) or elements of a list, in order. */
function childrenOf(text: string, parent: string): readonly Child[] {
  const children: Child[] = [];
  let key: TextRange | undefined;
  for (const part of scanJsonParts(text)) {
    if (part.pointer === "" || part.pointer.slice(0, part.pointer.lastIndexOf("/")) !== parent) continue;
    if (part.kind === "key") key = part.range;
    else {
      children.push({ pointer: part.pointer, start: (key ?? part.range).start, end: part.range.end });
      key = undefined;
    }
  }
  return children;
}

/** How a text sets its gaps. */
interface TextStyle {
  readonly isMultiLine: boolean;
  readonly indent: string;
  readonly colonGap: string;
  readonly commaGap: string;
}

function styleOf(text: string): TextStyle {
  const parts = scanJsonParts(text);
  const firstKey = parts.find((part) => part.kind === "key")?.range;
  const isMultiLine = firstKey !== undefined && isOnOwnLine(text, firstKey.start);
  const colonGap = firstKey === undefined ? " " : (/^:([ \t]*)/.exec(text.slice(firstKey.end))?.[1] ?? " ");
  const [first, second] = childrenOf(text, "");
  const between =
    first !== undefined && second !== undefined ? (/^\s*,([ \t]*)/.exec(text.slice(first.end, second.start))?.[1] ?? "") : null;
  return {
    isMultiLine,
    indent: (isMultiLine && indentAt(text, firstKey.start)) || "  ",
    colonGap,
    commaGap: between ?? (colonGap === "" ? "" : " "),
  };
}

/** White space at the start of the line that holds `at`. */
function indentAt(text: string, at: number): string {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, at))![0];
}

const isOnOwnLine = (text: string, at: number): boolean => {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  return lineStart > 0 && text.slice(lineStart, at).trim() === "";
};

function serialise(value: JsonValue, style: TextStyle, outer = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const inner = outer + style.indent;
  const members = Array.isArray(value)
    ? value.map((element) => serialise(element, style, inner))
    : Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${style.colonGap}${serialise(member, style, inner)}`);
  if (members.length === 0) return `${open}${close}`;
  return style.isMultiLine
    ? `${open}\n${inner}${members.join(`,\n${inner}`)}\n${outer}${close}`
    : `${open}${members.join(`,${style.commaGap}`)}${close}`;
}

const unescapeStep = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");
const stepsOf = (pointer: string): readonly string[] => pointer.split("/").slice(1).map(unescapeStep);

function valueAt(value: JsonValue, steps: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of steps) {
    if (Array.isArray(at)) at = /^\d+$/.test(step) ? at[Number(step)] : undefined;
    else at = isJsonObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

/** With `wanted` at the place, or without anything there; undefined where what holds the place is not there. */
function valueWith(value: JsonValue, [step, ...rest]: readonly string[], wanted: JsonValue | undefined): JsonValue | undefined {
  if (step === undefined) return wanted;
  if (Array.isArray(value)) {
    const index = /^\d+$/.test(step) ? Number(step) : -1;
    if (index < 0 || index > value.length || (index === value.length && (rest.length > 0 || wanted === undefined))) return undefined;
    if (rest.length === 0) return wanted === undefined ? value.toSpliced(index, 1) : value.toSpliced(index, 1, wanted);
    const inner = valueWith(value[index]!, rest, wanted);
    return inner === undefined ? undefined : value.with(index, inner);
  }
  if (!isJsonObject(value)) return undefined;
  const has = Object.hasOwn(value, step);
  if (!has && (rest.length > 0 || wanted === undefined)) return undefined;
  if (rest.length === 0 && wanted === undefined) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== step));
  const inner = rest.length === 0 ? wanted : valueWith(value[step]!, rest, wanted);
  if (inner === undefined) return undefined;
  return Object.fromEntries([
    ...Object.entries(value).map(([key, own]) => [key, key === step ? inner : own]),
    ...(has ? [] : [[step, inner]]),
  ]);
}
