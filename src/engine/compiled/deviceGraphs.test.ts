import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { scatterAddRows } from "#core/model/embedding.ts";
import { parameterShapes } from "#core/model/parameters.ts";
import { randomUniform } from "#core/model/random.ts";
import { relativeDifference, tinyConfig } from "../testing.ts";
import { recordAdamW, recordDeviceLoss, recordDeviceStep, recordSquares, sumByToken, tokenLookup } from "./deviceGraphs.ts";
import { encodeOnnxModel, type OnnxGraph } from "./onnxModel.ts";
import { recordGraph } from "./recordGraph.ts";
import { forWebgpu } from "./webgpuGraph.ts";

const run = async (graph: OnnxGraph, inputs: Record<string, Tensor>): Promise<Float32Array> => {
  const session = await InferenceSession.create(encodeOnnxModel(graph), { logSeverityLevel: 3 });
  const { y } = await session.run(inputs);
  await session.release();
  return y!.data as Float32Array;
};

describe("graphs of a resident engine", () => {
  it("sum the gradient of looked-up rows as the loop over rows does, in several pieces too", async () => {
    const [P, E, V] = [1500, 4, 37];
    const uniform = randomUniform(3);
    const ids = Int32Array.from({ length: P }, () => Math.floor(uniform() * (V - 5)));
    const rows = Float32Array.from({ length: P * E }, () => uniform() - 0.5);
    const expected = new Float32Array(V * E);
    scatterAddRows(expected, E, ids, rows);

    const inputs = new Map([
      ["rows", { shape: [P, E], dtype: "float32" as const }],
      ["slots", { shape: [P], dtype: "int32" as const }],
      ["slotOfToken", { shape: [V], dtype: "int32" as const }],
    ]);
    const { onnx } = recordGraph(
      inputs,
      (tensors) => new Map([["y", sumByToken(tensors.get("rows")!, tensors.get("slots")!, tensors.get("slotOfToken")!)]]),
    );
    const { slots_P, slotOfToken_V } = tokenLookup(ids, V);
    const summed = await run(onnx, {
      rows: new Tensor("float32", rows, [P, E]),
      slots: new Tensor("int32", slots_P, [P]),
      slotOfToken: new Tensor("int32", slotOfToken_V, [V]),
    });
    expect(relativeDifference(summed, expected)).toBeLessThan(1e-5);
    expect(summed.subarray((V - 5) * E)).toEqual(new Float32Array(5 * E));
  });

  it("hold no operator that the WebGPU provider would leave to the CPU", () => {
    const config = tinyConfig({ wordEmbedProjDim: 8, doLayerNormBefore: false });
    const shape = { numExamples: 2, length: 16 };
    const parameters = parameterShapes(config);
    const recorded = [
      recordDeviceStep(config, 0.2, shape),
      recordDeviceLoss(config, shape),
      recordAdamW(parameters),
      recordSquares(parameters),
    ];
    const operations = new Set(recorded.flatMap(({ onnx }) => forWebgpu(onnx).nodes.map(({ operation }) => operation)));
    // each was seen to be placed on the provider of onnxruntime-node 1.30
    const placed =
      "Add Cast Concat Div Equal Exp Gather Gemm Greater Identity LayerNormalization Log MatMul Mul Neg Pad ReduceMax ReduceMean ReduceSum " +
      "Relu Reshape Slice Softmax Sqrt Sub Transpose Unsqueeze Where";
    expect([...operations].filter((operation) => !placed.split(" ").includes(operation))).toEqual([]);
  });

  it("compute the same in WebGPU's operators", async () => {
    const graph: OnnxGraph = {
      nodes: [
        {
          operation: "FusedMatMul",
          domain: "com.microsoft",
          inputs: ["a", "a"],
          outputs: ["p"],
          attributes: { transA: { kind: "int", value: 1 }, transB: { kind: "int", value: 0 } },
        },
        { operation: "LogSoftmax", domain: "", inputs: ["p"], outputs: ["y"], attributes: { axis: { kind: "int", value: -1 } } },
      ],
      inputs: [{ name: "a", elementType: "float32", shape: [1, 2, 3, 4] }],
      outputs: [{ name: "y", elementType: "float32", shape: [1, 2, 4, 4] }],
      constants: [],
    };
    const a = new Tensor(
      "float32",
      Float32Array.from({ length: 24 }, (_, i) => Math.sin(i) * 30),
      [1, 2, 3, 4],
    );
    const [plain, fused] = [await run(forWebgpu(graph), { a }), await run(graph, { a })];
    expect(relativeDifference(plain, fused)).toBeLessThan(1e-6);
  });
});
