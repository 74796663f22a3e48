/** @file Labels in words: places, answers, and what several people said of one place. */
import { isSecondPass, secondPassOf, type AgreementGap } from "#contracts/agreement.ts";
import { questionKey } from "#contracts/disputes.ts";
import { ADJUDICATED, type Annotations, type Label, type LabelPlace, type LabelQuestion } from "#contracts/review.ts";
import type { Turn } from "#contracts/trajectory.ts";

/** "Whole trajectory", "Turn 3, call 1, characters 4 to 12 of its arguments". */
export function placeInWords({ turn, call, part, start, end }: LabelPlace): string {
  if (turn === undefined) return "Whole trajectory";
  const where = [`Turn ${turn + 1}`, call !== undefined && `call ${call + 1}`].filter(Boolean).join(", ");
  if (start === undefined || end === undefined) return where;
  return `${where}, characters ${start + 1} to ${end}${part === undefined || part === "content" ? "" : ` of its ${part}`}`;
}

/** The text of a place; empty where the trajectory has changed and the place is gone. */
export function textAt(turns: readonly Turn[], { turn, call, part, start, end }: LabelPlace): string {
  const found = turn === undefined ? undefined : turns[turn];
  if (found === undefined) return "";
  let text: string | undefined;
  if (found.role !== "assistant") text = found.content;
  else if (call !== undefined) text = start === undefined ? callText(found.calls[call]) : found.calls[call]?.argumentsText;
  else if (part === "thought") text = found.thought;
  else text = found.answer ?? found.raw ?? found.thought ?? callText(found.calls[0]);
  return (text ?? "").slice(start ?? 0, end);
}
const callText = (call: { readonly name: string; readonly argumentsText: string } | undefined): string | undefined =>
  call && `${call.name} ${call.argumentsText}`;

export function optionsInWords(question: LabelQuestion, options: readonly string[]): string {
  return options.map((id) => question.options.find((option) => option.id === id)?.title ?? id).join(", ");
}

/** What is known of one question at one place, from the point of view of one annotator. */
export interface Answers {
  readonly mine: readonly string[];
  readonly others: readonly Label[];
  readonly settled: readonly string[] | undefined;
}

/**
 * Answers of others are given only once one's own is there, so that the two stay independent; a second look sees none at all.
 */
export function answersOf(
  { labels }: Annotations,
  { question, place }: { readonly question: string; readonly place: LabelPlace },
  annotator: string,
  isSecondLook: boolean,
): Answers & { readonly numHidden: number } {
  const key = questionKey({ question, place });
  const here = labels.filter((label) => questionKey(label) === key);
  const me = isSecondLook ? secondPassOf(annotator) : annotator;
  const mine = here.find((label) => label.annotator === me)?.options ?? [];
  const others = here.filter((label) => label.annotator !== annotator && label.annotator !== ADJUDICATED && !isSecondPass(label.annotator));
  const settled = here.find((label) => label.annotator === ADJUDICATED)?.options;
  const isHidden = isSecondLook || mine.length === 0;
  return { mine, others: isHidden ? [] : others, settled: isHidden ? undefined : settled, numHidden: isHidden ? others.length : 0 };
}

/** The options after one of them was pressed. */
export function pressed(question: Pick<LabelQuestion, "kind">, options: readonly string[], option: string): readonly string[] {
  if (options.includes(option)) return options.filter((each) => each !== option);
  return question.kind === "single" ? [option] : [...options, option];
}

/** Why a number or its interval is missing. */
export const GAP_WORDS: Readonly<Record<AgreementGap, string>> = {
  "no-units": "nothing that both answered",
  "too-few": "too few for an interval",
  "one-answer-only": "undefined: everybody gave the same one answer",
  "no-variation": "no interval: every resample gives the same",
  "several-answers": "not taken where several answers are allowed",
};
