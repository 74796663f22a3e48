/** @file What a person types to search for, and the words it is compared by: the same in the index, in likeness and on the page. */

/**
 * Words and quoted phrases of a search text. An unclosed quote runs to the end; text without a letter or digit is no term, since the
 * index holds none such.
 */
export function searchTerms(text: string): readonly string[] {
  const terms = [...text.matchAll(/"([^"]*)(?:"|$)|[^\s"]+/g)].map((match) => (match[1] ?? match[0]).trim());
  return [...new Set(terms.filter((term) => /[\p{L}\p{N}]/u.test(term)))];
}

/** A word without case and diacritics, as the index compares it. */
const folded = (word: string): string =>
  word
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();

export interface PlacedWord {
  readonly word: string;
  /** Half-open range of UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

/** The index's own words of a text, with their places. */
export function placedWords(text: string): PlacedWord[] {
  return Array.from(text.matchAll(/[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{M}\p{Co}]*/gu), (match) => ({
    word: folded(match[0]),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The index's own words of a text. */
export const foldedWords = (text: string): readonly string[] => placedWords(text).map(({ word }) => word);
