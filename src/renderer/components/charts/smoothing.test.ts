import { describe, expect, it } from "vitest";
import { smoothSeries } from "./smoothing.ts";

describe("smoothSeries", () => {
  it("starts at the first value instead of climbing from zero", () => {
    expect(smoothSeries([4, 4, 4], 0.9).map((v) => Number(v!.toFixed(12)))).toEqual([4, 4, 4]);
  });

  it("weighs values by powers of beta", () => {
    const [, second, third] = smoothSeries([1, 2, 3], 0.5);
    expect(second).toBeCloseTo((0.5 * 1 + 1 * 2) / 1.5, 12);
    expect(third).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 1 * 3) / 1.75, 12);
  });

  it("keeps a gap a gap and does not let it pull the mean", () => {
    expect(smoothSeries([2, null, 2], 0.9).map((v) => (v === null ? null : Number(v.toFixed(12))))).toEqual([2, null, 2]);
  });

  it("shows the raw series with beta 0", () => {
    expect(smoothSeries([3, 1, null, 2], 0)).toEqual([3, 1, null, 2]);
  });
});
