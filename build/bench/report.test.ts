import { describe, expect, it } from "vitest";
import { describeBench } from "./parts/describeBench.ts";
import { bootstrap } from "./parts/bootstrap.ts";
import { atLeast, atMost, estimated, informs, median, notMeasured, reportOf, tableOf } from "./report.ts";

describe("a report", () => {
  it("takes the median of the repeats and keeps their range", () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(informs("step", [3, 1, 2], "s")).toMatchObject({ value: 2, interval: [1, 3], bar: null, holds: null });
    expect(informs("step", [1 / 3], "s")).toMatchObject({ value: 0.3333, interval: null });
  });

  it("says whether bar and goal are met, from above and from below", () => {
    expect(atLeast("ratio", [2.5], "x", 2.2, 2.8)).toMatchObject({ bar: ">= 2.2", goal: ">= 2.8", holds: true, reachesGoal: false });
    expect(atLeast("ratio", [2.1], "x", 2.2)).toMatchObject({ holds: false, goal: null, reachesGoal: null });
    expect(atMost("peak", [7.9], "GB", 10, 8)).toMatchObject({ bar: "<= 10", goal: "<= 8", holds: true, reachesGoal: true });
    expect(atMost("peak", [10.1], "GB", 10, 8)).toMatchObject({ holds: false, reachesGoal: false });
  });

  it("holds a mean to its bar and shows the interval it was given", () => {
    expect(estimated("precision", { value: 0.9, interval: [0.8, 0.95] }, "", 0.85)).toMatchObject({
      value: 0.9,
      interval: [0.8, 0.95],
      holds: true,
    });
    expect(estimated("precision", { value: 0.8, interval: [0.7, 0.9] }, "", 0.85)).toMatchObject({ holds: false, bar: ">= 0.85" });
  });

  it("compares what was measured, not what is printed", () => {
    expect(atMost("peak", [10.0001], "GB", 10)).toMatchObject({ value: 10, holds: false });
  });

  it("does not hold where one bar does not, and is not failed by what was not measured", () => {
    const missing = notMeasured("times PyTorch's speed", "x", ">= 2.2", ">= 2.8");
    expect(reportOf("train", { measures: [atMost("a", [1], "", 2), missing] }).holds).toBe(true);
    expect(reportOf("train", { measures: [atMost("a", [3], "", 2), missing] }).holds).toBe(false);
  });

  it("prints a line for each bar with its goal, then the conditions and the machine", () => {
    const measures = [atLeast("ratio", [2.5, 2.7], "x", 2.2, 2.8), notMeasured("other", "x", ">= 4"), informs("step", [1], "s")];
    const report = reportOf("train", { measures, conditions: ["Ours: fp32."], ratioToPeer: 2.6 });
    expect(report.ratioToPeer).toBe(2.6);
    const lines = tableOf(report).split("\n");
    expect(lines[0]).toMatch(/^ratio +2.6 x {2}\[2.5, 2.7\] {2}holds \(>= 2.2; goal >= 2.8, not reached\)$/);
    expect(lines[1]).toMatch(/^other +- x {2}not measured \(>= 4\)$/);
    expect(lines[2]).toMatch(/^step +1 s$/);
    expect(lines.slice(3)).toEqual(["Ours: fp32.", report.machine]);
    expect(tableOf(reportOf("x", { measures: [atMost("peak", [3], "GB", 2)] }))).toMatch(/DOES NOT HOLD \(<= 2\)/);
  });
});

it("describes a benchmark by the comment of its file", () => {
  const source = '/**\n * @file How fast it is.\n *\n * Options: `--rows N`,\n * none else.\n */\nimport "x";\n/** more */';
  expect(describeBench(source)).toBe("How fast it is.\n\nOptions: `--rows N`,\nnone else.");
});

describe("a bootstrap", () => {
  it("gives a mean with an interval that is drawn from a seed", () => {
    const values = Array.from({ length: 100 }, (_, i) => i % 2);
    const { value, interval } = bootstrap(values);
    expect(value).toBe(0.5);
    // a mean of 100 coin tosses has a deviation of 0.05
    expect(interval[0]).toBeGreaterThan(0.36);
    expect(interval[0]).toBeLessThan(0.45);
    expect(interval[1]).toBeGreaterThan(0.55);
    expect(interval[1]).toBeLessThan(0.64);
    expect(bootstrap(values)).toEqual({ value, interval });
    expect(bootstrap([3, 3])).toEqual({ value: 3, interval: [3, 3] });
  });
});
