/**
 * @file How far apart two answers are, between 0 (the same) and 1. An answer is a set of options: one of them for most questions,
 * several where the question allows it.
 */
import { optionsKey } from "../../trajectories/labelPlace.ts";

export type Distance = (a: readonly string[], b: readonly string[]) => number;

/** 0 where both chose the same options, 1 where not (Krippendorff 2011, section 1, nominal metric). */
export const nominal: Distance = (a, b) => (optionsKey(a) === optionsKey(b) ? 0 : 1);

/**
 * Measuring Agreement on Set-valued Items (Passonneau 2006, section 3):
 *
 *   masi(A, B) = 1 - J · M,   J = |A ∩ B| / |A ∪ B|   (Jaccard)
 *   M = 1 where A = B; 2/3 where one holds the other; 1/3 where they overlap; 0 where they share nothing
 *
 * Two empty sets are the same answer: distance 0.
 */
export const masi: Distance = (a, b) => {
  const [first, second] = [new Set(a), new Set(b)];
  const numShared = [...first].filter((option) => second.has(option)).length;
  const numAll = first.size + second.size - numShared;
  if (numShared === numAll) return 0;
  if (numShared === 0) return 1;
  const monotonicity = numShared === Math.min(first.size, second.size) ? 2 / 3 : 1 / 3;
  return 1 - (numShared / numAll) * monotonicity;
};
