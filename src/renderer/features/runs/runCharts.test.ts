import { describe, expect, it } from "vitest";
import type { RunDetail } from "#contracts/procedures/runs.ts";
import { runConfigSchema } from "#contracts/run.ts";
import { gradNormChart, lossChart, type ChartInput } from "./runCharts.ts";

const plan = { warmupSteps: 2, numSteps: 10 } as RunDetail["plan"];
const run = {
  numSteps: 10,
  plan,
  config: runConfigSchema.parse({ maxGradNorm: 0.3 }),
  evals: [{ step: 2, loss: 1.5, numExamples: 1, numSupervisedTokens: 1, seconds: 1 }],
  resumedAt: [2],
  skippedSteps: [3],
} as unknown as RunDetail;
const input: ChartInput = {
  run,
  planned: [],
  smoothing: 0.9,
  lossScale: "log",
  points: {
    step: [1, 2, 3, 4],
    loss: [4, 2, null, 1],
    learningRate: [1, 2, 3, 4],
    gradNorm: [2, 0.2, null, 0.5],
    clipped: [true, false, false, true],
    tokensPerSecond: [1, 1, 1, 1],
    memoryBytes: [1, 1, 1, 1],
  },
};

describe("the loss chart", () => {
  it("marks warm-up, resumes and skipped steps, each skipped step once", () => {
    const chart = lossChart(input);
    expect(chart.bands).toEqual([{ from: 0, to: 2, label: "warm-up, 2 steps" }]);
    expect(chart.verticals).toEqual([
      { x: 2, label: "resumed", tone: "plain" },
      { x: 3, label: "not finite, step skipped", tone: "error" },
    ]);
  });

  it("leaves a gap where the loss was not finite, raw and smoothed", () => {
    expect(
      lossChart(input)
        .lines.slice(0, 2)
        .map((line) => line.y[2]),
    ).toEqual([null, null]);
  });

  it("runs to the planned end and says so in a sentence", () => {
    const chart = lossChart(input);
    expect(chart.xMax).toBe(10);
    expect(chart.sentence).toMatch(/^Loss over 4 of 10 steps, from 4\.000 to \d\.\d{3} smoothed, eval 1\.500 at step 2, 1 skipped/);
  });

  it("gives the same numbers as a table", () => {
    const { table } = lossChart(input);
    expect([table.row(1), table.row(2)].map((row) => [row[0], row[1], row[3]])).toEqual([
      ["2", "2.000", "1.500"],
      ["3", "not finite", ""],
    ]);
  });
});

it("draws a dot for every clipped step and the clip line even above all norms", () => {
  const chart = gradNormChart(input);
  expect(chart.points[0]).toMatchObject({ x: [1, 4], y: [2, 0.5] });
  expect(chart.levels).toEqual([{ y: 0.3, label: "clip 0.3" }]);
  expect(chart.sentence).toContain("2 of 4 steps were clipped");
});
