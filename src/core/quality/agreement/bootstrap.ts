/** @file Intervals by resampling whole trajectories. */
import { randomIntegers } from "../../trajectories/seededRandom.ts";

export interface BootstrapOptions {
  readonly seed: number;
  readonly numResamples: number;
}

const LOW = 0.025;
const HIGH = 0.975;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A statistic of weighted classes of clusters; null where it is undefined for them. */
export type Statistic = (weights: Uint32Array) => number | null;

/**
 * 95 % percentile intervals (Efron and Tibshirani 1993, chapter 13) of statistics, by drawing clusters with replacement; all statistics are
 * of the same resamples.
 *
 * A cluster is a trajectory: answers within one depend on each other, so that drawing places would promise too narrow an interval.
 * Clusters that are alike are one class, so that a resample is a weight for each class. Resamples in which a statistic is undefined are
 * left out of its interval.
 *
 * @param sizes  clusters of each class
 * @returns for each statistic; null where no more than half of the resamples have a value, or all have the same one: then they say nothing
 */
export function bootstrapIntervals(
  sizes: readonly number[],
  statistics: readonly Statistic[],
  { seed, numResamples }: BootstrapOptions,
): readonly (Interval | null)[] {
  const numClusters = sizes.reduce((sum, size) => sum + size, 0);
  const classOf = new Uint32Array(numClusters);
  let filled = 0;
  sizes.forEach((size, k) => classOf.fill(k, filled, (filled += size)));
  const next = randomIntegers(seed);
  const weights = new Uint32Array(sizes.length);
  const values = statistics.map((): number[] => []);
  for (let resample = 0; resample < numResamples; resample++) {
    weights.fill(0);
    for (let i = 0; i < numClusters; i++) weights[classOf[next() % numClusters]!]!++;
    for (const [s, statistic] of statistics.entries()) {
      const value = statistic(weights);
      if (value !== null) values[s]!.push(value);
    }
  }
  return values.map((each) => intervalOf(each, numResamples));
}

function intervalOf(values: readonly number[], numResamples: number): Interval | null {
  if (values.length * 2 <= numResamples) return null;
  const sorted = Float64Array.from(values).sort();
  if (sorted[0] === sorted.at(-1)) return null;
  return { low: quantile(sorted, LOW), high: quantile(sorted, HIGH) };
}

/** Between the two nearest ranks in proportion (Hyndman and Fan 1996, type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
