/** @file Where a wrong output went wrong: the first token that could not be right any more, and the part that the error is about. */
import type { TextRange } from "./calls.ts";

export interface TokenChoice {
  readonly id: number;
  /** May be part of a character. */
  readonly text: string;
  /** The model's own, before temperature and nucleus. */
  readonly probability: number;
}

/**
 * The token at which the output leaves what is right: the one of its first wrong character, or where the tokenizer cuts the right text
 * otherwise, the one at which that cut began. Another spelling of the right call is not wrong: order of keys, white space, escapes, the
 * spelling of numbers, the thought in front.
 */
export interface FirstWrongToken {
  /** Among the generated tokens, counted from 0; their number where the output was cut off before it went on rightly. */
  readonly position: number;
  /** Of the first wrong character: UTF-16 code units of the output's text. */
  readonly offset: number;
  /** Null where nothing was generated there. */
  readonly token: TokenChoice | null;
  /** The likeliest tokens there, likeliest first, the generated one among them or not. */
  readonly alternatives: readonly TokenChoice[];
  /** What a right output has there; null where nobody said what is right. `rank` counts from 1; both null: not measured. */
  readonly right: { readonly id: number; readonly text: string; readonly probability: number | null; readonly rank: number | null } | null;
}

/**
 * What the error is about. `missingArgument` is the bracket that closes without it, `end` the place behind the text where it stopped (or
 * was cut off), `decision` a call where none was due, up to its name.
 */
export const ERROR_PLACES = [
  "format",
  "toolName",
  "missingArgument",
  "argumentKey",
  "argumentValue",
  "call",
  "decision",
  "answer",
  "end",
] as const;
export type ErrorPlace = (typeof ERROR_PLACES)[number];

/** The part of an output that its primary code is about: what tracing asks after. */
export interface ErrorSpan {
  readonly place: ErrorPlace;
  /** Empty at the end of the text. */
  readonly range: TextRange;
  /** Half-open, among the generated tokens; covers the range, and where the range is empty, all from the first wrong token to the end. */
  readonly tokens: { readonly start: number; readonly end: number };
  readonly callIndex: number;
  /** JSON pointer of the argument. */
  readonly pointer?: string;
}

export interface Diagnosis {
  readonly firstWrong: FirstWrongToken | null;
  readonly span: ErrorSpan | null;
}
