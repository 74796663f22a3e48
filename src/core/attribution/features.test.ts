import { describe, expect, it } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import { featureRowBytes } from "./featureFile.ts";
import { defaultFeatureSpec, fitsModel, gradientWidth, mapWidths, stateWidth, tappedLayers, tapSites } from "./featureSpec.ts";
import { fuseRankings, rankByScore } from "./fuse.ts";
import { projectionsOf, signMatrix } from "./projections.ts";
import { dequantise, quantise, scanRows, vectorNorm } from "./quantise.ts";
import { fillNormal } from "../model/random.ts";

const OPT_350M: OptConfig = {
  vocabSize: 50272,
  hiddenSize: 1024,
  ffnDim: 4096,
  numHiddenLayers: 24,
  numAttentionHeads: 16,
  wordEmbedProjDim: 512,
  doLayerNormBefore: false,
  maxPositionEmbeddings: 2048,
  dropout: 0.1,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
};
const SMALL: OptConfig = { ...OPT_350M, hiddenSize: 192, ffnDim: 768, numHiddenLayers: 4, doLayerNormBefore: true };

const normal = (length: number, seed: number): Float32Array => {
  const values = new Float32Array(length);
  fillNormal(values, 1, seed);
  return values;
};
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const cosine = (a: Float32Array, b: Float32Array): number => dot(a, b) / (vectorNorm(a) * vectorNorm(b));

const rowBytesOf = (config: OptConfig): number =>
  featureRowBytes({ gradientWidth: gradientWidth(defaultFeatureSpec(config)), stateWidth: stateWidth(config) });

describe("the default features", () => {
  it("tap layers 9 to 20 of OPT-350M, and a row of theirs keeps within 13 kB", () => {
    const spec = defaultFeatureSpec(OPT_350M);
    expect([spec.layers[0], spec.layers.at(-1), spec.rank, spec.stateDepths]).toEqual([9, 20, 15, [12, 24]]);
    expect(tapSites(spec)).toHaveLength(48);
    expect(gradientWidth(spec) + stateWidth(OPT_350M)).toBe(48 * 225 + 2048);
    expect(rowBytesOf(OPT_350M)).toBeLessThanOrEqual(13_000);
  });

  it("tap every layer of a small model, with the rank that fills a row", () => {
    const spec = defaultFeatureSpec(SMALL);
    expect([spec.layers, spec.rank, spec.stateDepths]).toEqual([[0, 1, 2, 3], 28, [2, 4]]);
    expect(rowBytesOf(SMALL)).toBeLessThanOrEqual(13_000);
    expect(rowBytesOf(SMALL)).toBeGreaterThan(12_000);
    expect(tappedLayers(12)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it("have no rank above the model's width", () => {
    expect(defaultFeatureSpec({ ...SMALL, hiddenSize: 16 }).rank).toBe(16);
    expect(defaultFeatureSpec({ ...SMALL, numHiddenLayers: 1 }).rank).toBe(32);
  });

  it("are refused by a model that is not as deep", () => {
    expect([fitsModel(defaultFeatureSpec(OPT_350M), OPT_350M), fitsModel(defaultFeatureSpec(OPT_350M), SMALL)]).toEqual([true, false]);
  });
});

describe("projections", () => {
  it("depend on seed, layer and map alone, and differ where one of them does", () => {
    const spec = { rank: 8, seed: 3 };
    const at = (layer: number, seed = 3) => projectionsOf(SMALL, { ...spec, seed }, { layer, map: "fc1" });
    expect(at(1)).toEqual(at(1));
    for (const other of [at(2), at(1, 4), projectionsOf(SMALL, spec, { layer: 1, map: "self_attn.v_proj" })])
      expect(other.in_IK).not.toEqual(at(1).in_IK);
    const { numIn, numOut } = mapWidths(SMALL, "fc1");
    expect([at(1).in_IK.length, at(1).out_OK.length]).toEqual([8 * numIn, 8 * numOut]);
  });

  it("have entries of +1/sqrt(k) and -1/sqrt(k), about as many of each, and no two columns alike", () => {
    const rank = 16;
    const matrix = signMatrix(2000, rank, 5);
    expect(new Set(matrix)).toEqual(new Set([0.25, -0.25]));
    for (let a = 0; a < rank; a++) {
      for (let b = 0; b <= a; b++) {
        let product = 0;
        for (let row = 0; row < 2000; row++) product += matrix[row * rank + a]! * matrix[row * rank + b]!;
        // 2000 / 16 on the diagonal; beside it the sum of 2000 signs / 16, of standard deviation 2.8
        expect(Math.abs(product - (a === b ? 125 : 0))).toBeLessThan(14);
      }
    }
  });
});

describe("vectors of a byte a number", () => {
  it("are unit vectors that keep the cosine to a thousandth, and the length beside them", () => {
    const [a, noise] = [normal(4096, 1), normal(4096, 2)];
    const b = a.map((value, i) => 0.6 * value + 0.8 * noise[i]!);
    const [qa, qb] = [quantise(a), quantise(b)];
    expect(qa.norm).toBeCloseTo(vectorNorm(a), 6);
    expect(vectorNorm(dequantise(qa))).toBeCloseTo(1, 6);
    expect(Math.abs(cosine(dequantise(qa), dequantise(qb)) - cosine(a, b))).toBeLessThan(1e-3);
  });

  it("keep the small numbers where few are far larger: that is what gradients are like", () => {
    const heavy = normal(4096, 3).map((value) => value ** 5);
    const unit = heavy.map((value) => value / vectorNorm(heavy));
    const stored = dequantise(quantise(heavy));
    const squaredError = stored.reduce((sum, value, i) => sum + (value - unit[i]!) ** 2, 0);
    expect(squaredError).toBeLessThan(5e-4);
    // most are below the step that 127 equal ones would have
    const step = heavy.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    expect(heavy.filter((value) => Math.abs(value) < step / 2).length).toBeGreaterThan(0.7 * heavy.length);
    expect(stored.filter((value) => value === 0).length).toBeLessThan(0.4 * heavy.length);
  });

  it("of nothing are nothing, and similar to nothing", () => {
    const zero = quantise(new Float32Array(8));
    const scores = new Float64Array(1);
    scanRows(normal(8, 1), { values: zero.values, offset: 0, stride: 8, scales: [zero.scale] }, scores);
    expect([zero.scale, zero.norm, scores[0]]).toEqual([0, 0, 0]);
  });

  it("are scanned where they lie, by a query of any width and length", () => {
    const [width, offset, stride] = [4098, 3, 4110];
    const stored = Array.from({ length: 9 }, (_, i) => quantise(normal(width, 10 + i)));
    const values = new Int8Array(9 * stride).fill(77);
    stored.forEach((vector, row) => values.set(vector.values, row * stride + offset));
    const rows = { values, offset, stride, scales: stored.map(({ scale }) => scale) };
    const query = normal(width, 15).map((value) => 3 * value);
    const scores = new Float64Array(9);
    scanRows(query, rows, scores);
    expect(scores).toBeAllclose(
      stored.map((vector) => cosine(query, dequantise(vector))),
      { atol: 1e-6 },
    );
    expect(rankByScore(scores)[0]).toBe(5);
  });
});

describe("fusion of rankings", () => {
  it("adds 1 / (60 + rank), and puts first what all rank high over what one ranks first", () => {
    const fused = fuseRankings([
      [7, 4, 1],
      [5, 4, 2],
    ]);
    expect(fused[0]).toEqual({ index: 4, score: 2 / 62, ranks: [2, 2] });
    expect(fused.slice(1, 3).map(({ index, ranks }) => [index, ranks])).toEqual([
      [5, [null, 1]],
      [7, [1, null]],
    ]);
  });

  it("breaks ties by the best rank, then by index, and ranks nothing that is not a number", () => {
    expect(rankByScore([1, 3, NaN, 3, 2])).toEqual([1, 3, 4, 0]);
    expect(fuseRankings([[2], [1], [0]]).map(({ index }) => index)).toEqual([0, 1, 2]);
  });
});
