/** @file Word-by-word difference of two short texts (calls), for showing side by side. */

export interface DiffPart {
  readonly text: string;
  readonly kind: "same" | "removed" | "added";
}

/** Names, numbers and quoted words stay whole; punctuation stands alone. */
function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Texts of more words than this are compared as wholes: the table below grows with the product of the two. */
const MOST_WORDS = 1500;

/**
 * Longest common subsequence over words. `left` holds same and removed parts, `right` same and added ones; joined, each gives back
 * its text.
 */
export function differ(before: string, after: string): { left: DiffPart[]; right: DiffPart[] } {
  const a = words(before);
  const b = words(after);
  if (before === after) return { left: merge([{ text: before, kind: "same" }]), right: merge([{ text: after, kind: "same" }]) };
  if (a.length > MOST_WORDS || b.length > MOST_WORDS)
    return { left: [{ text: before, kind: "removed" }], right: [{ text: after, kind: "added" }] };
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const left: DiffPart[] = [];
  const right: DiffPart[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      left.push({ text: a[i++]!, kind: "same" });
      right.push({ text: b[j++]!, kind: "same" });
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      left.push({ text: a[i++]!, kind: "removed" });
    } else {
      right.push({ text: b[j++]!, kind: "added" });
    }
  }
  return { left: merge(left), right: merge(right) };
}

function merge(parts: readonly DiffPart[]): DiffPart[] {
  const merged: DiffPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last?.kind === part.kind) merged[merged.length - 1] = { text: last.text + part.text, kind: part.kind };
    else if (part.text !== "") merged.push(part);
  }
  return merged;
}
