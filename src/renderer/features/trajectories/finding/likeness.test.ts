import { describe, expect, it } from "vitest";
import type { SimilarTrajectory } from "#contracts/procedures/trajectories.ts";
import type { TrajectorySummary } from "#contracts/trajectory.ts";
import { whatDiffers, whyAlike } from "./likeness.ts";

const summary = { numTurns: 5, numCalls: 1, status: "accepted", split: "test" } as TrajectorySummary;
const similar: SimilarTrajectory = {
  summary,
  score: 3,
  sharedWords: ["zurich", "tides"],
  missingWords: ["a", "b", "c", "d", "e", "f", "g", "h"],
  sharedTools: ["get_tides"],
  missingTools: ["get_price"],
  otherTools: ["get_weather"],
};
const NONE = { sharedWords: [], missingWords: [], sharedTools: [], missingTools: [], otherTools: [] };

describe("likeness in words", () => {
  it("says why, and what differs", () => {
    expect(whyAlike(similar)).toBe("Shares zurich, tides; both call get_tides");
    expect(whatDiffers(similar, { numTurns: 3, numCalls: 1, status: "unreviewed", split: "train" })).toBe(
      "without a, b, c, d, e, f and 2 more; does not call get_price; calls get_weather; 5 turns, here 3; accepted; in test",
    );
  });

  it("says nothing of what is equal", () => {
    expect(whyAlike({ ...similar, ...NONE })).toBe("");
    expect(whatDiffers({ ...similar, ...NONE }, summary)).toBe("");
  });
});
