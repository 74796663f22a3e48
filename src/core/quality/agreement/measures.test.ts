import { describe, expect, it } from "vitest";
import { alphaOf, alphaTerms, type CodedUnit, type DistanceTable } from "./alpha.ts";
import { bootstrapIntervals } from "./bootstrap.ts";
import { masi, nominal } from "./distance.ts";
import { kappaOf } from "./kappa.ts";

const tableOf = (numValues: number, distance: (c: number, k: number) => number): DistanceTable =>
  Array.from({ length: numValues }, (_, c) => Array.from({ length: numValues }, (_, k) => distance(c, k)));
const same = (numValues: number): DistanceTable => tableOf(numValues, (c, k) => (c === k ? 0 : 1));
const alpha = (units: readonly CodedUnit[], distances: DistanceTable) => alphaOf([alphaTerms(units, distances)], distances);

/** Krippendorff 2011, section C: four observers, twelve units, missing values. */
const KRIPPENDORFF = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."].map((row) => [...row]);
const units = KRIPPENDORFF[0]!.map((_, u) => KRIPPENDORFF.map((row) => row[u]!).flatMap((value) => (value === "." ? [] : [Number(value)])));

describe("Krippendorff's alpha", () => {
  it("is 0.743 for the nominal example of Krippendorff 2011, and 0.849 for its interval metric", () => {
    expect(alpha(units, same(6))).toBeCloseTo(0.743, 3);
    expect(
      alpha(
        units,
        tableOf(6, (c, k) => (c - k) ** 2),
      ),
    ).toBeCloseTo(0.849, 3);
  });

  it("is 0.095 for the two-observer binary example (Krippendorff 2011, section A)", () => {
    const [first, second] = ["0100000010", "1110010000"].map((row) => [...row].map(Number));
    expect(
      alpha(
        first!.map((value, i) => [value, second![i]!]),
        same(2),
      ),
    ).toBeCloseTo(0.095, 3);
  });

  it("is the same however the units are grouped", () => {
    const distances = same(6);
    const groups = [units.slice(0, 5), units.slice(5)].map((group) => alphaTerms(group, distances));
    expect(alphaOf(groups, distances)).toBeCloseTo(alpha(units, distances)!, 12);
  });

  it("is 1 where all agree, undefined with one answer only or nothing to pair", () => {
    expect(
      alpha(
        [
          [0, 0],
          [1, 1, 1],
        ],
        same(2),
      ),
    ).toBe(1);
    expect(
      alpha(
        [
          [0, 0],
          [0, 0, 0],
        ],
        same(2),
      ),
    ).toBeNull();
    expect(alpha([[0], [1], []], same(2))).toBeNull();
  });
});

describe("Cohen's kappa", () => {
  const paired = (matrix: readonly (readonly number[])[]): readonly number[] =>
    matrix.flatMap((row, a) => row.flatMap((count, b) => Array.from({ length: count }, () => [a, b]).flat()));

  it("is 0.492 for the example of Cohen 1960 (200 patients, three diagnoses)", () => {
    const answers = paired([
      [88, 10, 2],
      [14, 40, 6],
      [18, 10, 12],
    ]);
    expect(kappaOf([answers], 3)).toBeCloseTo(0.492, 3);
    expect(kappaOf([answers.slice(0, 100), answers.slice(100)], 3)).toBe(kappaOf([answers], 3));
  });

  it("is 1 where both agree, 0 by chance, -1 where they always differ", () => {
    expect(kappaOf([[0, 0, 1, 1]], 2)).toBe(1);
    expect(kappaOf([[0, 0, 0, 1, 1, 0, 1, 1]], 2)).toBe(0);
    expect(kappaOf([[0, 1, 1, 0]], 2)).toBe(-1);
  });

  it("is undefined where both gave one answer only, and without places", () => {
    expect(kappaOf([[1, 1, 1, 1]], 2)).toBeNull();
    expect(kappaOf([], 2)).toBeNull();
    expect(kappaOf([[0, 1, 0, 1]], 2)).toBe(0);
  });
});

describe("distances", () => {
  it("follow Passonneau's MASI: same, subset, overlap, apart", () => {
    expect(masi(["a", "b"], ["b", "a"])).toBe(0);
    expect(masi([], [])).toBe(0);
    expect(masi(["a", "b"], ["a", "b", "c", "d"])).toBeCloseTo(1 - (1 / 2) * (2 / 3), 12);
    expect(masi(["a", "b"], ["b", "c"])).toBeCloseTo(1 - (1 / 3) * (1 / 3), 12);
    expect(masi(["a"], ["b"])).toBe(1);
    expect(masi([], ["b"])).toBe(1);
  });

  it("tell nominal answers apart by their options, not by their order", () => {
    expect([nominal(["a"], ["a"]), nominal(["a"], ["b"]), nominal(["a", "b"], ["b", "a"])]).toEqual([0, 1, 0]);
  });
});

describe("the bootstrap", () => {
  const options = { seed: 3, numResamples: 2000 };
  /** 50 clusters with a one, 150 with a zero. */
  const meanOf = (weights: Uint32Array): number => weights[0]! / (weights[0]! + weights[1]!);
  const intervalOf = (sizes: readonly number[], statistic: (weights: Uint32Array) => number | null, seed = 3) =>
    bootstrapIntervals(sizes, [statistic], { ...options, seed })[0]!;

  it("covers what the normal approximation covers, and repeats itself by seed", () => {
    const interval = intervalOf([50, 150], meanOf)!;
    const half = 1.96 * Math.sqrt((0.25 * 0.75) / 200);
    expect(interval.low).toBeCloseTo(0.25 - half, 2);
    expect(interval.high).toBeCloseTo(0.25 + half, 2);
    expect(intervalOf([50, 150], meanOf)).toEqual(interval);
    expect(intervalOf([50, 150], meanOf, 4)).not.toEqual(interval);
  });

  it("draws as many clusters as there are, each time", () => {
    bootstrapIntervals([3, 1, 4], [(weights) => (expect(weights.reduce((sum, each) => sum + each)).toBe(8), 1)], options);
  });

  it("says nothing where resamples do not vary, or are mostly undefined", () => {
    expect(intervalOf([30], () => 1)).toBeNull();
    let calls = 0;
    expect(intervalOf([30], () => (calls++ % 2 === 0 ? null : calls))).toBeNull();
  });
});
