/**
 * @file What each field of an output adds to an exact score, from what each of its tokens adds.
 *
 * Where the query is contrastive, tokens of the correction add to the score too. Up to where the two texts part their tokens are the same and
 * count for the same field; behind it the correction's count for the field that the error stands in. What prompt tokens add is one field of its own.
 */
import type { FieldHeat } from "#contracts/tracing.ts";
import type { TextRange } from "#contracts/calls.ts";
import { parseAssistantText } from "../trajectories/parseAssistantText.ts";
import { callParts } from "./exactHits.ts";

export interface OutputHeat {
  readonly text: string;
  /** Where in the text each of the output's tokens begins and ends; the stop token is empty, at its end. */
  readonly ranges: readonly TextRange[];
  /** Of every position of prompt and output; shorter where nothing behind adds anything. */
  readonly bad: ArrayLike<number>;
  /** The same for prompt and correction; empty where there is none. */
  readonly correct: ArrayLike<number>;
  readonly numPromptTokens: number;
  /** Among the output's tokens: the error's first one. */
  readonly errorToken: number;
}

/** In the order of the text, then what no field has; they add up to the score. */
export function fieldHeat({ text, ranges, bad, correct, numPromptTokens, errorToken }: OutputHeat): FieldHeat[] {
  const fields = fieldsOf(text).map((field) => ({ ...field, score: 0 }));
  const rest: FieldHeat & { score: number } = { kind: "other", text: "", range: { start: 0, end: text.length }, score: 0 };
  // a token that reaches over a border belongs to the later field, as with segments
  const fieldOf = (token: number) => {
    const range = ranges[Math.min(token, ranges.length - 1)];
    if (range === undefined) return rest;
    return fields.findLast((field) => field.range.start < Math.max(range.end, range.start + 1) && field.range.end > range.start) ?? rest;
  };
  const ofError = fieldOf(errorToken);
  for (let at = 0; at < bad.length; at++) (at < numPromptTokens ? rest : fieldOf(at - numPromptTokens)).score += bad[at]!;
  for (let at = 0; at < correct.length; at++) {
    const token = at - numPromptTokens;
    (token < 0 ? rest : token < errorToken ? fieldOf(token) : ofError).score += correct[at]!;
  }
  return [...fields, rest];
}

/** Names, keys and values, and in front of them the word that decides what kind of turn it is. */
function fieldsOf(text: string): Omit<FieldHeat, "score">[] {
  const { thought } = parseAssistantText(text);
  const start = thought === undefined ? (text.startsWith("\n") ? 1 : 0) : thought.range.end + 1;
  const word = /^(Action|Answer)/.exec(text.slice(start))?.[0];
  const decided = word === undefined ? [] : [{ kind: "decision" as const, text: word, range: { start, end: start + word.length } }];
  return [...decided, ...callParts(text)];
}
