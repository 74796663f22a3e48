/** @file Cohen's kappa and the plain share of equal answers, for two annotators. */

/** The answers of two annotators at the places of one group, as indices of values: first's, second's, first's ... */
export type PairedAnswers = readonly number[];

/**
 *   kappa = (p_o - p_c) / (1 - p_c),   p_c = Σ_k p_k+ · p_+k
 *
 * (Cohen 1960, equation 1.) p_o is the share of places where both chose the same, p_k+ and p_+k how often the first and the second
 * chose k. Unweighted: answers are the same or not.
 *
 * @param groups  answers of groups of places
 * @param weights how often each group counts; absent: once
 * @returns null where it is undefined: no places, or both gave one and the same answer everywhere (p_c = 1)
 */
export function kappaOf(groups: readonly PairedAnswers[], numValues: number, weights?: ArrayLike<number>): number | null {
  const first = new Float64Array(numValues);
  const second = new Float64Array(numValues);
  let numSame = 0;
  let numPlaces = 0;
  for (let g = 0; g < groups.length; g++) {
    const weight = weights === undefined ? 1 : weights[g]!;
    const answers = groups[g]!;
    for (let i = 0; i < answers.length; i += 2) {
      const a = answers[i]!;
      const b = answers[i + 1]!;
      first[a]! += weight;
      second[b]! += weight;
      numPlaces += weight;
      if (a === b) numSame += weight;
    }
  }
  let byChance = 0;
  for (let k = 0; k < numValues; k++) byChance += first[k]! * second[k]!;
  // in counts: p_c = 1 exactly where byChance = n², which no rounding can blur
  if (byChance === numPlaces * numPlaces) return null;
  return (numPlaces * numSame - byChance) / (numPlaces * numPlaces - byChance);
}
