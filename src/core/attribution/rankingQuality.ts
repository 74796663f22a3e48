/** @file How well a ranking finds what it should: the measures that retrieval is compared by. */

export interface RankingQuality {
  /** 1 / place of the first relevant one, counted from 1; 0 where there is none. */
  readonly reciprocalRank: number;
  /** Relevant ones among the first k, of the k or fewer that there are. */
  readonly recallAt10: number;
  /** Mean over the relevant ones of the precision at their place; those that the ranking lacks count 0. */
  readonly averagePrecision: number;
}

const K = 10;

/**
 * @param ranking     best first; each relevant or not
 * @param numRelevant all there are, in the ranking or not; at least 1
 */
export function rankingQuality(ranking: readonly boolean[], numRelevant: number): RankingQuality {
  let [numFound, precisions, foundAtK] = [0, 0, 0];
  ranking.forEach((isRelevant, i) => {
    if (!isRelevant) return;
    numFound += 1;
    precisions += numFound / (i + 1);
    if (i < K) foundAtK += 1;
  });
  const first = ranking.indexOf(true);
  return {
    reciprocalRank: first === -1 ? 0 : 1 / (first + 1),
    recallAt10: foundAtK / Math.min(K, numRelevant),
    averagePrecision: precisions / numRelevant,
  };
}
