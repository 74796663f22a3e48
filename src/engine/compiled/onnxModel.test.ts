import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeOnnxModel, type OnnxGraph } from "./onnxModel.ts";

/** y = LeakyRelu(reshape(x, [-1, 2]) + c, alpha): every kind of attribute, constant and shape that graphs use. */
const graph: OnnxGraph = {
  nodes: [
    { operation: "Reshape", domain: "", inputs: ["x", "shape"], outputs: ["pairs"], attributes: {} },
    { operation: "Add", domain: "", inputs: ["pairs", "c"], outputs: ["sum"], attributes: {} },
    { operation: "Transpose", domain: "", inputs: ["sum"], outputs: ["turned"], attributes: { perm: { kind: "ints", value: [1, 0] } } },
    { operation: "LeakyRelu", domain: "", inputs: ["turned"], outputs: ["leaky"], attributes: { alpha: { kind: "float", value: 0.5 } } },
    {
      operation: "FusedMatMul",
      domain: "com.microsoft",
      inputs: ["leaky", "leaky"],
      outputs: ["y"],
      attributes: { transB: { kind: "int", value: 1 } },
    },
  ],
  inputs: [{ name: "x", elementType: "float32", shape: ["N"] }],
  outputs: [{ name: "y", elementType: "float32", shape: [2, 2] }],
  constants: [
    { name: "shape", elementType: "int64", shape: [2], bytes: new Uint8Array(BigInt64Array.of(-1n, 2n).buffer) },
    { name: "c", elementType: "float32", shape: [2], bytes: new Uint8Array(Float32Array.of(1, -10).buffer) },
  ],
};

describe("an encoded model", () => {
  it("is understood by ONNX Runtime: shapes known at run time, constants, attributes, both operator sets", async () => {
    const session = await InferenceSession.create(encodeOnnxModel(graph), { logSeverityLevel: 3 });
    const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 2, 3, 4, 5, 6), [6]) });
    // leaky: [[2, 4, 6], [-4, -3, -2]]
    expect([...(y!.data as Float32Array)]).toEqual([56, -32, -32, 29]);
    await session.release();
  });

  it("has the bytes that the wire format prescribes", () => {
    const empty = encodeOnnxModel({ nodes: [], inputs: [], outputs: [], constants: [] });
    const name = [...new TextEncoder().encode("callsmith")];
    const domain = [...new TextEncoder().encode("com.microsoft")];
    // ir_version 8; graph { name }; opset { version 17 }; opset { domain, version 1 }
    const expected = [0x08, 8, 0x3a, 11, 0x12, 9, ...name, 0x42, 2, 0x10, 17, 0x42, 17, 0x0a, 13, ...domain, 0x10, 1];
    expect([...empty]).toEqual(expected);
  });
});
