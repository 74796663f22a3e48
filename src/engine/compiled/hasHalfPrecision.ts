/** @file Whether the device computes in half precision. */
import { Tensor } from "onnxruntime-node";
import { CompiledGraph } from "./compileGraph.ts";
import type { OnnxGraph, OnnxNode } from "./onnxModel.ts";
import type { Provider } from "./providers.ts";

/** Asked by a product of two small matrices. A WebGPU device needs the feature `shader-f16`. */
export async function hasHalfPrecision(provider: Provider): Promise<boolean> {
  const shape = [2, 2];
  const value = (name: string) => ({ name, elementType: "float32" as const, shape });
  const product: OnnxNode = { operation: "MatMul", domain: "", inputs: ["a", "a"], outputs: ["b"], attributes: {} };
  const onnx: OnnxGraph = { nodes: [product], inputs: [value("a")], outputs: [value("b")], constants: [] };
  const b = new Float32Array(4);
  try {
    const graph = await CompiledGraph.open({ onnx, inputNames: new Set(["a"]) }, { numThreads: 1, provider, precision: "fp16" });
    await graph.run({ a: new Tensor("float32", Float32Array.of(1, 2, 3, 4), shape) }, { b: new Tensor("float32", b, shape) });
    await graph.release();
  } catch {
    return false;
  }
  return b.join() === "7,10,15,22";
}
