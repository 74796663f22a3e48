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

/**
 * Labels and notes after turns, or calls of a turn, were removed one after another: those behind move up, labels of what is gone go with it,
 * notes on it stay with the trajectory.
 */
export function withoutPlaces(
  annotations: Annotations,
  removed: readonly { readonly turn: number; readonly call?: number }[],
): Annotations {
  return removed.reduce(({ labels, notes }, gone) => {
    const move = (place: LabelPlace): LabelPlace | null => {
      const { turn, call } = place;
      if (turn === undefined || turn < gone.turn) return place;
      if (gone.call === undefined) return turn === gone.turn ? null : { ...place, turn: turn - 1 };
      if (turn > gone.turn || call === undefined || call < gone.call) return place;
      return call === gone.call ? null : { ...place, call: call - 1 };
    };
    return {
      labels: labels.flatMap((label) => {
        const place = move(label.place);
        return place === null ? [] : [{ ...label, place }];
      }),
      notes: notes.map(({ place, ...note }) => {
        const moved = place === undefined ? null : move(place);
        return moved === null ? note : { ...note, place: moved };
      }),
    };
  }, annotations);
}
