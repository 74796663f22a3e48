import { describe, expect, it } from "vitest";
import type { HeatToken } from "#contracts/tracing.ts";
import { heatRuns, heatStep, heatSum } from "./heat.ts";

const token = (score: number): HeatToken => ({ text: "x", segment: "user", score });
const quiet = (count: number): HeatToken[] => Array.from({ length: count }, () => token(0.0001));

describe("heat", () => {
  it("adds up to the score", () => {
    expect(heatSum([token(0.5), token(-0.25), ...quiet(10)])).toBeCloseTo(0.251);
  });

  it("folds long stretches that say nothing, and keeps what stands around the rest", () => {
    const runs = heatRuns([...quiet(40), token(0.4), ...quiet(8), token(-0.1), ...quiet(30)]);
    expect(runs.map(({ start, end, isQuiet }) => [start, end, isQuiet])).toEqual([
      [0, 37, true],
      [37, 53, false],
      [53, 80, true],
    ]);
    expect(runs.reduce((sum, run) => sum + run.sum, 0)).toBeCloseTo(0.3078);
  });

  it("shows everything where nothing says anything", () => {
    expect(heatRuns(quiet(3))).toEqual([{ start: 0, end: 3, isQuiet: false, sum: expect.closeTo(0.0003) as number }]);
    expect(heatRuns([])).toEqual([]);
  });

  it("has five steps for and three against", () => {
    expect([1, 0.5, 0.03, 0.01, 0, -0.01, -0.2, -1].map((share) => heatStep(share * 7, 7))).toEqual([5, 3, 1, 0, 0, 0, -1, -3]);
    expect(heatStep(0, 0)).toBe(0);
  });
});
