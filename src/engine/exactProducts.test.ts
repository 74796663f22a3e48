import { describe, expect, it } from "vitest";
import type { TraceQuery, WeightedTokens } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import { defaultFeatureSpec, tapSites } from "#core/attribution/featureSpec.ts";
import { exactProducts } from "#core/attribution/ghostDot.ts";
import { exactScores } from "#core/attribution/heat.ts";
import { openExactQuery, queryFeatures } from "#core/attribution/traceQuery.ts";
import { featureMaker } from "#core/attribution/exampleFeatures.ts";
import { layerPrefix } from "#core/model/parameters.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import type { GraphMode } from "./compiled/graphMode.ts";
import type { ModelEngine } from "./modelEngine.ts";
import { openEngine } from "./openEngine.ts";
import { gradientsOf, livelyParameters, randomBatch, relativeDifference, rowOf, tinyConfig, variants } from "./testing.ts";

const engines: [string, GraphMode | "eager"][] = [
  ["eager", "eager"],
  ["whole graph", { kind: "whole" }],
  ["block mode", { kind: "block", numRecomputed: 0 }],
];
const open = (config: OptConfig, mode: GraphMode | "eager"): Promise<ModelEngine> =>
  openEngine({
    config,
    parameters: livelyParameters(config),
    dropout: 0,
    ...(mode === "eager" ? { kind: "eager" } : { kind: "compiled", graphMode: mode }),
  });

/** Weight gradients of all tapped maps of one row, as one long vector. */
async function wholeGradient(engine: ModelEngine, batch: MicroBatch): Promise<Float64Array> {
  engine.zeroGradients();
  const { weightSum } = await engine.accumulateGradients(batch);
  const gradients = gradientsOf(engine);
  const parts = tapSites(defaultFeatureSpec(engine.config)).map(({ layer, map }) => gradients.get(`${layerPrefix(layer)}${map}.weight`)!);
  return Float64Array.from(
    parts.flatMap((part) => [...part]),
    (value) => value / weightSum,
  );
}
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const total = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

const tokensOf = (batch: MicroBatch): WeightedTokens => ({ inputIds: batch.inputIds_BT, lossWeights: batch.lossWeights_BT });
/** One row whose labels are its tokens, supervised near its middle only: what follows has no gradient. */
function spanOf(config: OptConfig, length: number, seed: number): WeightedTokens {
  const batch = randomBatch(config, [length], length, seed);
  return tokensOf({ ...batch, lossWeights_BT: batch.lossWeights_BT.map((_, t) => (t >= 4 && t < 8 ? 1 : 0)) });
}
const asBatch = ({ inputIds, lossWeights }: WeightedTokens): MicroBatch => ({
  batchSize: 1,
  length: inputIds.length,
  inputIds_BT: inputIds,
  labels_BT: inputIds,
  lossWeights_BT: lossWeights,
  dropoutSeed: 0,
});

const asUnit = (vector: Float64Array): Float64Array => vector.map((value) => value / Math.sqrt(dot(vector, vector)));

describe.each(variants)("exact products, %s", (_, config) => {
  const spec = defaultFeatureSpec(config);
  const candidates = randomBatch(config, [13, 5, 9], 16);
  const bad = spanOf(config, 14, 21);
  const queries: [string, TraceQuery][] = [
    ["of a bad output", { bad, correct: null }],
    ["of a bad output against its correction", { bad, correct: spanOf(config, 11, 22) }],
  ];

  it.each(engines.flatMap(([engineName, mode]) => queries.map(([name, query]) => [`${name}, ${engineName}`, mode, query] as const)))(
    "are inner products of whole weight gradients, and heat maps add up to the score: %s",
    async (_, mode, query) => {
      const engine = await open(config, mode);
      const exact = await openExactQuery(engine, query, spec);
      const products = await exactProducts(engine, candidates, exact.taps, spec);
      const scores = exactScores(products, [7, 8, 9], {
        lengths: [13, 5, 9],
        squaredNorm: exact.squaredNorm,
        numQueryTokens: exact.numTokens,
      });

      const q = asUnit(await wholeGradient(engine, asBatch(query.bad)));
      if (query.correct !== null) {
        const against = asUnit(await wholeGradient(engine, asBatch(query.correct)));
        q.forEach((value, i) => (q[i] = value - against[i]!));
      }
      expect(exact.squaredNorm / dot(q, q)).toBeCloseTo(1, 4);
      for (let row = 0; row < 3; row++) {
        const one = rowOf(candidates, row);
        const z = await wholeGradient(engine, one);
        const norm = Math.sqrt(dot(z, z) * dot(q, q));
        const { score, tokens, badTokens, correctTokens, index } = scores[row]!;
        expect(index).toBe(7 + row);
        expect(Math.abs(score - dot(q, z) / norm)).toBeLessThan(1e-4);
        expect(total(tokens)).toBeCloseTo(score, 4);
        expect(total(badTokens) + total(correctTokens)).toBeCloseTo(score, 4);
        expect(tokens.some((value) => Math.abs(value) > 1e-3)).toBe(true);
      }
      // positions 0 to 6 predict the span; nothing after them is part of the query
      expect(exact.numTokens).toEqual(query.correct === null ? [7] : [7, 7]);
      await engine.dispose();
    },
  );

  it("agree with the features' cosine where nothing is lost to the projection", async () => {
    const engine = await open(config, { kind: "whole" });
    const query = queries[1]![1];
    const wide = featureMaker(config, { ...spec, rank: 128 });
    const [{ gradient, badLoss, correctLoss }, exact] = [
      await queryFeatures(engine, query, wide),
      await openExactQuery(engine, query, spec),
    ];
    const projected = gradient.reduce((sum, value) => sum + value * value, 0);
    expect(projected / exact.squaredNorm).toBeGreaterThan(0.8);
    expect(projected / exact.squaredNorm).toBeLessThan(1.25);
    const loss = await engine.evaluateLoss(asBatch(query.bad));
    expect(badLoss).toBeCloseTo(loss.lossSum / loss.weightSum, 5);
    expect(correctLoss).not.toBeNull();
  });
});

describe("exact products over several chunks", () => {
  it("are those of one", async () => {
    const config = tinyConfig({ maxPositionEmbeddings: 600 });
    const spec = defaultFeatureSpec(config);
    const [engine, long] = [await open(config, { kind: "whole" }), randomBatch(config, [560, 530], 560, 4)];
    const exact = await openExactQuery(engine, { bad: tokensOf(rowOf(long, 1)), correct: null }, spec);
    const products = await exactProducts(engine, long, exact.taps, spec);
    const [q, z] = [await wholeGradient(engine, rowOf(long, 1)), await wholeGradient(engine, rowOf(long, 0))];
    const weightSum = rowOf(long, 0).lossWeights_BT.reduce((sum, weight) => sum + weight, 0);
    // the row's labels differ from its tokens here and there, the query's do not
    expect(exact.taps.numTokens).toBeGreaterThan(512);
    expect(relativeDifference(Float32Array.of(products.squaredNorms_B[0]!), Float32Array.of(dot(z, z) * weightSum ** 2))).toBeLessThan(
      1e-4,
    );
    expect(q.length).toBe(z.length);
  });
});
