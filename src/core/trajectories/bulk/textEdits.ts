/** @file Edits of a text: ranges and what takes their place. */
import type { ContentHit } from "#contracts/bulk.ts";

/** In UTF-16 code units of the text before; edits of one text are in order and do not overlap. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly after: string;
}

export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  if (edits.length === 0) return text;
  let edited = "";
  let at = 0;
  for (const { start, end, after } of edits) {
    edited += text.slice(at, start) + after;
    at = end;
  }
  return edited + text.slice(at);
}

export const shifted = <Edit extends TextEdit>(edit: Edit, by: number): Edit => ({ ...edit, start: edit.start + by, end: edit.end + by });

/** Characters shown around a hit. */
const AROUND = 48;
/** A hit of a page of text is shown by its beginning. */
const MOST_SHOWN = 2000;

export type HitPlace = Pick<ContentHit, "turn" | "call" | "tool" | "pointer" | "part">;

export function hitOf(text: string, { start, end, after }: TextEdit, place: HitPlace): ContentHit {
  const lead = text.slice(Math.max(0, start - AROUND), start);
  const trail = text.slice(end, end + AROUND);
  return {
    ...place,
    start,
    end,
    before: shortened(text.slice(start, end)),
    after: shortened(after),
    lead: start > AROUND ? `…${lead}` : lead,
    trail: end + AROUND < text.length ? `${trail}…` : trail,
  };
}

const shortened = (text: string): string => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text);
