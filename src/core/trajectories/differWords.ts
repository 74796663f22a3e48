/** @file Word-by-word difference of two texts, for showing side by side. */

export interface DiffPart {
  readonly text: string;
  readonly kind: "same" | "removed" | "added";
}

export interface WordDifference {
  /** Same and removed parts; joined, the text before. */
  readonly left: readonly DiffPart[];
  /** Same and added parts; joined, the text after. */
  readonly right: readonly DiffPart[];
}

/** Names, numbers and quoted words stay whole; punctuation stands alone. */
function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Middles of more words than this are compared as wholes: the table below grows with the product of the two. */
const MOST_WORDS = 1500;
/** Texts up to this many characters are compared from end to end. */
const SHORT = 2000;
/** Longer middles are not even cut into words. */
const MOST_CHARACTERS = 100_000;

const WORD_CHARACTER = /[\p{L}\p{N}_\ud800-\udfff]/u;

/** Of long texts what is equal at both ends is set aside, so the work depends on what lies between the first and the last difference. */
export function differWords(before: string, after: string): WordDifference {
  if (before === after) {
    const same: DiffPart = { text: before, kind: "same" };
    return { left: merge([same]), right: merge([same]) };
  }
  if (Math.max(before.length, after.length) <= SHORT) return differMiddles(before, after);
  const [start, end] = equalEnds(before, after);
  const head: DiffPart = { text: before.slice(0, start), kind: "same" };
  const tail: DiffPart = { text: before.slice(before.length - end), kind: "same" };
  const { left, right } = differMiddles(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return { left: merge([head, ...left, tail]), right: merge([head, ...right, tail]) };
}

/** Lengths of the equal beginning and end, which do not overlap and cut no word. */
function equalEnds(a: string, b: string): readonly [start: number, end: number] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a.charCodeAt(start) === b.charCodeAt(start)) start++;
  while (start > 0 && (isInWord(a, start) || isInWord(b, start))) start--;
  let end = 0;
  while (end < shorter - start && a.charCodeAt(a.length - 1 - end) === b.charCodeAt(b.length - 1 - end)) end++;
  while (end > 0 && (isInWord(a, a.length - end) || isInWord(b, b.length - end))) end--;
  return [start, end];
}

const isInWord = (text: string, at: number): boolean =>
  at > 0 && at < text.length && WORD_CHARACTER.test(text[at - 1]!) && WORD_CHARACTER.test(text[at]!);

/** Longest common subsequence over words. */
function differMiddles(before: string, after: string): WordDifference {
  const isLong = before.length > MOST_CHARACTERS || after.length > MOST_CHARACTERS;
  const a = isLong ? [] : words(before);
  const b = isLong ? [] : words(after);
  if (isLong || a.length > MOST_WORDS || b.length > MOST_WORDS) {
    return { left: [{ text: before, kind: "removed" }], right: [{ text: after, kind: "added" }] };
  }
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
    if (part.text === "") continue;
    if (last?.kind === part.kind) merged[merged.length - 1] = { text: last.text + part.text, kind: part.kind };
    else merged.push(part);
  }
  return merged;
}
