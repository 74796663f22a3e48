/** @file Krippendorff's alpha: agreement of any number of annotators, some of whom left places out. */

/** One place: the answers given there, as indices of values. */
export type CodedUnit = readonly number[];

/** Distances of all values from each other: `distances[c][k]`. */
export type DistanceTable = readonly (readonly number[])[];

/** What some units add to alpha's two sums. Terms of disjoint groups of units add up, which is what a bootstrap needs. */
export interface AlphaTerms {
  /** Sum over units of the distances of its ordered pairs of answers, over `answers - 1`. */
  readonly observed: number;
  /** How often each value was given in units of two or more answers: value, count, value, count ... */
  readonly counts: readonly number[];
}

export function alphaTerms(units: readonly CodedUnit[], distances: DistanceTable): AlphaTerms {
  let observed = 0;
  const counts = new Map<number, number>();
  for (const values of units) {
    if (values.length < 2) continue;
    let sum = 0;
    for (const [i, value] of values.entries()) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
      for (let j = 0; j < i; j++) sum += 2 * distances[value]![values[j]!]!;
    }
    observed += sum / (values.length - 1);
  }
  return { observed, counts: [...counts].flat() };
}

/**
 *   alpha = 1 - D_o / D_e = 1 - (n - 1) · Σ_u Σ_{i≠j} δ(v_ui, v_uj) / (m_u - 1)  /  Σ_c Σ_k n_c n_k δ(c, k)
 *
 * (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", sections B to D.) `m_u` answers lie in unit u, `n_c` of all `n`
 * answers are the value c; units of fewer than two answers count nowhere. 1: perfect agreement; 0: what chance would give.
 *
 * @param groups  terms of groups of units
 * @param weights how often each group counts; absent: once
 * @returns null where it is undefined: nothing to pair, or one value only (D_e = 0)
 */
export function alphaOf(groups: readonly AlphaTerms[], distances: DistanceTable, weights?: ArrayLike<number>): number | null {
  const counts = new Float64Array(distances.length);
  let observed = 0;
  for (let g = 0; g < groups.length; g++) {
    const weight = weights === undefined ? 1 : weights[g]!;
    if (weight === 0) continue;
    const group = groups[g]!;
    observed += weight * group.observed;
    for (let i = 0; i < group.counts.length; i += 2) counts[group.counts[i]!]! += weight * group.counts[i + 1]!;
  }
  let numAnswers = 0;
  let expected = 0;
  for (let c = 0; c < counts.length; c++) {
    numAnswers += counts[c]!;
    for (let k = 0; k < c; k++) expected += 2 * counts[c]! * counts[k]! * distances[c]![k]!;
  }
  return expected === 0 ? null : 1 - ((numAnswers - 1) * observed) / expected;
}
