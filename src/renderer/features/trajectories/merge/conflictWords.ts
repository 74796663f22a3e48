/** @file A conflict of a merge in words: what both changed, and what each side has. */
import type { MergeConflictView, MergedField } from "#contracts/merging.ts";
import type { Label } from "#contracts/review.ts";
import { placeInWords } from "../../../components/labels/labelWords.ts";
import { STATUS_WORDS } from "../../../components/statusWords.ts";

export const FIELD_WORDS: Readonly<Record<MergedField, string>> = {
  content: "the turns",
  split: "the split",
  status: "the status",
  assignee: "the queue",
  annotations: "the same label",
};

const labelInWords = ({ question, annotator, options, place }: Label): string =>
  `${annotator} answered ${question} with ${options.join(", ")} (${placeInWords(place)})`;

/** Ours and theirs of a conflict that is no text, a line each. */
export function sidesOf(conflict: Exclude<MergeConflictView, { field: "content" }>): readonly [string, string] {
  switch (conflict.field) {
    case "assignee":
      return [conflict.mine || "nobody's", conflict.theirs || "nobody's"];
    case "split":
      return [conflict.mine, conflict.theirs];
    case "status": {
      const words = (status: string): string => STATUS_WORDS[status as keyof typeof STATUS_WORDS] ?? status;
      return [words(conflict.mine), words(conflict.theirs)];
    }
    case "annotations": {
      const [mine, theirs] = [conflict.mine.labels.map(labelInWords), conflict.theirs.labels.map(labelInWords)];
      const only = (these: readonly string[], others: readonly string[]): string =>
        these.filter((line) => !others.includes(line)).join("; ") || "no answer";
      return [only(mine, theirs), only(theirs, mine)];
    }
  }
}
