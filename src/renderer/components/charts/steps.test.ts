import { expect, it } from "vitest";
import { nearestIndex } from "./steps.ts";

it("finds the nearest step, the earlier of two equally near", () => {
  expect([-5, 1, 2, 4.4, 4.6, 90].map((wanted) => nearestIndex([1, 3, 6, 8], wanted))).toEqual([0, 0, 0, 1, 2, 3]);
  expect(nearestIndex([], 3)).toBe(-1);
});
