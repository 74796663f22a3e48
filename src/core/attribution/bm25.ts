/**
 * @file Likeness by words: Okapi BM25 over texts held in memory.
 *
 *   score(q, d) = sum over words w of q of  idf(w) f(w,d) (k1 + 1) / (f(w,d) + k1 (1 - b + b |d| / mean |d|))
 *   idf(w) = ln(1 + (N - n(w) + 1/2) / (n(w) + 1/2)),   n(w) texts that hold w           (Robertson and Zaragoza 2009, eq. 3.15)
 *
 * f counts w in d, |d| all words of d. A word that the query has twice counts once: what is asked about is which words, not how often.
 */
const K1 = 1.2;
const B = 0.75;

/** Texts that hold a word, and how often; parallel. */
interface Postings {
  readonly texts: number[];
  readonly counts: number[];
}

export interface Bm25Index {
  readonly numTexts: number;
  /** Of every text; 0 where it shares no word with the query. */
  scores(words: readonly string[]): Float64Array;
}

export function bm25Index(texts: Iterable<readonly string[]>): Bm25Index {
  const postings = new Map<string, Postings>();
  const lengths: number[] = [];
  for (const words of texts) {
    const text = lengths.length;
    for (const word of words) {
      let of = postings.get(word);
      if (of === undefined) postings.set(word, (of = { texts: [], counts: [] }));
      if (of.texts.at(-1) === text) of.counts[of.counts.length - 1]! += 1;
      else {
        of.texts.push(text);
        of.counts.push(1);
      }
    }
    lengths.push(words.length);
  }
  const numTexts = lengths.length;
  const meanLength = Math.max(1, lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, numTexts));
  return {
    numTexts,
    scores(words) {
      const scores = new Float64Array(numTexts);
      for (const word of new Set(words)) {
        const of = postings.get(word);
        if (of === undefined) continue;
        const n = of.texts.length;
        const idf = Math.log(1 + (numTexts - n + 0.5) / (n + 0.5));
        of.texts.forEach((text, i) => {
          const f = of.counts[i]!;
          scores[text]! += (idf * f * (K1 + 1)) / (f + K1 * (1 - B + (B * lengths[text]!) / meanLength));
        });
      }
      return scores;
    },
  };
}
