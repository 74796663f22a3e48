import { describe, expect, it } from "vitest";
import { decimate } from "./decimate.ts";

const series = (y: (number | null)[]) => ({ x: y.map((_, i) => i + 1), y });

describe("decimate", () => {
  it("returns a short series as it is", () => {
    expect(decimate(series([3, null, 2]), [0, 3], 100)).toEqual([
      [1, 3],
      [2, null],
      [3, 2],
    ]);
  });

  it("keeps a single spike among a million points", () => {
    const y = Array.from({ length: 1_000_000 }, (_, i) => (i === 654_321 ? 99 : 1));
    const points = decimate(series(y), [0, 1_000_000], 800);
    expect(points.length).toBeLessThanOrEqual(800 * 3 + 3);
    expect(points).toContainEqual([654_322, 99]);
  });

  it("keeps the lowest and highest of every column in the order they occur", () => {
    const points = decimate(series([5, 1, 9, 4, 2, 8, 3, 7]), [1, 9], 2);
    expect(points).toEqual([
      [2, 1],
      [3, 9],
      [5, 2],
      [6, 8],
    ]);
  });

  it("keeps one gap a column, so that a line does not run across it", () => {
    const points = decimate(series([5, null, null, 6, 2, 8, 3, 7]), [1, 9], 2);
    expect(points.filter(([, value]) => value === null)).toEqual([[2, null]]);
  });
});
