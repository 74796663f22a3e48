import { Tensor } from "onnxruntime-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { CompiledGraph } from "./compileGraph.ts";
import { runtimeError } from "./runtimeError.ts";

/** A product of a column and a row, of which only the mean is kept: the runtime has to find room for all of it. */
async function outerMean(count: number): Promise<number> {
  const value = (name: string, shape: number[]) => ({ name, elementType: "float32" as const, shape });
  const graph = await CompiledGraph.open(
    {
      onnx: {
        nodes: [
          { operation: "MatMul", domain: "", inputs: ["column", "row"], outputs: ["product"], attributes: {} },
          {
            operation: "ReduceMean",
            domain: "",
            inputs: ["product"],
            outputs: ["mean"],
            attributes: { keepdims: { kind: "int", value: 0 } },
          },
        ],
        inputs: [value("column", [count, 1]), value("row", [1, count])],
        outputs: [value("mean", [])],
        constants: [],
      },
      inputNames: new Set(["column", "row"]),
    },
    { numThreads: 1 },
  );
  onTestFinished(() => graph.release());
  const mean = new Float32Array(1);
  const ones = new Float32Array(count).fill(1);
  const inputs = { column: new Tensor("float32", ones, [count, 1]), row: new Tensor("float32", ones, [1, count]) };
  await graph.run(inputs, { mean: new Tensor("float32", mean, []) });
  return mean[0]!;
}

describe("an error of ONNX Runtime", () => {
  it("says where memory was missing, and the next run of a smaller graph goes well", async () => {
    // 16 TB
    await expect(outerMean(2_000_000)).rejects.toMatchObject({ code: "E_OUT_OF_MEMORY", message: /^There is not enough memory: / });
    expect(await outerMean(100)).toBe(1);
  });

  it("tells a lost device from other faults", () => {
    const codeOf = (text: string): string => runtimeError(new Error(text)).code;
    for (const text of [
      "WebGPU device lost (1): Device was destroyed.",
      'Non-zero status code returned while running MatMul node. Status Message: [Device "ort"] is lost.',
      "vkQueueSubmit failed with VK_ERROR_DEVICE_LOST",
      "DXGI_ERROR_DEVICE_REMOVED: failed to allocate a command list",
    ])
      expect(codeOf(text), text).toBe("E_DEVICE_LOST");
    for (const text of [
      "Status Message: std::bad_alloc",
      "CUDA failure 2: out of memory",
      "BFC Arena ran out of memory trying to allocate 4",
    ])
      expect(codeOf(text), text).toBe("E_OUT_OF_MEMORY");
    for (const text of ["Got invalid dimensions for input: x", "the sum lost precision on this device"])
      expect(codeOf(text), text).toBe("E_ENGINE");
  });
});
