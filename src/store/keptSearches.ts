/**
 * @file Results of full-text searches, kept while they are of use. The index only grows by contents: a kept result is continued with those
 * that came since, so that an edit never makes a search run anew. Words are kept by themselves, too: the next text often has some of them.
 */
import { searchTerms } from "#contracts/searchText.ts";
import type { SearchIndex } from "./searchIndex.ts";

interface KeptSearch {
  readonly hits: Uint8Array;
  /** Contents up to this one have been looked through. */
  readonly upTo: number;
}

const KEPT_TEXTS = 8;
const KEPT_TERMS = 24;

export function keptSearches(search: SearchIndex) {
  const texts = new Map<string, KeptSearch>();
  const groups = new Map<string, KeptSearch>();

  const hitsOf = (terms: readonly string[], upTo: number): Uint8Array => {
    const key = JSON.stringify(terms);
    const known = groups.get(key);
    const hits = known === undefined ? search.hitsOf(terms) : known.upTo === upTo ? known.hits : search.hitsOf(terms, known);
    keep(groups, key, { hits, upTo }, KEPT_TERMS);
    return hits;
  };
  /** What is looked up by itself: a word that is known, or that a system text holds; the other words are one question to the index. */
  const groupsOf = (terms: readonly string[]): readonly (readonly string[])[] => {
    const isAlone = (term: string): boolean => groups.has(JSON.stringify([term])) || search.isInSystem(term);
    const alone = terms.filter(isAlone);
    const others = terms.filter((term) => !alone.includes(term));
    return [...alone.map((term) => [term]), ...(others.length === 0 ? [] : [others])];
  };
  const find = (text: string, upTo: number): Uint8Array => {
    const [first, ...rest] = groupsOf(searchTerms(text)).map((terms) => hitsOf(terms, upTo));
    if (first === undefined) return new Uint8Array();
    if (rest.length === 0) return first;
    const hits = first.slice();
    for (const other of rest) for (let id = 0; id < hits.length; id++) hits[id]! &= other[id]!;
    return hits;
  };

  /** Reads only: one byte a content, 1 where its turns and its system text hold every term; contents beyond the index have none. */
  return (text: string): Uint8Array => {
    const upTo = search.indexedUpTo();
    const known = texts.get(text);
    const hits = known?.upTo === upTo ? known.hits : find(text, upTo);
    keep(texts, text, { hits, upTo }, KEPT_TEXTS);
    return hits;
  };
}

/** As the newest of at most so many. */
function keep(kept: Map<string, KeptSearch>, key: string, found: KeptSearch, most: number): void {
  kept.delete(key);
  kept.set(key, found);
  if (kept.size > most) kept.delete(kept.keys().next().value!);
}
