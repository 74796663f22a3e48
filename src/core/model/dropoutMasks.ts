/** @file Which numbers dropout keeps: drawn outside the graph from a seed, so that every engine drops the same ones. */
import { mixSeeds, randomIntegers } from "./random.ts";

/**
 * Fills a mask with 1 (keep) and 0 (drop), each dropped with the given probability. Two draws of 16 bits from each random integer, so the
 * probability is met to 1/65,536.
 *
 * @param site  which place of the model; each draws its own stream
 */
export function fillKeepMask(keep: Uint8Array, rate: number, seed: number, site: number): void {
  const threshold = Math.round(rate * 65536);
  const next = randomIntegers(mixSeeds(seed, site));
  for (let i = 0; i < keep.length; i += 2) {
    const bits = next();
    keep[i] = (bits & 0xffff) >= threshold ? 1 : 0;
    if (i + 1 < keep.length) keep[i + 1] = bits >>> 16 >= threshold ? 1 : 0;
  }
}
