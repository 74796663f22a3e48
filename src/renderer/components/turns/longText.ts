/** @file Long texts on a screen: folded where they stand, whole in a viewer; never cut in the data. */

const FOLD_LINES = 9;
const FOLD_CHARACTERS = 2000;

export interface FoldedText {
  readonly shown: string;
  readonly isFolded: boolean;
  readonly numLines: number;
  readonly numShownLines: number;
}

/** The first nine lines or 2,000 characters, whichever ends sooner. */
export function foldText(text: string): FoldedText {
  let numLines = 1;
  let end = text.length;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    if (numLines === FOLD_LINES) end = Math.min(end, at);
    numLines++;
  }
  end = Math.min(end, FOLD_CHARACTERS);
  // Half of a surrogate pair would show as a box.
  if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
  const shown = text.slice(0, end);
  return { shown, isFolded: end < text.length, numLines, numShownLines: shown.split("\n").length };
}

export interface WrappedRow {
  /** Half-open range in the text. */
  readonly start: number;
  readonly end: number;
  /** Number of the source line, on its first row only. */
  readonly line: number | null;
}

/** Rows of at most `columns` characters, so that a viewer has rows of one height however long a line is. */
export function wrapRows(text: string, columns: number): WrappedRow[] {
  const rows: WrappedRow[] = [];
  let lineNumber = 1;
  let start = 0;
  while (start <= text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    for (let at = start, isFirst = true; isFirst || at < end; at += columns, isFirst = false)
      rows.push({ start: at, end: Math.min(at + columns, end), line: isFirst ? lineNumber : null });
    lineNumber++;
    if (newline < 0) break;
    start = newline + 1;
  }
  return rows;
}

/** Index of the row that holds a place in the text. */
export function rowOf(rows: readonly WrappedRow[], place: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle]!.start <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
