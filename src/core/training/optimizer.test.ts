import { describe, expect, it } from "vitest";
import type { ParameterArray } from "./computeEngine.ts";
import { adamWUpdate, clipScale, createAdamWState, globalGradNorm, isDecayed } from "./optimizer.ts";
import { randomIntegers } from "../model/random.ts";

const parameter = (name: string, shape: readonly number[], values: readonly number[], gradient: readonly number[]): ParameterArray => ({
  name,
  shape,
  values: Float32Array.from(values),
  gradient: Float32Array.from(gradient),
});
const CONFIG = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

describe("isDecayed", () => {
  it("leaves out biases and LayerNorm, and takes matrices and embeddings", () => {
    const decayed = [
      { name: "model.decoder.embed_tokens.weight", shape: [8, 4] },
      { name: "model.decoder.layers.0.fc1.weight", shape: [4, 4] },
      { name: "model.decoder.layers.0.fc1.bias", shape: [4] },
      { name: "model.decoder.layers.0.self_attn_layer_norm.weight", shape: [4] },
      { name: "model.decoder.layers.0.final_layer_norm.bias", shape: [4] },
    ].filter(isDecayed);
    expect(decayed.map(({ name }) => name)).toEqual(["model.decoder.embed_tokens.weight", "model.decoder.layers.0.fc1.weight"]);
  });
});

describe("gradient norm and clipping", () => {
  it("takes the norm over all parameters together, before clipping", () => {
    const parameters = [parameter("a.weight", [1, 2], [0, 0], [3, 0]), parameter("a.bias", [1], [0], [4])];
    expect(globalGradNorm(parameters, 1)).toBe(5);
    expect(globalGradNorm(parameters, 0.5)).toBe(2.5);
  });

  it("does not overflow where float32 would", () => {
    expect(globalGradNorm([parameter("a.weight", [1, 1], [0], [3e38])], 1)).toBeCloseTo(3e38, -33);
  });

  it("scales down to the limit and never up", () => {
    expect(clipScale(4, 1)).toBeCloseTo(0.25, 6);
    expect(clipScale(0.3, 1)).toBe(1);
    expect(clipScale(0, 1)).toBe(1);
  });
});

describe("adamWUpdate", () => {
  it("makes the hand-computed first two updates", () => {
    // Step 1: g = 0.5; m = 0.05, v = 0.00025; corrected 0.5 and 0.25; update lr * 0.5 / 0.5 = 0.1; decay 2 * 0.1 * 0.01 = 0.002.
    // Step 2: g = -0.25; m = 0.045 - 0.025 = 0.02, corrected / 0.19 = 0.1052632; v = 0.00024975 + 0.0000625 = 0.00031225,
    //         corrected / 0.001999 = 0.1562031, root 0.3952254; update 0.1 * 0.2663372 = 0.0266337; decay 1.898 * 0.001 = 0.001898.
    const p = parameter("w.weight", [1, 1], [2], [0.5]);
    const state = createAdamWState([p]);
    adamWUpdate([p], state, CONFIG, { learningRate: 0.1, gradientScale: 1 });
    expect(p.values[0]).toBeCloseTo(1.898, 6);
    p.gradient[0] = -0.25;
    adamWUpdate([p], state, CONFIG, { learningRate: 0.1, gradientScale: 1 });
    expect(p.values[0]).toBeCloseTo(1.898 - 0.001898 - 0.0266337, 5);
    expect(state.numUpdates).toBe(2);
  });

  it("does not decay a bias: with no gradient it stays where it is", () => {
    const bias = parameter("w.bias", [2], [1, -1], [0, 0]);
    const weight = parameter("w.weight", [2, 1], [1, -1], [0, 0]);
    adamWUpdate([bias, weight], createAdamWState([bias, weight]), CONFIG, { learningRate: 0.1, gradientScale: 1 });
    expect([...bias.values]).toEqual([1, -1]);
    expect(weight.values).toBeAllclose([0.999, -0.999]);
  });

  it("follows a reference in double precision over ten steps", () => {
    const next = randomIntegers(7);
    const uniform = () => next() / 2 ** 32 - 0.5;
    const p = parameter("w.weight", [4, 4], Array.from({ length: 16 }, uniform), []);
    const live = { ...p, gradient: new Float32Array(16) };
    const state = createAdamWState([live]);
    const w = [...p.values];
    const m = w.map(() => 0);
    const v = w.map(() => 0);
    for (let t = 1; t <= 10; t++) {
      for (let i = 0; i < 16; i++) live.gradient[i] = uniform() * 8;
      const learningRate = 0.01 / t;
      adamWUpdate([live], state, CONFIG, { learningRate, gradientScale: 0.125 });
      for (let i = 0; i < 16; i++) {
        const g = live.gradient[i]! * 0.125;
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.999 * v[i]! + 0.001 * g ** 2;
        const mHat = m[i]! / (1 - 0.9 ** t);
        const vHat = v[i]! / (1 - 0.999 ** t);
        w[i] = w[i]! - learningRate * 0.01 * w[i]!;
        w[i] = w[i]! - (learningRate * mHat) / (Math.sqrt(vHat) + 1e-8);
      }
    }
    expect(live.values).toBeAllclose(w, { rtol: 1e-6, atol: 1e-7 });
  });
});
