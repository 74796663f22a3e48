import { expect, describe, it } from "vitest";
import { afterGoodStep, afterOverflow, HALF_PRECISION_START, isOverflow, scaleOfSum, UNSCALED } from "./lossScale.ts";

describe("the loss scale", () => {
  it("halves at an overflow and doubles after 2,000 steps without one", () => {
    let scale = afterOverflow(afterGoodStep(HALF_PRECISION_START, true));
    expect(scale).toEqual({ factor: 2 ** 15, numGoodSteps: 0, numOverflows: 1 });
    for (let step = 0; step < 1999; step++) scale = afterGoodStep(scale, true);
    expect(scale.factor).toBe(2 ** 15);
    expect(afterGoodStep(scale, true)).toEqual({ factor: 2 ** 16, numGoodSteps: 0, numOverflows: 1 });
  });

  it("is that of the mean loss, so the number of tokens is taken off the sum's", () => {
    expect(scaleOfSum(HALF_PRECISION_START, 64)).toBe(2 ** 10);
    expect(scaleOfSum(HALF_PRECISION_START, 65)).toBe(2 ** 9);
    expect(scaleOfSum(HALF_PRECISION_START, 0)).toBe(2 ** 16);
  });

  it("stays 1 in float32", () => {
    expect(afterGoodStep(UNSCALED, false)).toBe(UNSCALED);
  });

  it("is to blame for gradients only, and only while it scales", () => {
    const step = { lossSum: 3, gradNorm: Infinity };
    expect(isOverflow(HALF_PRECISION_START, step)).toBe(true);
    expect(isOverflow(HALF_PRECISION_START, { ...step, gradNorm: NaN })).toBe(true);
    expect(isOverflow(HALF_PRECISION_START, { ...step, lossSum: NaN })).toBe(false);
    expect(isOverflow(HALF_PRECISION_START, { ...step, gradNorm: 2 })).toBe(false);
    expect(isOverflow(UNSCALED, step)).toBe(false);
  });
});
