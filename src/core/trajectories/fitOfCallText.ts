/**
 * @file Whether a text can still become an assistant's turn that calls offered tools alone: the rule of constrained decoding.
 *
 * The grammar is that of `parseAssistantText`. A name has to be one of an offered tool; arguments have to be a JSON object whose keys are that
 * tool's parameters, each at most once, with all that are required. Values, thoughts and answers are free.
 */

export interface OfferedTool {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly required: readonly string[];
}

/** `partial`: it can go on to be whole. `whole`: it may end here. */
export type TextFit = "impossible" | "partial" | "whole";

const [THOUGHT, ACTION, INPUT, ANSWER] = ["Thought: ", "Action: ", "Action Input: ", "Answer: "];
const NEXT_CALL = `\n${ACTION}`;

export function fitOfCallText(text: string, tools: readonly OfferedTool[]): TextFit {
  let at = text.startsWith("\n") ? 1 : 0;
  if (text.startsWith(THOUGHT, at)) {
    const ends = [text.indexOf(NEXT_CALL, at), text.indexOf(`\n${ANSWER}`, at)].filter((end) => end !== -1);
    if (ends.length === 0) return "partial";
    at = Math.min(...ends) + 1;
  }
  const rest = text.slice(at);
  if (rest.startsWith(ANSWER)) return rest.length > ANSWER.length ? "whole" : "partial";
  if (!rest.startsWith(ACTION)) return [THOUGHT, ACTION, ANSWER].some((head) => head.startsWith(rest)) ? "partial" : "impossible";
  for (;;) {
    const nameStart = at + ACTION.length;
    const lineEnd = text.indexOf("\n", nameStart);
    if (lineEnd === -1) return tools.some(({ name }) => name.startsWith(text.slice(nameStart))) ? "partial" : "impossible";
    const tool = tools.find(({ name }) => name === text.slice(nameStart, lineEnd));
    if (tool === undefined) return "impossible";
    const input = text.slice(lineEnd + 1);
    if (!input.startsWith(INPUT)) return INPUT.startsWith(input) ? "partial" : "impossible";
    const end = objectEnd(text, lineEnd + 1 + INPUT.length, tool);
    if (end === PARTIAL || end === IMPOSSIBLE) return end === PARTIAL ? "partial" : "impossible";
    const behind = text.slice(end);
    if (behind === "") return "whole";
    if (!behind.startsWith(NEXT_CALL)) return NEXT_CALL.startsWith(behind) ? "partial" : "impossible";
    at = end + 1;
  }
}

/** The index behind what was read, or one of these. */
const [PARTIAL, IMPOSSIBLE] = [-1, -2];
const isEnd = (place: number): boolean => place < 0;

function skipSpace(text: string, at: number): number {
  let place = at;
  while (" \t".includes(text[place] ?? "x")) place++;
  return place;
}

/** @param tool whose parameters the keys are; null: any keys */
function objectEnd(text: string, start: number, tool: OfferedTool | null): number {
  let at = skipSpace(text, start);
  if (at >= text.length) return PARTIAL;
  if (text[at] !== "{") return IMPOSSIBLE;
  const used = new Set<string>();
  const mayClose = (): boolean => tool === null || tool.required.every((name) => used.has(name));
  at = skipSpace(text, at + 1);
  if (at >= text.length) return PARTIAL;
  if (text[at] === "}") return mayClose() ? at + 1 : IMPOSSIBLE;
  for (;;) {
    const keyEnd = stringEnd(text, at);
    if (keyEnd === IMPOSSIBLE) return IMPOSSIBLE;
    const key = text.slice(at + 1, keyEnd === PARTIAL ? text.length : keyEnd - 1);
    const fits = (name: string): boolean => !used.has(name) && (keyEnd === PARTIAL ? name.startsWith(key) : name === key);
    if (tool !== null && !tool.parameters.some(fits)) return IMPOSSIBLE;
    if (keyEnd === PARTIAL) return PARTIAL;
    used.add(key);
    at = skipSpace(text, keyEnd);
    if (at >= text.length) return PARTIAL;
    if (text[at] !== ":") return IMPOSSIBLE;
    at = valueEnd(text, skipSpace(text, at + 1));
    if (isEnd(at)) return at;
    at = skipSpace(text, at);
    if (at >= text.length) return PARTIAL;
    if (text[at] === "}") return mayClose() ? at + 1 : IMPOSSIBLE;
    if (text[at] !== ",") return IMPOSSIBLE;
    at = skipSpace(text, at + 1);
    if (at >= text.length) return PARTIAL;
  }
}

function arrayEnd(text: string, start: number): number {
  let at = skipSpace(text, start + 1);
  if (at >= text.length) return PARTIAL;
  if (text[at] === "]") return at + 1;
  for (;;) {
    at = valueEnd(text, at);
    if (isEnd(at)) return at;
    at = skipSpace(text, at);
    if (at >= text.length) return PARTIAL;
    if (text[at] === "]") return at + 1;
    if (text[at] !== ",") return IMPOSSIBLE;
    at = skipSpace(text, at + 1);
    if (at >= text.length) return PARTIAL;
  }
}

function stringEnd(text: string, start: number): number {
  if (start >= text.length) return PARTIAL;
  if (text[start] !== '"') return IMPOSSIBLE;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') return at + 1;
    if (character < " ") return IMPOSSIBLE;
    if (character === "\\") at++;
  }
  return PARTIAL;
}

const LITERALS = ["true", "false", "null"];
const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const NUMBER_BEGUN = /^-?((0|[1-9]\d*)(\.\d*)?([eE][+-]?\d*)?)?$/;

function valueEnd(text: string, at: number): number {
  const first = text[at];
  if (first === undefined) return PARTIAL;
  if (first === "{") return objectEnd(text, at, null);
  if (first === "[") return arrayEnd(text, at);
  if (first === '"') return stringEnd(text, at);
  for (const literal of LITERALS) {
    if (text.startsWith(literal, at)) return at + literal.length;
    if (literal.startsWith(text.slice(at))) return PARTIAL;
  }
  // a number at the end of the text may have more digits to come
  if (NUMBER_BEGUN.test(text.slice(at))) return PARTIAL;
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text);
  return number === null ? IMPOSSIBLE : at + number[0].length;
}
