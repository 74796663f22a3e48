import { InferenceSession } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { Precision } from "#contracts/run.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import { inHalfPrecision } from "./compiled/halfPrecision.ts";
import type { GraphMode } from "./compiled/graphMode.ts";
import { recordDeviceStep } from "./compiled/deviceGraphs.ts";
import { encodeOnnxModel } from "./compiled/onnxModel.ts";
import { forWebgpu } from "./compiled/webgpuGraph.ts";
import { openEngine } from "./openEngine.ts";
import { gradientsOf, isRoundingOnly, livelyParameters, randomBatch, relativeDifference, tinyConfig } from "./testing.ts";

const config = tinyConfig({ wordEmbedProjDim: 8, doLayerNormBefore: false });
const batch = randomBatch(config, [13, 5, 9], 16);
const modes: [string, GraphMode][] = [
  ["the whole graph", { kind: "whole" }],
  ["block mode", { kind: "block", numRecomputed: 1 }],
];

async function compute(graphMode: GraphMode, precision: Precision, { lossScale = 1, of = batch as MicroBatch } = {}) {
  const engine = await openEngine({ config, parameters: livelyParameters(config), kind: "cpu", dropout: 0, graphMode, precision });
  const { lossSum } = await engine.accumulateGradients(of, lossScale);
  const gradients = gradientsOf(engine);
  // a power of 2: exact
  for (const gradient of gradients.values()) gradient.forEach((value, i) => (gradient[i] = value / lossScale));
  await engine.dispose();
  return { lossSum, gradients, name: engine.name };
}

type Computed = Awaited<ReturnType<typeof compute>>;

/** The largest relative difference in any parameter. */
const distance = (actual: Computed, expected: Computed): number =>
  Math.max(
    ...[...expected.gradients]
      .filter(([name]) => !isRoundingOnly(name))
      .map(([name, gradient]) => relativeDifference(actual.gradients.get(name)!, gradient)),
  );

describe.each(modes)("half precision in %s", (_, mode) => {
  it("gives loss and gradients of float32 to the rounding of its factors, whatever the loss scale", async () => {
    const [single, half] = [await compute(mode, "fp32"), await compute(mode, "fp16")];
    expect(half.name).toMatch(/, fp16$/);
    expect(Math.abs(half.lossSum / single.lossSum - 1)).toBeLessThan(1e-3);
    expect(distance(half, single)).toBeLessThan(1e-2);
    // the factors are rounded indeed: a half has 11 bits
    expect(distance(half, single)).toBeGreaterThan(1e-5);
    expect(distance(await compute(mode, "fp16", { lossScale: 256 }), single)).toBeLessThan(1e-2);
  });

  it("loses small gradients unscaled and keeps them scaled", async () => {
    const of = { ...batch, lossWeights_BT: batch.lossWeights_BT.map((weight) => 1e-6 * weight) };
    const single = await compute(mode, "fp32", { of });
    expect(distance(await compute(mode, "fp16", { of }), single)).toBeGreaterThan(0.1);
    expect(distance(await compute(mode, "fp16", { of, lossScale: 2 ** 20 }), single)).toBeLessThan(1e-2);
  });

  it("overflows in the gradients, not in the loss, where the scale is too large", async () => {
    const { lossSum, gradients } = await compute(mode, "fp16", { lossScale: 2 ** 30 });
    expect(Number.isFinite(lossSum)).toBe(true);
    expect([...gradients.values()].some((gradient) => gradient.some((value) => !Number.isFinite(value)))).toBe(true);
  });
});

describe("a graph in half precision", () => {
  it("has its products in it and its sums over tokens not", async () => {
    const { onnx } = recordDeviceStep(config, 0, { numExamples: 1, length: 8 });
    const { nodes } = inHalfPrecision(onnx, true);
    const products = nodes.filter(({ operation }) => ["MatMul", "Gemm", "FusedMatMul"].includes(operation));
    const inFloat = products.filter(({ outputs }) => !outputs[0]!.endsWith(".product"));
    // the rows of a token, added up
    expect(inFloat).toHaveLength(1);
    const session = await InferenceSession.create(encodeOnnxModel(forWebgpu({ ...onnx, nodes })), { logSeverityLevel: 3 });
    await session.release();
    const made = nodes.flatMap(({ outputs }) => outputs);
    expect(new Set(made).size).toBe(made.length);
  });

  it("is refused by an engine that has none, before a model is loaded", async () => {
    const opening = openEngine({ modelDir: "/nowhere", kind: "eager", precision: "fp16" });
    await expect(opening).rejects.toMatchObject({ code: "E_ENGINE", message: /eager has no half precision/ });
  });
});
