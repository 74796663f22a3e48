import { describe, expect, it } from "vitest";
import type { RunPoints } from "#contracts/procedures/runs.ts";
import { appendPoints, emptyColumns } from "./runPoints.ts";

const points = (...steps: number[]): RunPoints => ({
  step: steps,
  loss: steps.map((step) => (step === 3 ? null : step / 10)),
  learningRate: steps.map(() => 1e-3),
  gradNorm: steps.map(() => 1),
  clipped: steps.map(() => false),
  tokensPerSecond: steps.map(() => 100),
  memoryBytes: steps.map(() => 1),
});

describe("appendPoints", () => {
  it("puts new points behind the old ones, gaps included", () => {
    const columns = appendPoints(appendPoints(emptyColumns(), points(1, 2)), points(3, 4));
    expect(columns.step).toEqual([1, 2, 3, 4]);
    expect(columns.loss).toEqual([0.1, 0.2, null, 0.4]);
  });

  it("drops the steps that a restarted run does again", () => {
    const columns = appendPoints(appendPoints(emptyColumns(), points(1, 2, 3, 4, 5)), points(3, 4));
    expect(columns.step).toEqual([1, 2, 3, 4]);
    expect(columns.memoryBytes).toHaveLength(4);
  });

  it("gives back the same columns where nothing is new", () => {
    const columns = appendPoints(emptyColumns(), points(1));
    expect(appendPoints(columns, points())).toBe(columns);
  });
});
