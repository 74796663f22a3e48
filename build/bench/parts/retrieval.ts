/** @file What a ranking is worth, and how sure its mean is. */
import { randomIntegers } from "#core/model/random.ts";

/** Mean over the relevant ones of the share of relevant ones up to the place of each; one that is not in the order adds nothing. */
export function averagePrecision(order: readonly number[], relevant: ReadonlySet<number>): number {
  let [hits, sum] = [0, 0];
  order.forEach((index, place) => {
    if (!relevant.has(index)) return;
    hits += 1;
    sum += hits / (place + 1);
  });
  return relevant.size === 0 ? 0 : sum / relevant.size;
}

/** 1 / place of the first relevant one; 0 without any. */
export function reciprocalRank(order: readonly number[], relevant: ReadonlySet<number>): number {
  const place = order.findIndex((index) => relevant.has(index));
  return place < 0 ? 0 : 1 / (place + 1);
}

/** Share of the relevant ones, of as many as there is room for, among the first so many. */
export function recallAt(numPlaces: number, order: readonly number[], relevant: ReadonlySet<number>): number {
  const found = order.slice(0, numPlaces).filter((index) => relevant.has(index)).length;
  return relevant.size === 0 ? 0 : found / Math.min(numPlaces, relevant.size);
}

const NUM_DRAWS = 2000;

export interface Estimate {
  readonly value: number;
  /** 95 %, percentiles of means of as many drawn with replacement. */
  readonly interval: readonly [number, number];
}

export function bootstrap(values: readonly number[], seed = 1): Estimate {
  const mean = (all: readonly number[]): number => all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
  const next = randomIntegers(seed);
  const means = Array.from({ length: NUM_DRAWS }, () => mean(values.map(() => values[next() % values.length]!))).sort((a, b) => a - b);
  return { value: mean(values), interval: [means[Math.floor(0.025 * NUM_DRAWS)]!, means[Math.ceil(0.975 * NUM_DRAWS) - 1]!] };
}
