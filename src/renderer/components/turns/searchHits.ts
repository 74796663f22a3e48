/** @file Where the terms of a search stand in a text, as the full-text index would find them. */
import type { InjectionKey, Ref } from "vue";
import { foldedWords, placedWords, searchTerms } from "#contracts/searchText.ts";

/** The words that the open turns were searched for; provided by whoever shows turns of a search. */
export const SEARCHED: InjectionKey<Readonly<Ref<string>>> = Symbol("searched");

/** Half-open range of UTF-16 code units. */
export interface Hit {
  readonly start: number;
  readonly end: number;
}

/** Each term of a search as the words it consists of. */
export function hitTerms(search: string): readonly (readonly string[])[] {
  return searchTerms(search)
    .map(foldedWords)
    .filter((words) => words.length > 0);
}

/** Every place where all words of a term stand in a row; places do not overlap, the earlier and longer one counts. */
export function findHits(text: string, terms: readonly (readonly string[])[]): readonly Hit[] {
  if (terms.length === 0) return [];
  const words = placedWords(text);
  const hits: Hit[] = [];
  for (let at = 0; at < words.length;) {
    let length = 0;
    for (const term of terms) if (term.length > length && term.every((word, i) => words[at + i]?.word === word)) length = term.length;
    if (length > 0) hits.push({ start: words[at]!.start, end: words[at + length - 1]!.end });
    at += Math.max(1, length);
  }
  return hits;
}
