/** @file Intervals by resampling whole trajectories. */
import { randomIntegers } from "../../trajectories/seededRandom.ts";

export interface BootstrapOptions {
  readonly seed: number;
  readonly numResamples: number;
}

const LOW = 0.025;
const HIGH = 0.975;

/**
 * 95 % percentile interval (Efron and Tibshirani 1993, chapter 13) of a statistic, by drawing clusters with replacement.
 *
 * A cluster is a trajectory: answers within one depend on each other, so that drawing places would promise too narrow an interval.
 * Resamples in which the statistic is undefined are left out.
 *
 * @param statisticOf  takes the drawn clusters' indices (reused between calls); null where it is undefined for them
 * @returns null where no more than half of the resamples have a value, or all have the same one: then they say nothing
 */
export function bootstrapInterval(
  numClusters: number,
  statisticOf: (drawn: Uint32Array) => number | null,
  { seed, numResamples }: BootstrapOptions,
): { readonly low: number; readonly high: number } | null {
  const next = randomIntegers(seed);
  const drawn = new Uint32Array(numClusters);
  const values: number[] = [];
  for (let resample = 0; resample < numResamples; resample++) {
    for (let i = 0; i < numClusters; i++) drawn[i] = next() % numClusters;
    const value = statisticOf(drawn);
    if (value !== null) values.push(value);
  }
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
