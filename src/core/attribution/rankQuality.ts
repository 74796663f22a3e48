/** @file How well a ranking finds what it should: the measures of retrieval, from the places of the relevant ones. */

export interface RankQuality {
  /** Relevant ones among the first ten, of as many as could be there. */
  readonly recallAt10: number;
  /** 1 / place of the first relevant one; 0 where none was found. */
  readonly reciprocalRank: number;
  /** Mean over all relevant ones of the precision at their places; those that were not found count 0. */
  readonly averagePrecision: number;
}

const AT = 10;

/**
 * @param places       of the relevant ones that were found, counted from 1, in any order
 * @param numRelevant  of all there are
 */
export function rankQuality(places: readonly number[], numRelevant: number): RankQuality {
  if (numRelevant === 0) return { recallAt10: 0, reciprocalRank: 0, averagePrecision: 0 };
  const sorted = places.toSorted((a, b) => a - b);
  const precisions = sorted.map((place, i) => (i + 1) / place);
  return {
    recallAt10: sorted.filter((place) => place <= AT).length / Math.min(AT, numRelevant),
    reciprocalRank: sorted[0] === undefined ? 0 : 1 / sorted[0],
    averagePrecision: precisions.reduce((sum, precision) => sum + precision, 0) / numRelevant,
  };
}
