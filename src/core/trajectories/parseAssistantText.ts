/**
 * @file Strict reading of an assistant's text into thought, calls or answer, with the place of every part.
 *
 *   text   = [LF] [thought LF] (calls | answer)
 *   thought = "Thought: " anything
 *   calls   = call (LF call)*
 *   call    = "Action: " name LF "Action Input: " arguments
 *   answer  = "Answer: " anything
 *
 * A thought ends before the first line that starts with "Action: " or "Answer: "; arguments end before the first line that starts
 * with "Action: ". ToolBench's rows begin with a line break. Only `indexOf` walks the text, so time is linear in its length.
 */
import type { AssistantText, PlacedCall, TextRange } from "#contracts/calls.ts";
import { parseArguments } from "./parseArguments.ts";

const THOUGHT = "Thought: ";
const ACTION = "Action: ";
const INPUT = "Action Input: ";
const ANSWER = "Answer: ";

export function parseAssistantText(text: string): AssistantText {
  let at = text.startsWith("\n") ? 1 : 0;
  let thought: { readonly text: string; readonly range: TextRange } | undefined;
  if (text.startsWith(THOUGHT, at)) {
    const start = at + THOUGHT.length;
    // "Thought: " may be followed by the line break of the next part at once
    const action = text.indexOf(`\n${ACTION}`, start);
    const answer = text.indexOf(`\n${ANSWER}`, start);
    const end = action === -1 ? answer : answer === -1 ? action : Math.min(action, answer);
    if (end === -1) {
      thought = part(text, start, text.length);
      const message = `After the thought, a line that starts with "${ACTION}" or "${ANSWER}" was expected.`;
      return { thought, calls: [], error: { message, offset: text.length } };
    }
    thought = part(text, start, end);
    at = end + 1;
  }
  const read = thought === undefined ? {} : { thought };
  if (text.startsWith(ANSWER, at)) return { ...read, calls: [], answer: part(text, at + ANSWER.length, text.length) };
  const calls: PlacedCall[] = [];
  while (text.startsWith(ACTION, at)) {
    const nameStart = at + ACTION.length;
    const lineEnd = text.indexOf("\n", nameStart);
    const nameEnd = lineEnd === -1 ? text.length : lineEnd;
    if (text.slice(nameStart, nameEnd).trim() === "") {
      return { ...read, calls, error: { message: `After "${ACTION}" the name of a tool was expected.`, offset: nameStart } };
    }
    if (lineEnd === -1 || !text.startsWith(INPUT, lineEnd + 1)) {
      const message = `After the name, a line that starts with "${INPUT}" was expected.`;
      return { ...read, calls, error: { message, offset: lineEnd === -1 ? text.length : lineEnd + 1 } };
    }
    const start = lineEnd + 1 + INPUT.length;
    const next = text.indexOf(`\n${ACTION}`, start);
    const end = next === -1 ? text.length : next;
    const argumentsText = text.slice(start, end);
    calls.push({
      name: text.slice(nameStart, nameEnd),
      argumentsText,
      arguments: parseArguments(argumentsText),
      nameRange: { start: nameStart, end: nameEnd },
      argumentsRange: { start, end },
    });
    if (next === -1) return { ...read, calls };
    at = next + 1;
  }
  const message = text === "" ? "The text is empty." : `"${THOUGHT}", "${ACTION}" or "${ANSWER}" was expected here.`;
  return { ...read, calls, error: { message, offset: at } };
}

const part = (text: string, start: number, end: number) => ({ text: text.slice(start, end), range: { start, end } });
