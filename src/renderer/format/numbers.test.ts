import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatDate, formatDuration, formatMeasure, formatRateSetting, formatTick, plural } from "./numbers.ts";

describe("numbers on screen", () => {
  it("separate thousands with a comma and carry a true minus", () => {
    expect(formatCount(24318)).toBe("24,318");
    expect(formatCount(-1206)).toBe("\u22121,206");
  });

  it("say that a loss is not finite instead of printing NaN", () => {
    expect([formatMeasure(null), formatMeasure(Number.NaN), formatMeasure(Infinity)]).toEqual(["not finite", "not finite", "not finite"]);
    expect([formatMeasure(0.55), formatMeasure(123.456), formatMeasure(0.00001)]).toEqual(["0.550", "123.5", "1.00e-5"]);
  });

  it("use an exponent where zeros would run out of their place", () => {
    expect(formatMeasure(433_573_049_795_851_260)).toBe("4.34e+17");
    expect([0, 0.5, 10, 1e8, 2e-5].map(formatTick)).toEqual(["0", "0.5", "10", "1e8", "2e-5"]);
  });

  it("write learning rates as a person would", () => {
    expect([0, 5e-4, 2.48e-5, 0.01, 1].map(formatRateSetting)).toEqual(["0", "5e-4", "2.48e-5", "0.01", "1"]);
  });

  it("give durations the unit that fits", () => {
    expect([14, 95, 1620, 5000, 200_000].map(formatDuration)).toEqual(["14 s", "1 min 35 s", "27 min", "1 h 23 min", "2 d 7 h"]);
  });

  it("give sizes in decimal units", () => {
    expect([999, 1000, 15_200_000_000].map(formatBytes)).toEqual(["999 B", "1.0 kB", "15.2 GB"]);
  });

  it("write dates in British words and today as today", () => {
    const now = new Date(2026, 10, 22, 18, 0);
    expect(formatDate(new Date(2026, 10, 22, 9, 5).toISOString(), now)).toBe("today 09:05");
    expect(formatDate(new Date(2026, 10, 13, 9, 5).toISOString(), now)).toBe("13 November, 09:05");
    expect(formatDate(new Date(2025, 10, 13, 9, 5).toISOString(), now)).toBe("13 November 2025, 09:05");
  });

  it("agree nouns with their counts", () => {
    expect([plural(1, "row"), plural(1200, "row"), plural(2, "trajectory", "trajectories")]).toEqual([
      "1 row",
      "1,200 rows",
      "2 trajectories",
    ]);
  });
});
