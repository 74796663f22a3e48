/** @file Labels and notes of two people who started from the same ones. */
import type { Annotations, Label, Note } from "#contracts/review.ts";
import { labelKey, optionsKey, placeKey } from "./labelPlace.ts";

/** One answer that both sides changed, each to something else; undefined: taken away, or never given. */
export interface LabelConflict {
  readonly key: Omit<Label, "options">;
  readonly base: readonly string[] | undefined;
  readonly mine: readonly string[] | undefined;
  readonly theirs: readonly string[] | undefined;
}

/**
 * Three-way merge by annotator, question and place.
 *
 * What only one side changed, added or took away is taken from that side. What both changed to different answers is a conflict; the
 * merged annotations hold mine there. Notes are united: added ones of both sides stay, a note that one side took away is gone. The order
 * is mine, then what is new in theirs.
 */
export function mergeAnnotations(
  base: Annotations,
  mine: Annotations,
  theirs: Annotations,
): { readonly merged: Annotations; readonly conflicts: readonly LabelConflict[] } {
  const [ofBase, ofMine, ofTheirs] = [base, mine, theirs].map(labelsByKey) as [LabelMap, LabelMap, LabelMap];
  const labels: Label[] = [];
  const conflicts: LabelConflict[] = [];
  for (const key of new Set([...ofMine.keys(), ...ofTheirs.keys(), ...ofBase.keys()])) {
    const [was, here, there] = [ofBase.get(key), ofMine.get(key), ofTheirs.get(key)];
    const isTheirs = sameAnswer(was, here);
    const chosen = isTheirs ? there : here;
    if (chosen !== undefined) labels.push(chosen);
    if (isTheirs || sameAnswer(was, there) || sameAnswer(here, there)) continue;
    const { annotator, question, place } = (here ?? there)!;
    conflicts.push({ key: { annotator, question, place }, base: was?.options, mine: here?.options, theirs: there?.options });
  }
  return { merged: { labels, notes: mergeNotes(base.notes, mine.notes, theirs.notes) }, conflicts };
}

type LabelMap = ReadonlyMap<string, Label>;

const labelsByKey = ({ labels }: Annotations): LabelMap => new Map(labels.map((label) => [labelKey(label), label]));

const sameAnswer = (a: Label | undefined, b: Label | undefined): boolean =>
  a === undefined || b === undefined ? a === b : optionsKey(a.options) === optionsKey(b.options);

function mergeNotes(base: readonly Note[], mine: readonly Note[], theirs: readonly Note[]): readonly Note[] {
  const [ofBase, ofMine, ofTheirs] = [base, mine, theirs].map(notesByKey) as [NoteMap, NoteMap, NoteMap];
  const stays = (key: string): boolean => (ofMine.has(key) && ofTheirs.has(key)) || !ofBase.has(key);
  return [...new Map([...ofMine, ...ofTheirs])].filter(([key]) => stays(key)).map(([, note]) => note);
}

type NoteMap = ReadonlyMap<string, Note>;

const notesByKey = (notes: readonly Note[]): NoteMap =>
  new Map(notes.map((note) => [JSON.stringify([note.author, note.at, note.text, note.place && placeKey(note.place)]), note]));
