import { describe, expect, it } from "vitest";
import { DRAWN } from "../../../build/bench/parts/shapes.ts";
import { tinyConfig } from "../testing.ts";
import { chooseMode, estimatePeakBytes, nameOfMode } from "./graphMode.ts";

const opt350m = DRAWN["opt-350m"];
const sample = tinyConfig({ vocabSize: 3225, hiddenSize: 192, ffnDim: 768, numHiddenLayers: 4, wordEmbedProjDim: 192 });
const long = { numExamples: 1, length: 2048 };
const GB = 1e9;

describe("the choice between whole graph and block mode", () => {
  it("takes one graph for a small model, where it fits", () => {
    expect(chooseMode(sample, { numExamples: 8, length: 512 }, 16 * GB).mode).toEqual({ kind: "whole" });
    expect(chooseMode(sample, { numExamples: 512, length: 2048 }, 16 * GB).mode).toMatchObject({ kind: "block" });
  });

  it("takes block mode for OPT-350M and says why", () => {
    const { mode, reason } = chooseMode(opt350m, long, 24 * GB);
    expect(mode).toEqual({ kind: "block", numRecomputed: 0 });
    expect(reason).toMatch(/^block mode: 24 layers of 1,024 at 2,048 tokens would need 1\d\.\d GB as one graph, \d\.\d GB block by block$/);
  });

  it("recomputes as many layers as memory demands, and fewer for shorter batches", () => {
    const choose = (length: number, memory: number): number => {
      const { mode } = chooseMode(opt350m, { numExamples: 1, length }, memory);
      return mode.kind === "block" ? mode.numRecomputed : -1;
    };
    const [short, long] = [choose(1024, 7.6 * GB), choose(2048, 7.6 * GB)];
    expect(long).toBeGreaterThan(short);
    expect(choose(2048, 4 * GB)).toBe(24);
    const chosen = chooseMode(opt350m, { numExamples: 1, length: 2048 }, 8 * GB);
    expect(estimatePeakBytes(opt350m, { numExamples: 1, length: 2048 }, chosen.mode)).toBeLessThanOrEqual(8 * GB);
    expect(chosen.reason).toMatch(/\d+ of 24 layers are computed twice, which needs [78]\.\d GB where 8\.0 GB may be taken$/);
  });

  it("names what was chosen", () => {
    expect(nameOfMode({ kind: "whole" })).toBe("whole graph");
    expect(nameOfMode({ kind: "block", numRecomputed: 0 })).toBe("block mode");
    expect(nameOfMode({ kind: "block", numRecomputed: 1 })).toBe("block mode, 1 layer recomputed");
    expect(nameOfMode({ kind: "block", numRecomputed: 24 })).toBe("block mode, 24 layers recomputed");
  });
});
