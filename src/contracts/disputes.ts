/** @file When annotators disagree: one definition for lists, agreement and the review screen. */
import { isSecondPass } from "./agreement.ts";
import { ADJUDICATED, type Label } from "./review.ts";

/** One key for each question asked of each place. */
export function questionKey({ question, place }: Pick<Label, "question" | "place">): string {
  const { turn, call, part, start, end } = place;
  return JSON.stringify([question, turn ?? null, call ?? null, part ?? null, start ?? null, end ?? null]);
}

/** Whether two annotators answered the same question of the same place differently, and nobody settled it. */
export function isDisputed(labels: readonly Label[]): boolean {
  const answers = new Map<string, string>();
  const differing = new Set<string>();
  const settled = new Set<string>();
  for (const label of labels) {
    // somebody's second look is no other person's answer
    if (isSecondPass(label.annotator)) continue;
    const key = questionKey(label);
    if (label.annotator === ADJUDICATED) {
      settled.add(key);
      continue;
    }
    const answer = JSON.stringify([...label.options].sort());
    const other = answers.get(key);
    if (other === undefined) answers.set(key, answer);
    else if (other !== answer) differing.add(key);
  }
  return [...differing].some((key) => !settled.has(key));
}
