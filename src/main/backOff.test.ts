import { describe, expect, it } from "vitest";
import { BackOff } from "./backOff.ts";

describe("BackOff", () => {
  it("doubles up to half a minute while the thing keeps ending at once", () => {
    const backOff = new BackOff();
    expect(Array.from({ length: 9 }, () => backOff.next(10))).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it("begins anew after a long life", () => {
    const backOff = new BackOff();
    backOff.next(10);
    backOff.next(10);
    expect(backOff.next(3_600_000)).toBe(250);
  });
});
