import { describe, expect, it } from "vitest";
import type { CaseTrace, TraceReliability } from "#contracts/tracing.ts";
import { noiseText, nothingText, reliabilityText, scoreText, signedScore, timeText } from "./evidenceWords.ts";
import { toolDifference } from "./toolDifference.ts";

const noise = (z: number | null) => ({ mean: 0.0412, deviation: 0.011, numOutputs: z === null ? 3 : 40, z });
const trace = {
  numExamples: 2156,
  seconds: { indexing: 0, search: 0.42, rerank: 75 },
  noise: { lexical: noise(-0.4), representation: noise(1.24), gradient: noise(null) },
} as Partial<CaseTrace> as CaseTrace;
const reliability = (recallAt10: number): TraceReliability => ({
  runId: "r-001",
  canaryRunId: "r-009",
  at: "2026-11-28T10:00:00Z",
  rows: [
    { fault: "hallucinated_tool", numTraced: 4, recallAt10: 1, meanReciprocalRank: 1, averagePrecision: 1 },
    { fault: null, numTraced: 18, recallAt10, meanReciprocalRank: 0.97, averagePrecision: 0.91 },
  ],
  notSurfaced: [],
  randomised: null,
});

describe("the words of evidence", () => {
  it("write scores in the unit of their column, with a true minus and no sign at nothing", () => {
    expect([scoreText("lexical", 14.26), scoreText("gradient", -0.0312), signedScore(0.4181), signedScore(-0.0001)]).toEqual([
      "14.3",
      "\u22120.031",
      "+0.418",
      "0.000",
    ]);
  });

  it("tell a score from noise, or that it cannot be told", () => {
    expect(noiseText("gradient", noise(4.13))).toBe("right outputs reach 0.041 ± 0.011; this one lies 4.1 deviations above");
    expect(noiseText("gradient", noise(null))).toBe("3 right outputs to compare with: too few to tell chance");
    expect(nothingText(trace)).toContain("(z 1.2 at best)");
  });

  it("say what reliability was measured over all faults, in examples of ten", () => {
    expect(reliabilityText(reliability(0.9))).toBe("On this run 9 of 10 named examples were planted ones (18 outputs traced in r-009).");
    expect(reliabilityText(reliability(0.87))).toContain("8.7 of 10");
    expect(reliabilityText({ ...reliability(0), rows: [] })).toContain("no planted fault showed");
  });

  it("leave out what took no time", () => {
    expect(timeText(trace)).toBe("2,156 examples searched in 0.4 s, ranked exactly in 1 min 15 s");
  });
});

it("compares the tools that two prompts offer by their names", () => {
  const tools = (...names: readonly string[]) => names.map((name) => ({ name, description: "", parameters: {} }));
  expect(toolDifference(tools("a", "b"), tools("b", "c", "d"))).toBe("both offer b; only the case a; only the example c, d");
  expect(toolDifference(tools("a"), tools("a"))).toBe("both offer a");
});
