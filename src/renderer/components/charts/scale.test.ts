import { describe, expect, it } from "vitest";
import { fitAxis, linearTicks, logTicks, moveApart, positionOn } from "./scale.ts";

describe("axes", () => {
  it("put linear ticks on 1-2-5 steps", () => {
    expect(linearTicks(0, 720)).toEqual([0, 200, 400, 600]);
    expect(linearTicks(0, 5e-5)).toEqual([0, 2e-5, 4e-5]);
    expect(linearTicks(-0.4, 0.4)).toEqual([-0.4, -0.2, 0, 0.2, 0.4]);
  });

  it("put log ticks on 1, 2 and 5 times powers of ten", () => {
    expect(logTicks(0.3, 4)).toEqual([0.5, 1, 2]);
  });

  it("use even steps where the range is too narrow for 1-2-5", () => {
    expect(logTicks(8, 12)).toEqual([8, 9, 10, 11, 12]);
  });

  it("fall back to whole decades where 1-2-5 would crowd", () => {
    expect(logTicks(0.001, 1000)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000].filter((_, i) => i % 2 === 0));
  });

  it("hold every finite value and ignore gaps", () => {
    const axis = fitAxis([2, null, 8, Number.NaN], "linear", { fromZero: true });
    expect(axis.min).toBe(0);
    expect(axis.max).toBeGreaterThan(8);
  });

  it("include the clip line even where no norm reaches it", () => {
    expect(fitAxis([0.1, 0.2], "log", { include: 1 }).max).toBeGreaterThan(1);
  });

  it("place the geometric middle of a log axis in its middle", () => {
    expect(positionOn({ kind: "log", min: 0.01, max: 100, ticks: [] }, 1)).toBeCloseTo(0.5, 12);
    expect(positionOn({ kind: "linear", min: 0, max: 10, ticks: [] }, 2.5)).toBe(0.25);
  });

  it("draw an empty axis for an empty series", () => {
    expect(fitAxis([], "linear")).toEqual({ kind: "linear", min: 0, max: 1, ticks: [0, 1] });
  });
});

describe("moveApart", () => {
  it("leaves labels that do not touch where they are", () => {
    expect(moveApart([10, 50], 14, 100)).toEqual([10, 50]);
  });

  it("keeps the gap and the order, and stays inside", () => {
    const moved = moveApart([98, 95, 96], 14, 100);
    expect(moved).toEqual([100, 72, 86]);
  });
});
