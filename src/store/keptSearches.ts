/**
 * @file Results of full-text searches, kept while they are of use. The index only grows by contents: a kept result is continued with those
 * that came since, so that an edit never makes a search run anew.
 */
import type { SearchIndex } from "./searchIndex.ts";

interface KeptSearch {
  readonly hits: Uint8Array;
  /** Contents up to this one have been looked through. */
  readonly upTo: number;
}

const KEPT_SEARCHES = 8;

export function keptSearches(search: SearchIndex) {
  const kept = new Map<string, KeptSearch>();

  /** Reads only: one byte a content, 1 where it matches; contents beyond the index have none. */
  return (text: string): Uint8Array => {
    const upTo = search.indexedUpTo();
    const known = kept.get(text);
    const hits = known === undefined ? search.matching(text) : known.upTo === upTo ? known.hits : search.matching(text, known);
    kept.delete(text);
    kept.set(text, { hits, upTo });
    if (kept.size > KEPT_SEARCHES) kept.delete(kept.keys().next().value!);
    return hits;
  };
}
