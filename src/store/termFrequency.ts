/**
 * @file How common a word is among the indexed turns, so that a search for likeness spends its time on the telling ones.
 *
 * BM25 gives a word that half of all texts hold next to no weight, yet ranking must visit every text that holds it.
 */
import { foldedWords } from "#contracts/searchText.ts";
import type { Db } from "./openDatabase.ts";

/** Ranking visits at most about this many texts, and at least those of this many terms. */
const MAX_VISITED = 20_000;
const MIN_TERMS = 3;
/** What more than a tenth of all texts hold is common, but never what only so few hold. */
const COMMON_SHARE = 0.1;
const LEAST_COMMON = 20;

export type TermFrequency = ReturnType<typeof termFrequency>;

export function termFrequency(db: Db) {
  db.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.turn_vocabulary USING fts5vocab('main', 'turn_text', 'row')");
  const countTexts = db.prepare<[string], number>("SELECT doc FROM temp.turn_vocabulary WHERE term = ?").pluck();

  /** Texts that hold the rarest word of a term, which is at least as many as hold the term. */
  const textsWith = (term: string): number => {
    const words = foldedWords(term);
    return words.reduce((fewest, word) => Math.min(fewest, countTexts.get(word) ?? 0), Infinity);
  };

  return {
    /** Reads only: terms that few of the texts hold, rarest first; those that no text holds are left out. */
    rare(terms: readonly string[], numTexts: number): readonly string[] {
      const most = Math.max(LEAST_COMMON, numTexts * COMMON_SHARE);
      const counted = terms.map((term) => ({ term, count: textsWith(term) })).filter(({ count }) => count > 0 && count <= most);
      return counted.sort((a, b) => a.count - b.count).map(({ term }) => term);
    },

    /** Reads only: the terms that tell most, rarest first; those that no text holds are left out. */
    telling(terms: readonly string[]): readonly string[] {
      const counted = terms.map((term) => ({ term, count: textsWith(term) })).filter(({ count }) => count > 0 && count < Infinity);
      counted.sort((a, b) => a.count - b.count);
      let numVisited = 0;
      return counted.filter(({ count }, i) => (numVisited += count) <= MAX_VISITED || i < MIN_TERMS).map(({ term }) => term);
    },
  };
}
