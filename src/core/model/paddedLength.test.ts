import { expect, it } from "vitest";
import { paddedLength } from "./paddedLength.ts";

it("holds every length, never exceeds the window, and knows few different lengths", () => {
  const lengths = Array.from({ length: 2048 }, (_, i) => i + 1);
  const padded = lengths.map((length) => paddedLength(length, 2048));
  expect(lengths.every((length, i) => padded[i]! >= length && padded[i]! <= 2048)).toBe(true);
  expect(new Set(padded).size).toBe(24);
  expect([paddedLength(1), paddedLength(33), paddedLength(513), paddedLength(1025)]).toEqual([32, 64, 640, 1280]);
  expect(paddedLength(290, 300)).toBe(300);
});
