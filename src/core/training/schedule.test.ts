import { describe, expect, it } from "vitest";
import { learningRateAt, resolveWarmupSteps, type ScheduleConfig } from "./schedule.ts";

const config = (over: Partial<ScheduleConfig>): ScheduleConfig => ({
  learningRate: 1,
  lrSchedule: "linear",
  warmupRatio: 0,
  warmupSteps: null,
  ...over,
});
const curve = (over: Partial<ScheduleConfig>, numSteps: number) =>
  Array.from({ length: numSteps }, (_, i) => learningRateAt(i + 1, config(over), numSteps));

describe("resolveWarmupSteps", () => {
  it("rounds the ratio up, and lets given steps win over it", () => {
    expect(resolveWarmupSteps(config({ warmupRatio: 0.05 }), 141)).toBe(8);
    expect(resolveWarmupSteps(config({ warmupRatio: 0 }), 141)).toBe(0);
    expect(resolveWarmupSteps(config({ warmupRatio: 0.5, warmupSteps: 3 }), 141)).toBe(3);
  });
});

describe("learningRateAt", () => {
  it("climbs to the peak in the last warm-up step and falls linearly from there, never to zero", () => {
    expect(curve({ warmupSteps: 2 }, 5)).toEqual([0.5, 1, 0.75, 0.5, 0.25]);
  });

  it("starts at the peak without warm-up", () => {
    expect(curve({}, 4)).toEqual([1, 0.75, 0.5, 0.25]);
  });

  it("keeps a constant rate after warm-up", () => {
    expect(curve({ warmupSteps: 2, lrSchedule: "constant" }, 4)).toEqual([0.5, 1, 1, 1]);
  });

  it("halves a cosine in the middle of the decay", () => {
    expect(curve({ lrSchedule: "cosine" }, 4)).toBeAllclose([1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]);
  });

  it("stays below the peak when the run is shorter than its warm-up", () => {
    expect(curve({ warmupSteps: 100 }, 3)).toBeAllclose([0.01, 0.02, 0.03]);
  });

  it("gives the peak to a run of one step", () => {
    expect(curve({}, 1)).toEqual([1]);
    expect(curve({ warmupRatio: 0.05, lrSchedule: "cosine" }, 1)).toEqual([1]);
  });
});
