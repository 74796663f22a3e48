import { describe, expect, it } from "vitest";
import { rankingQuality } from "./rankingQuality.ts";

describe("rankingQuality", () => {
  it("is by hand what it is by definition", () => {
    expect(rankingQuality([false, true, true, false], 3)).toEqual({
      reciprocalRank: 1 / 2,
      recallAt10: 2 / 3,
      averagePrecision: (1 / 2 + 2 / 3) / 3,
    });
  });

  it("is 1 throughout where all relevant ones come first, however many there are", () => {
    const perfect = { reciprocalRank: 1, recallAt10: 1, averagePrecision: 1 };
    expect(rankingQuality([true, false], 1)).toEqual(perfect);
    expect(rankingQuality([...Array.from({ length: 14 }, () => true), false], 14)).toEqual(perfect);
  });

  it("is 0 where none is found", () => {
    expect(rankingQuality([false, false], 2)).toEqual({ reciprocalRank: 0, recallAt10: 0, averagePrecision: 0 });
  });

  it("counts for the first ten only what stands there", () => {
    const late = [...Array.from({ length: 10 }, () => false), true];
    expect(rankingQuality(late, 1)).toEqual({ reciprocalRank: 1 / 11, recallAt10: 0, averagePrecision: 1 / 11 });
  });
});
