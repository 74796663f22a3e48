/** @file How sure a mean is. */
import { randomIntegers } from "#core/model/random.ts";

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
