/** @file One ranking from several: each signal confuses other examples, and what all of them rank high is rarely confused. */

/** Cormack, Clarke and Büttcher 2009, who found it by trial; the difference to other constants is small. */
const RANK_OFFSET = 60;

export interface FusedRank {
  /** Index of the candidate. */
  readonly index: number;
  readonly score: number;
  /** Place in each ranking, counted from 1, in the order in which they were given; null where it has none there. */
  readonly ranks: readonly (number | null)[];
}

/** Indices from the highest score to the lowest; equal scores in the order of the indices. What is not a number has no place. */
export function rankByScore(scores: ArrayLike<number>): number[] {
  return Array.from({ length: scores.length }, (_, index) => index)
    .filter((index) => !Number.isNaN(scores[index]!))
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/**
 * Reciprocal rank fusion:
 *
 *   score(c) = sum over rankings of 1 / (60 + rank of c),   rank counted from 1; 0 where a ranking does not have c
 *
 * Equal scores are ordered by the best rank anywhere, then by index, so that the order never depends on the sorting algorithm.
 *
 * @param rankings  candidates by index, best first
 */
export function fuseRankings(rankings: readonly (readonly number[])[]): FusedRank[] {
  const ranksOf = new Map<number, (number | null)[]>();
  rankings.forEach((ranking, r) =>
    ranking.forEach((index, place) => {
      const ranks = ranksOf.get(index) ?? rankings.map(() => null);
      ranks[r] = place + 1;
      ranksOf.set(index, ranks);
    }),
  );
  const best = (ranks: readonly (number | null)[]): number => Math.min(...ranks.map((rank) => rank ?? Infinity));
  return [...ranksOf]
    .map(([index, ranks]) => ({
      index,
      ranks,
      score: ranks.reduce<number>((sum, rank) => sum + (rank === null ? 0 : 1 / (RANK_OFFSET + rank)), 0),
    }))
    .sort((a, b) => b.score - a.score || best(a.ranks) - best(b.ranks) || a.index - b.index);
}
