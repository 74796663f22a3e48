import { describe, expect, it, onTestFinished } from "vitest";
import type { ParameterShape } from "#core/model/parameters.ts";
import { randomUniform } from "#core/model/random.ts";
import { adamWUpdate, createAdamWState, globalGradNorm } from "#core/training/optimizer.ts";
import { compileWat } from "../../../build/wasm/compileWat.ts";
import { ADAMW_MODULE, SHARED_ADAMW_MODULE } from "./adamWModule.ts";
import { ParameterMemory } from "./parameterMemory.ts";

/** Lengths that are and are not multiples of four; one decayed and two that are not. */
const shapes: ParameterShape[] = [
  { name: "a.weight", shape: [7, 9] },
  { name: "a.bias", shape: [5] },
  { name: "layer_norm.weight", shape: [16] },
  { name: "b.weight", shape: [300, 11] },
];
const config = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05 };

function filled(numThreads = 1): ParameterMemory {
  const uniform = randomUniform(3);
  const memory = new ParameterMemory(shapes, numThreads);
  onTestFinished(() => memory.dispose());
  for (const { values } of memory.parameters) values.forEach((_, i) => (values[i] = uniform() - 0.5));
  return memory;
}

function drawGradients(memory: ParameterMemory, seed: number): void {
  const uniform = randomUniform(seed);
  for (const { gradient } of memory.parameters) gradient.forEach((_, i) => (gradient[i] = 40 * (uniform() - 0.5) ** 3));
}

describe("AdamW in WebAssembly", () => {
  it("is compiled from the text beside it", async () => {
    expect(Buffer.from(await compileWat(false)).toString("base64")).toBe(ADAMW_MODULE);
    expect(Buffer.from(await compileWat(true)).toString("base64")).toBe(SHARED_ADAMW_MODULE);
  });

  it("makes the updates of the plain one, to float32 rounding", async () => {
    const memory = filled();
    const plain = memory.parameters.map((p) => ({ ...p, values: p.values.slice(), gradient: p.gradient.slice() }));
    const state = createAdamWState(plain);
    for (let t = 1; t <= 20; t++) {
      drawGradients(memory, t);
      memory.parameters.forEach(({ gradient }, k) => plain[k]!.gradient.set(gradient));
      expect((await memory.gradNorm(0.125)) / globalGradNorm(plain, 0.125)).toBeCloseTo(1, 12);
      const step = { learningRate: 0.01 / t, gradientScale: 0.125 };
      await memory.update(config, step);
      adamWUpdate(plain, state, config, step);
    }
    expect(memory.state.numUpdates).toBe(20);
    memory.parameters.forEach(({ name, values }, k) => {
      expect(values, name).toBeAllclose(plain[k]!.values, { rtol: 1e-5, atol: 1e-7 });
      expect(memory.state.firstMoments[k], name).toBeAllclose(state.firstMoments[k]!, { rtol: 1e-5, atol: 1e-7 });
      expect(memory.state.secondMoments[k], name).toBeAllclose(state.secondMoments[k]!, { rtol: 1e-5, atol: 1e-9 });
      expect(values.some((value, i) => value !== filled().parameters[k]!.values[i])).toBe(true);
    });
  });

  it("repeats to the bit, in one thread and in several", async () => {
    const memories = [filled(), filled(), filled(2), filled(7)];
    for (const memory of memories) {
      for (let t = 1; t <= 5; t++) {
        drawGradients(memory, t);
        await memory.update(config, { learningRate: 0.01, gradientScale: await memory.gradNorm(1) });
      }
    }
    const [first, ...others] = memories;
    for (const other of others) {
      expect(other.parameters).toEqual(first!.parameters);
      expect(other.state).toEqual(first!.state);
    }
  });

  it("sums squares where float32 would overflow, and hands on what is not finite", async () => {
    const memory = new ParameterMemory(shapes);
    const { gradient } = memory.parameters[3]!;
    gradient[3299] = 3e38;
    expect(await memory.gradNorm(1)).toBeCloseTo(Math.fround(3e38), -33);
    gradient[1] = NaN;
    expect(await memory.gradNorm(1)).toBeNaN();
  });

  it("keeps neighbours apart: an update without decay and gradient changes nothing", async () => {
    const memory = filled();
    const before = memory.parameters.map(({ values }) => values.slice());
    memory.parameters[1]!.gradient.fill(1);
    await memory.update({ ...config, weightDecay: 0 }, { learningRate: 0.1, gradientScale: 1 });
    memory.parameters.forEach(({ values }, k) => {
      if (k === 1)
        expect(values).toBeAllclose(
          before[k]!.map((value) => value - 0.1),
          { atol: 1e-6 },
        );
      else expect(values).toEqual(before[k]);
    });
  });
});
