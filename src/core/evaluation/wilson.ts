/** @file A share with its 95 % interval, since no rate is shown without one. */
import type { Rate } from "#contracts/procedures/evaluations.ts";

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Wilson score interval (Wilson 1927; Newcombe 1998, method 3), which stays inside [0, 1] and holds for small counts:
 *
 *   centre = (p + z²/2n) / (1 + z²/n)
 *   half   = z / (1 + z²/n) · sqrt(p(1-p)/n + z²/4n²)
 *
 * @param numerator   successes, 0 to `denominator`
 * @param denominator trials; 0 gives value 0 and the interval [0, 1]: nothing is known
 */
export function wilson(numerator: number, denominator: number): Rate {
  if (denominator === 0) return { value: 0, numerator, denominator, low: 0, high: 1 };
  const n = denominator;
  const p = numerator / n;
  const scale = 1 + (Z * Z) / n;
  const centre = (p + (Z * Z) / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  // rounding must not push the interval past what the counts allow
  const low = numerator === 0 ? 0 : Math.max(0, centre - half);
  const high = numerator === n ? 1 : Math.min(1, centre + half);
  return { value: p, numerator, denominator, low, high };
}
