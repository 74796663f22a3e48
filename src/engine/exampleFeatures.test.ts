import { describe, expect, it } from "vitest";
import type { FeatureSpec } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import { type ExampleFeatures, exampleFeatures, featureMaker } from "#core/attribution/exampleFeatures.ts";
import { defaultFeatureSpec, mapWidths, tapSites } from "#core/attribution/featureSpec.ts";
import { projectionsOf } from "#core/attribution/projections.ts";
import { layerPrefix } from "#core/model/parameters.ts";
import type { GraphMode } from "./compiled/graphMode.ts";
import type { ModelEngine } from "./modelEngine.ts";
import { openEngine } from "./openEngine.ts";
import { gradientsOf, livelyParameters, randomBatch, relativeDifference, rowOf, tinyConfig, variants } from "./testing.ts";

const engines: [string, GraphMode | "eager"][] = [
  ["eager", "eager"],
  ["whole graph", { kind: "whole" }],
  ["block mode", { kind: "block", numRecomputed: 0 }],
  ["block mode, one layer recomputed", { kind: "block", numRecomputed: 1 }],
];

const open = (config: OptConfig, mode: GraphMode | "eager", dropout = 0): Promise<ModelEngine> =>
  openEngine({
    config,
    parameters: livelyParameters(config),
    dropout,
    ...(mode === "eager" ? { kind: "eager" } : { kind: "compiled", graphMode: mode }),
  });

/** P_iᵀ dWᵀ P_o of every site, from whole weight gradients. */
function projectWhole(config: OptConfig, spec: FeatureSpec, gradients: ReadonlyMap<string, Float32Array>): Float32Array {
  const { rank: K } = spec;
  const parts = tapSites(spec).flatMap((site) => {
    const { numIn: I, numOut: O } = mapWidths(config, site.map);
    const dW_OI = gradients.get(`${layerPrefix(site.layer)}${site.map}.weight`)!;
    const { in_IK, out_OK } = projectionsOf(config, spec, site);
    const half_OK = new Float64Array(O * K);
    for (let o = 0; o < O; o++)
      for (let i = 0; i < I; i++) for (let k = 0; k < K; k++) half_OK[o * K + k]! += dW_OI[o * I + i]! * in_IK[i * K + k]!;
    const projected = new Float64Array(K * K);
    for (let o = 0; o < O; o++)
      for (let a = 0; a < K; a++) for (let b = 0; b < K; b++) projected[a * K + b]! += half_OK[o * K + a]! * out_OK[o * K + b]!;
    return [...projected];
  });
  return Float32Array.from(parts);
}

const specOf = (config: OptConfig): FeatureSpec => ({ ...defaultFeatureSpec(config), rank: 5 });

describe.each(variants)("features of examples, %s", (_, config) => {
  const batch = randomBatch(config, [13, 5, 9], 16);
  const maker = featureMaker(config, specOf(config));

  it.each(engines)("are the projections of each example's own weight gradients, %s", async (_, mode) => {
    const engine = await open(config, mode);
    const { gradients } = await exampleFeatures(engine, batch, maker);
    const width = gradients.length / batch.batchSize;
    for (let row = 0; row < batch.batchSize; row++) {
      engine.zeroGradients();
      await engine.accumulateGradients(rowOf(batch, row));
      const expected = projectWhole(config, maker.spec, gradientsOf(engine));
      expect(relativeDifference(gradients.subarray(row * width, (row + 1) * width), expected)).toBeLessThan(1e-5);
    }
    await engine.dispose();
  });

  it("are the same from every engine, with the loss of each token, and touch no gradient", async () => {
    const [reference, ...others] = await Promise.all(engines.map(([, mode]) => open(config, mode)));
    const expected = await exampleFeatures(reference!, batch, maker);
    const expectedLoss = expected.perTokenLoss_BT.slice();
    for (const engine of others) {
      engine.zeroGradients();
      await engine.accumulateGradients(randomBatch(config, [7], 16, 3));
      const before = gradientsOf(engine);
      const actual = await exampleFeatures(engine, batch, maker);
      expect(relativeDifference(actual.gradients, expected.gradients), engine.name).toBeLessThan(1e-4);
      expect(relativeDifference(actual.states, expected.states), engine.name).toBeLessThan(1e-4);
      expect(relativeDifference(actual.perTokenLoss_BT, expectedLoss), engine.name).toBeLessThan(1e-4);
      expect(gradientsOf(engine)).toEqual(before);
    }
  });

  it.each(engines)("come with the gradients of a training step, which are what they are without them, %s", async (_, mode) => {
    const [tapping, plain] = await Promise.all([open(config, mode, 0.2), open(config, mode, 0.2)]);
    const request = maker.requestFor(batch);
    for (const engine of [tapping, plain]) engine.zeroGradients();
    const loss = await tapping.accumulateGradients(batch, 4, request.taps);
    expect(loss.lossSum).toBeCloseTo((await plain.accumulateGradients(batch, 4)).lossSum, 4);
    for (const [name, gradient] of gradientsOf(tapping))
      expect(relativeDifference(gradient, gradientsOf(plain).get(name)!), name).toBeLessThan(name.endsWith("k_proj.bias") ? 2 : 1e-5);
    // with dropout on, G summed over examples is the projection of the summed gradient
    const { gradients } = request.take(4);
    const width = gradients.length / batch.batchSize;
    const summed = Float32Array.from({ length: width }, (_, i) => 4 * (gradients[i]! + gradients[width + i]! + gradients[2 * width + i]!));
    expect(relativeDifference(summed, projectWhole(config, maker.spec, gradientsOf(tapping)))).toBeLessThan(1e-5);
  });
});

describe("features of some layers", () => {
  const config = tinyConfig({ numHiddenLayers: 5 });
  const spec: FeatureSpec = {
    ...defaultFeatureSpec(config),
    layers: [1, 3],
    maps: ["fc2", "self_attn.q_proj"],
    rank: 3,
    stateDepths: [2, 5],
  };
  const batch = randomBatch(config, [20, 24], 24, 12);

  it("are the same whether the layers below and above them have work or not", async () => {
    const maker = featureMaker(config, spec);
    const all: ExampleFeatures[] = [];
    for (const [, mode] of engines) all.push(await exampleFeatures(await open(config, mode), batch, maker));
    for (const { gradients, states } of all.slice(1)) {
      expect(relativeDifference(gradients, all[0]!.gradients)).toBeLessThan(1e-4);
      expect(relativeDifference(states, all[0]!.states)).toBeLessThan(1e-4);
    }
  });

  it("of an example without supervised tokens are zeros", async () => {
    const silent = { ...batch, lossWeights_BT: batch.lossWeights_BT.map((weight, i) => (i < batch.length ? 0 : weight)) };
    const { gradients, states } = await exampleFeatures(await open(config, { kind: "whole" }), silent, featureMaker(config, spec));
    const [g, s] = [gradients.length / 2, states.length / 2];
    expect([gradients.subarray(0, g).every((value) => value === 0), states.subarray(0, s).every((value) => value === 0)]).toEqual([
      true,
      true,
    ]);
    expect(gradients.subarray(g).some((value) => value !== 0)).toBe(true);
  });
});
