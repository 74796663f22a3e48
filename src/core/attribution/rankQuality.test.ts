import { describe, expect, it } from "vitest";
import { rankQuality } from "./rankQuality.ts";

describe("rankQuality", () => {
  it("is 1 where the relevant ones come first, in whatever order they are named", () => {
    expect(rankQuality([3, 1, 2], 3)).toEqual({ recallAt10: 1, reciprocalRank: 1, averagePrecision: 1 });
    const fifteen = Array.from({ length: 15 }, (_, i) => i + 1);
    expect(rankQuality(fifteen, 15)).toEqual({ recallAt10: 1, reciprocalRank: 1, averagePrecision: 1 });
  });

  it("counts what was found late or not at all", () => {
    expect(rankQuality([2, 4, 20], 4)).toEqual({
      recallAt10: 0.5,
      reciprocalRank: 0.5,
      averagePrecision: (1 / 2 + 2 / 4 + 3 / 20) / 4,
    });
    expect(rankQuality([], 5)).toEqual({ recallAt10: 0, reciprocalRank: 0, averagePrecision: 0 });
    expect(rankQuality([], 0)).toEqual({ recallAt10: 0, reciprocalRank: 0, averagePrecision: 0 });
  });
});
