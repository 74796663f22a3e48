import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import { runConfigSchema } from "#contracts/run.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import { exampleSetOf } from "#core/training/microBatch.ts";
import { TrainControl } from "#core/training/trainControl.ts";
import { trainLoop, type TrainState } from "#core/training/trainLoop.ts";
import type { GraphMode } from "./compiled/graphMode.ts";
import type { ModelEngine } from "./modelEngine.ts";
import { openEngine } from "./openEngine.ts";
import { gradientsOf, isRoundingOnly, livelyParameters, randomBatch, relativeDifference, tinyConfig, variants } from "./testing.ts";

const WHOLE: GraphMode = { kind: "whole" };
const blocks = (numRecomputed: number): GraphMode => ({ kind: "block", numRecomputed });
const modes: [string, GraphMode][] = [
  ["everything saved", blocks(0)],
  ["one layer recomputed", blocks(1)],
  ["all recomputed", blocks(2)],
];

const open = (config: OptConfig, graphMode: GraphMode | "eager", dropout = 0): Promise<ModelEngine> =>
  openEngine({
    config,
    parameters: livelyParameters(config),
    dropout,
    ...(graphMode === "eager" ? { kind: "eager" } : { kind: "compiled", graphMode }),
  });

/** Two micro-batches of one step, of different shapes. */
async function step(engine: ModelEngine, batches: readonly MicroBatch[]): Promise<number> {
  engine.zeroGradients();
  let lossSum = 0;
  for (const batch of batches) lossSum += (await engine.accumulateGradients(batch)).lossSum;
  return lossSum;
}

function expectSameGradients(actual: ModelEngine, expected: ModelEngine): void {
  const reference = gradientsOf(expected);
  for (const [name, gradient] of gradientsOf(actual)) {
    if (isRoundingOnly(name)) expect(gradient, name).toBeAllclose(reference.get(name)!, { atol: 1e-4 });
    else expect(relativeDifference(gradient, reference.get(name)!), name).toBeLessThan(1e-5);
  }
}

describe.each(variants)("block mode, %s", (_, config) => {
  const batches = [randomBatch(config, [13, 5, 9], 16), randomBatch(config, [20, 24], 24, 12), randomBatch(config, [7], 16, 13)];

  it.each(modes)("gives the gradients of the whole graph over several micro-batches with dropout, %s", async (_, mode) => {
    const [block, whole] = [await open(config, mode, 0.2), await open(config, WHOLE, 0.2)];
    const [fromBlock, fromWhole] = [await step(block, batches), await step(whole, batches)];
    expect(Math.abs(fromBlock / fromWhole - 1)).toBeLessThan(1e-5);
    expectSameGradients(block, whole);
    // a second step starts from 0 again
    await step(block, batches.slice(1));
    await step(whole, batches.slice(1));
    expectSameGradients(block, whole);
  });

  it("gives the loss and the gradients of the eager engine", async () => {
    const [block, eager] = [await open(config, blocks(1), 0.2), await open(config, "eager", 0.2)];
    const [fromBlock, fromEager] = [await step(block, batches), await step(eager, batches)];
    expect(Math.abs(fromBlock / fromEager - 1)).toBeLessThan(1e-5);
    expectSameGradients(block, eager);
    for (const batch of batches) {
      const { perTokenLoss_BT } = await eager.evaluateLoss(batch);
      expect((await block.evaluateLoss(batch)).perTokenLoss_BT).toBeAllclose(perTokenLoss_BT, { rtol: 1e-4, atol: 1e-5 });
    }
  });
});

describe("block mode", () => {
  it("agrees with the whole graph where attention and head work in several pieces", async () => {
    const config = tinyConfig({ maxPositionEmbeddings: 600 });
    const [block, whole] = [await open(config, blocks(1)), await open(config, WHOLE)];
    const batch = randomBatch(config, [600, 550], 600);
    const loss = await block.accumulateGradients(batch);
    // the head takes 256 supervised tokens at once
    expect(batch.lossWeights_BT.filter((weight) => weight > 0).length).toBeGreaterThan(512);
    expect(loss.perTokenLoss_BT).toBeAllclose((await whole.accumulateGradients(batch)).perTokenLoss_BT, { rtol: 1e-4, atol: 1e-5 });
    expectSameGradients(block, whole);
  });

  it("compiles what it runs and nothing else, once, and tells how far it is", async () => {
    const config = tinyConfig();
    const batch = randomBatch(config, [9], 16);
    const compiled: string[] = [];
    const engine = await openEngine({
      config,
      seed: 1,
      kind: "compiled",
      graphMode: blocks(2),
      onCompile: ({ what, number, total }) => compiled.push(`${number} of ${total}: ${what}`),
    });
    await engine.accumulateGradients(batch);
    await engine.accumulateGradients(batch);
    expect(compiled).toEqual([
      "1 of 4: training graphs for 1 x 16 tokens",
      "2 of 4: training graphs for 1 x 16 tokens",
      "3 of 4: training graphs for 1 x 16 tokens",
      "4 of 4: training graphs for 1 x 16 tokens",
      "1 of 1: training graph of the head",
    ]);
  });

  it("repeats a step to the bit and leaves no tensor behind", async () => {
    const config = tinyConfig({ doLayerNormBefore: false });
    const batches = [randomBatch(config, [12, 7], 16), randomBatch(config, [16], 16, 5)];
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const engine = await open(config, blocks(1), 0.1);
      runs.push({ loss: await step(engine, batches), gradients: gradientsOf(engine) });
      runs.push({ loss: await step(engine, batches), gradients: gradientsOf(engine) });
    }
    for (const run of runs) expect(run).toEqual(runs[0]);
    expect(tf.memory().numTensors).toBe(0);
  });

  it("counts a step without supervised tokens as 0, whatever the step before left", async () => {
    const config = tinyConfig();
    const engine = await open(config, blocks(0));
    const batch = randomBatch(config, [12], 16);
    await step(engine, [batch]);
    await step(engine, [{ ...batch, lossWeights_BT: new Float32Array(16) }]);
    expect(engine.parameters.every(({ gradient }) => gradient.every((value) => value === 0))).toBe(true);
  });
});

describe("a run in block mode", () => {
  const config = tinyConfig({ doLayerNormBefore: false, wordEmbedProjDim: 8 });
  const runConfig = runConfigSchema.parse({
    microBatchSize: 2,
    gradientAccumulationSteps: 2,
    maxSteps: 5,
    learningRate: 0.01,
    evalEverySteps: 99,
    saveEverySteps: 99,
  });
  const examples = exampleSetOf(
    Array.from({ length: 20 }, (_, i) => {
      const { inputIds_BT, labels_BT, lossWeights_BT } = randomBatch(config, [6 + i], 6 + i, i);
      return { inputIds: inputIds_BT, labels: labels_BT, lossWeights: lossWeights_BT, segments: new Uint8Array(6 + i) };
    }),
  );

  async function run(engine: ModelEngine, startFrom?: TrainState, stopAfter = Infinity) {
    const control = new TrainControl();
    const losses: number[] = [];
    let last: TrainState | undefined;
    await trainLoop({
      engine,
      config: runConfig,
      examples,
      trainIndices: [...Array(20).keys()],
      padTokenId: config.padTokenId,
      control,
      ...(startFrom === undefined ? {} : { startFrom }),
      hooks: {
        onStep: ({ loss, step }) => {
          losses.push(loss);
          if (step === stopAfter) control.stop();
        },
        save: async (state) => void (last = structuredClone(state)),
      },
    });
    return { losses, last: last!, weights: engine.parameters.map(({ values }) => values.slice()) };
  }

  it("that was stopped and resumed equals, to the bit, the one that was not", async () => {
    const whole = await run(await open(config, blocks(1), 0.1));
    const first = await run(await open(config, blocks(1), 0.1), undefined, 2);
    const resumed = await openEngine({
      config,
      parameters: livelyParameters(config).map((parameter, k) => ({ ...parameter, values: first.weights[k]! })),
      kind: "compiled",
      dropout: 0.1,
      graphMode: blocks(1),
    });
    const rest = await run(resumed, first.last);
    expect(first.losses).toHaveLength(2);
    expect([...first.losses, ...rest.losses]).toEqual(whole.losses);
    expect(rest.weights).toEqual(whole.weights);
    expect(rest.last).toEqual(whole.last);
  });

  it("of the same engine starts its optimizer anew", async () => {
    const engine = await open(config, blocks(0));
    const start = engine.parameters.map(({ values }) => values.slice());
    const first = await run(engine);
    engine.parameters.forEach(({ values }, k) => values.set(start[k]!));
    expect((await run(engine)).weights).toEqual(first.weights);
  });
});
