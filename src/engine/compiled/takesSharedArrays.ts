/** @file Whether ONNX Runtime's binding takes arrays that several threads see: it does where Node's native interface knows them (Node 24.9). */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeOnnxModel } from "./onnxModel.ts";

let answer: Promise<boolean> | undefined;

/** Found by trying, once for each process. */
export const takesSharedArrays = (): Promise<boolean> => (answer ??= tryIt());

async function tryIt(): Promise<boolean> {
  const float = { elementType: "float32", shape: [1] } as const;
  const nodes = [{ operation: "Neg", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} }] as const;
  const model = encodeOnnxModel({ nodes, inputs: [{ name: "x", ...float }], outputs: [{ name: "y", ...float }], constants: [] });
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const shared = (value: number): Float32Array => new Float32Array(new SharedArrayBuffer(Float32Array.BYTES_PER_ELEMENT)).fill(value);
  try {
    const y = shared(0);
    await session.run({ x: new Tensor("float32", shared(1), [1]) }, { y: new Tensor("float32", y, [1]) });
    return y[0] === -1;
  } catch {
    return false;
  } finally {
    await session.release();
  }
}
