/** @file Labelled characters of a text: which of them one may see, and the pieces that the text is drawn in. */
import type { Annotations, Label, LabelPlace } from "#contracts/review.ts";
import { answersOf } from "../../../components/labels/labelWords.ts";
import type { LabelledPart } from "./labelPlaces.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}
export interface Piece {
  readonly start: number;
  readonly text: string;
  readonly labels: readonly SpanLabel[];
}
export type SpanLabel = Label & { readonly place: LabelPlace & Span };

/** Labels of characters of one part. Those of others are seen only where one has answered the same, as everywhere. */
export function spansOf(annotations: Annotations, part: LabelledPart, annotator: string, isSecondLook: boolean): readonly SpanLabel[] {
  return annotations.labels
    .filter((label): label is SpanLabel => {
      const { turn, call, part: of, start, end } = label.place;
      return turn === part.place.turn && call === part.place.call && of === part.part && start !== undefined && end !== undefined;
    })
    .filter((label) => answersOf(annotations, label, annotator, isSecondLook).mine.length > 0)
    .sort((a, b) => a.place.start - b.place.start || a.place.end - b.place.end);
}

/** The whole text, cut where a label begins or ends; labels may lie over each other. */
export function piecesOf(text: string, labels: readonly SpanLabel[]): readonly Piece[] {
  const cuts = new Set([0, text.length]);
  for (const { place } of labels) for (const at of [place.start, place.end]) if (at < text.length) cuts.add(at);
  const ordered = [...cuts].sort((a, b) => a - b);
  return ordered.slice(0, -1).map((start, i) => {
    const end = ordered[i + 1]!;
    return { start, text: text.slice(start, end), labels: labels.filter(({ place }) => place.start <= start && place.end >= end) };
  });
}

/** Each span once, with what is said of it. */
export function spanGroups(
  labels: readonly SpanLabel[],
): readonly { readonly place: SpanLabel["place"]; readonly labels: readonly SpanLabel[] }[] {
  const groups = new Map<string, SpanLabel[]>();
  for (const label of labels) {
    const key = `${label.place.start} ${label.place.end}`;
    groups.set(key, [...(groups.get(key) ?? []), label]);
  }
  return [...groups.values()].map((group) => ({ place: group[0]!.place, labels: group }));
}
