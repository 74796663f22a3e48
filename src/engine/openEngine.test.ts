import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import { fillKeepMask } from "#core/model/dropoutMasks.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import type { ModelEngine } from "./modelEngine.ts";
import { type EngineKind, openEngine } from "./openEngine.ts";
import { gradientsOf, isRoundingOnly, livelyParameters, randomBatch, relativeDifference, tinyConfig, variants } from "./testing.ts";

const open = (config: OptConfig, kind: EngineKind, dropout = 0): Promise<ModelEngine> =>
  openEngine({ config, parameters: livelyParameters(config), kind, dropout });

describe.each(variants)("gradients, %s", (_, config) => {
  const batch = randomBatch(config, [13, 5, 9], 16);

  it.each([0, 0.3])("of the compiled engine are those of the eager one, with dropout %d", async (dropout) => {
    const compiled = await open(config, "compiled", dropout);
    const eager = await open(config, "eager", dropout);
    const fromCompiled = await compiled.accumulateGradients(batch);
    const fromEager = await eager.accumulateGradients(batch);
    expect(fromCompiled.weightSum).toBeGreaterThan(8);
    expect(Math.abs(fromCompiled.lossSum / fromEager.lossSum - 1)).toBeLessThan(1e-5);
    expect(fromCompiled.perTokenLoss_BT).toBeAllclose(fromEager.perTokenLoss_BT, { rtol: 1e-4, atol: 1e-5 });
    const expected = gradientsOf(eager);
    for (const [name, gradient] of gradientsOf(compiled)) {
      if (isRoundingOnly(name)) expect(gradient, name).toBeAllclose(expected.get(name)!, { atol: 1e-4 });
      else expect(relativeDifference(gradient, expected.get(name)!), name).toBeLessThan(1e-4);
      if (!isRoundingOnly(name))
        expect(
          gradient.some((value) => value !== 0),
          name,
        ).toBe(true);
    }
  });

  it("are those of finite differences, in every parameter", async () => {
    const engine = await open(config, "compiled");
    await engine.accumulateGradients(batch);
    // small enough that hardly any ReLU changes sides in between; the quotient's rounding error is then about 2e-3
    const step = 1e-3;
    for (const { name, values, gradient } of engine.parameters) {
      // where a parameter's gradient is largest, rounding disturbs the quotient least
      const index = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best), 0);
      const kept = values[index]!;
      const lossAt = async (value: number): Promise<number> => {
        values[index] = value;
        return (await engine.evaluateLoss(batch)).lossSum;
      };
      const slope = async (h: number): Promise<number> => ((await lossAt(kept + h)) - (await lossAt(kept - h))) / (2 * h);
      // Richardson: two quotients whose errors of order h² cancel
      const quotient = (4 * (await slope(step / 2)) - (await slope(step))) / 3;
      values[index] = kept;
      const allowed = isRoundingOnly(name) ? 0.05 : 0.02 * Math.abs(gradient[index]!) + 0.02;
      expect(Math.abs(quotient - gradient[index]!), `${name}[${index}]: ${quotient} against ${gradient[index]}`).toBeLessThan(allowed);
    }
  });

  it("of a padded batch are the sum of those of its rows alone", async () => {
    const engine = await open(config, "compiled");
    await engine.accumulateGradients(batch);
    const together = gradientsOf(engine);
    engine.zeroGradients();
    const lengths = [13, 5, 9];
    for (const [b, length] of lengths.entries()) {
      const from = b * batch.length;
      const row: MicroBatch = {
        batchSize: 1,
        length,
        inputIds_BT: batch.inputIds_BT.slice(from, from + length),
        labels_BT: batch.labels_BT.slice(from, from + length),
        lossWeights_BT: batch.lossWeights_BT.slice(from, from + length),
        dropoutSeed: 0,
      };
      await engine.accumulateGradients(row);
    }
    for (const [name, gradient] of gradientsOf(engine)) {
      if (isRoundingOnly(name)) expect(gradient, name).toBeAllclose(together.get(name)!, { atol: 1e-4 });
      else expect(relativeDifference(gradient, together.get(name)!), name).toBeLessThan(1e-4);
    }
  });
});

describe.each(["compiled", "eager"] as const)("the %s engine", (kind) => {
  const config = tinyConfig();
  const batch = randomBatch(config, [12, 7], 12);

  it("repeats a step to the bit, with dropout too", async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const engine = await open(config, kind, 0.2);
      const { lossSum } = await engine.accumulateGradients(batch);
      runs.push({ lossSum, gradients: gradientsOf(engine) });
      engine.zeroGradients();
      const again = await engine.accumulateGradients(batch);
      runs.push({ lossSum: again.lossSum, gradients: gradientsOf(engine) });
    }
    for (const run of runs) expect(run).toEqual(runs[0]);
  });

  it("drops by the batch's seed, and not in evaluation", async () => {
    const engine = await open(config, kind, 0.2);
    const plain = await open(config, kind, 0);
    const first = (await engine.accumulateGradients(batch)).lossSum;
    const second = (await engine.accumulateGradients({ ...batch, dropoutSeed: 99 })).lossSum;
    expect(second).not.toBe(first);
    expect((await engine.evaluateLoss(batch)).lossSum).toBe((await plain.evaluateLoss(batch)).lossSum);
  });

  it("reads its weights from the parameter arrays in every call", async () => {
    const engine = await open(config, kind);
    const before = (await engine.evaluateLoss(batch)).lossSum;
    const { values } = engine.parameters.find(({ name }) => name.endsWith("layers.1.fc2.weight"))!;
    values.forEach((value, i) => (values[i] = 2 * value));
    expect((await engine.evaluateLoss(batch)).lossSum).not.toBe(before);
  });

  it("leaves no tensor behind", async () => {
    const engine = await open(config, kind, 0.1);
    await engine.accumulateGradients(batch);
    const before = tf.memory().numTensors;
    await engine.accumulateGradients(batch);
    await engine.accumulateGradients(randomBatch(config, [3], 4));
    await engine.evaluateLoss(batch);
    await engine.openDecoding(1, 8).prefill(0, Int32Array.of(3, 4));
    expect(tf.memory().numTensors).toBe(before);
    expect(before).toBe(0);
  });

  it("counts nothing for a batch without a supervised token", async () => {
    const engine = await open(config, kind);
    const loss = await engine.accumulateGradients({ ...batch, lossWeights_BT: new Float32Array(24) });
    expect(loss).toEqual({ perTokenLoss_BT: new Float32Array(24), lossSum: 0, weightSum: 0 });
    expect(engine.parameters.every(({ gradient }) => gradient.every((value) => value === 0))).toBe(true);
  });

  it("refuses tokens and lengths that the model does not have", async () => {
    const engine = await open(config, kind);
    const outside = { ...batch, inputIds_BT: batch.inputIds_BT.map(() => config.vocabSize) };
    await expect(engine.accumulateGradients(outside)).rejects.toMatchObject({ code: "E_ENGINE", message: /token id 37/ });
    await expect(engine.evaluateLoss(randomBatch(config, [41], 41))).rejects.toMatchObject({ code: "E_ENGINE", message: /41 tokens/ });
  });
});

describe("compiled graphs", () => {
  it("are compiled once for each shape and given up when there is no room", async () => {
    const config = tinyConfig();
    const compiled: string[] = [];
    const settings = { config, seed: 1, kind: "compiled" as const, onCompile: ({ what }: { what: string }) => compiled.push(what) };
    const engine = await openEngine({ ...settings, graphLimit: 1 });
    const short = randomBatch(config, [4], 4);
    const long = randomBatch(config, [8], 8);
    for (const batch of [short, short, long, short]) await engine.evaluateLoss(batch);
    expect(compiled).toEqual(["1 x 4", "1 x 8", "1 x 4"].map((shape) => `evaluation graph for ${shape} tokens`));
  });
});

describe("dropout masks", () => {
  it("keep the asked share, differ between sites and repeat with the seed", () => {
    const maskOf = (seed: number, site: number): Uint8Array => {
      const keep = new Uint8Array(100_001);
      fillKeepMask(keep, 0.1, seed, site);
      return keep;
    };
    const kept = maskOf(1, 0).reduce((sum, keep) => sum + keep, 0) / 100_001;
    expect(Math.abs(kept - 0.9)).toBeLessThan(0.004);
    expect(maskOf(1, 0)).toEqual(maskOf(1, 0));
    expect(maskOf(1, 1)).not.toEqual(maskOf(1, 0));
    expect(maskOf(2, 0)).not.toEqual(maskOf(1, 0));
  });
});
