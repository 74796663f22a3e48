import { expect } from "vitest";

/** `|actual - expected| <= atol + rtol * |expected|` for every element; reports the worst one. */
expect.extend({
  toBeAllclose(actual: ArrayLike<number>, expected: ArrayLike<number>, options: { rtol?: number; atol?: number } = {}) {
    const { rtol = 1e-5, atol = 1e-8 } = options;
    let worst = { index: -1, excess: -Infinity };
    for (let i = 0; i < expected.length; i++) {
      const excess = Math.abs(actual[i]! - expected[i]!) - (atol + rtol * Math.abs(expected[i]!));
      if (!(excess <= worst.excess)) worst = { index: i, excess };
    }
    const pass = actual.length === expected.length && (expected.length === 0 || worst.excess <= 0);
    return {
      pass,
      message: () =>
        `lengths ${actual.length} and ${expected.length}; worst at ${worst.index}: ${actual[worst.index]} against ${expected[worst.index]} (rtol ${rtol}, atol ${atol})`,
    };
  },
});

declare module "vitest" {
  interface Matchers {
    toBeAllclose(expected: ArrayLike<number>, options?: { rtol?: number; atol?: number }): void;
  }
}
