/** @file Labels and notes of a trajectory, changed one at a time. */
import type { Annotations, Label, LabelPlace, Note } from "#contracts/review.ts";

/** The same place: absent and undefined fields are one. */
export function isSamePlace(a: LabelPlace, b: LabelPlace): boolean {
  return a.turn === b.turn && a.call === b.call && a.part === b.part && a.start === b.start && a.end === b.end;
}

/** One person's answer to one question at one place takes the place of the earlier one; without options it is taken back. */
export function withLabel({ labels, notes }: Annotations, label: Label): Annotations {
  const others = labels.filter(
    (other) => other.annotator !== label.annotator || other.question !== label.question || !isSamePlace(other.place, label.place),
  );
  return { labels: label.options.length === 0 ? others : [...others, label], notes };
}

export function withNote({ labels, notes }: Annotations, note: Note): Annotations {
  return { labels, notes: [...notes, note] };
}
