/** @file Places of labels and notes: two are the same where all their parts are. */
import type { Label, LabelPlace } from "#contracts/review.ts";

/** Equal for equal places, whatever the order of their fields. */
export function placeKey(place: LabelPlace): string {
  const { turn, call, part, start, end } = place;
  return [turn, call, part, start, end].map((each) => each ?? "").join(".");
}

/** What one annotator can answer once: a question at a place. */
export const labelKey = ({ annotator, question, place }: Omit<Label, "options">): string =>
  JSON.stringify([annotator, question, placeKey(place)]);

/** The chosen options as a set, so that the order they were chosen in does not tell two answers apart. */
export const optionsKey = (options: readonly string[]): string => JSON.stringify([...new Set(options)].sort());
