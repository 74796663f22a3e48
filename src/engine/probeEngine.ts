/**
 * @file Whether one engine works on this machine, and how fast: a matrix product on it, checked and timed. A driver that is broken may end the
 * process, so this is to be asked in a process of its own.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

import * as tf from "@tensorflow/tfjs-core";
import type * as OnnxRuntime from "onnxruntime-node";
import { ENGINE_NAMES, type EngineId, type EngineReport, unusableEngine } from "#contracts/engines.ts";
import type { OnnxGraph } from "./compiled/onnxModel.ts";
import type { Provider } from "./compiled/providers.ts";
import { isTensorflowNodeInstalled, loadTensorflowNode } from "./eager/tensorflowNode.ts";
import { withBackend } from "./withBackend.ts";

/** Width of the square matrices: large enough that a GPU is not measured by its start-up, small enough for a software one. */
const SIZE = 512;
const ROUNDS = 3;

export async function probeEngine(id: EngineId): Promise<EngineReport> {
  switch (id) {
    case "cpu":
    case "webgpu":
    case "cuda":
      return probeProvider(id);
    case "tfjs-node-gpu":
    case "tfjs-node":
      return probeTensorflowNode(id);
    case "eager":
      return { ...named(id), isUsable: true, found: "Always there.", remedy: null, halfPrecision: "none", gigaflops: null };
  }
}

const named = (id: EngineId) => ({ id, name: ENGINE_NAMES[id] });

/** a · b, where every element of the product is `SIZE`. */
const product: OnnxGraph = {
  nodes: [{ operation: "MatMul", domain: "", inputs: ["a", "b"], outputs: ["c"], attributes: {} }],
  inputs: ["a", "b"].map((name) => ({ name, elementType: "float32" as const, shape: [SIZE, SIZE] })),
  outputs: [{ name: "c", elementType: "float32", shape: [SIZE, SIZE] }],
  constants: [],
};

async function probeProvider(id: Provider): Promise<EngineReport> {
  const platform = `${process.platform} ${process.arch}`;
  let runtime: typeof OnnxRuntime;
  try {
    runtime = await import("onnxruntime-node");
  } catch (error) {
    const found = `ONNX Runtime does not load on ${platform}: ${sentence(error)}`;
    return unusableEngine(id, found, "Use the engine eager; ONNX Runtime has builds for Linux, Windows and macOS on Apple silicon.");
  }
  if (!runtime.listSupportedBackends().some(({ name }) => name === id))
    return unusableEngine(id, `ONNX Runtime has no ${id} provider in its build for ${platform}.`, null);
  if (id === "cuda" && !hasCudaLibraries()) return unusableEngine(id, "ONNX Runtime's CUDA libraries are not installed.", REMEDIES.cuda);

  const { CompiledGraph } = await import("./compiled/compileGraph.ts");
  const { Tensor } = runtime;
  try {
    const options = { numThreads: availableParallelism(), provider: id };
    const graph = await CompiledGraph.open({ onnx: product, inputNames: new Set(["a", "b"]) }, options);
    const ones = new Tensor("float32", new Float32Array(SIZE * SIZE).fill(1), [SIZE, SIZE]);
    const c = new Float32Array(SIZE * SIZE);
    const outputs = { c: new Tensor("float32", c, [SIZE, SIZE]) };
    const gigaflops = await timed(() => graph.run({ a: ones, b: ones }, outputs));
    await graph.release();
    const { hasHalfPrecision } = await import("./compiled/hasHalfPrecision.ts");
    const halfPrecision = id === "cpu" ? "rounded" : (await hasHalfPrecision(id)) ? "native" : "none";
    return rated(id, c, gigaflops, halfPrecision);
  } catch (error) {
    return unusableEngine(id, reasonOf(id, error), REMEDIES[id]);
  }
}

function probeTensorflowNode(id: "tfjs-node" | "tfjs-node-gpu"): Promise<EngineReport> | EngineReport {
  if (!isTensorflowNodeInstalled(id)) return unusableEngine(id, `@tensorflow/${id} is not installed.`, REMEDIES[id]);
  try {
    const backend = loadTensorflowNode(id);
    const multiply = async (): Promise<Float32Array> =>
      withBackend(backend, () => tf.matMul(tf.ones([SIZE, SIZE]), tf.ones([SIZE, SIZE])).dataSync() as Float32Array);
    let c = new Float32Array();
    return timed(async () => void (c = (await multiply()) as Float32Array<ArrayBuffer>)).then((gigaflops) =>
      rated(id, c, gigaflops, "none"),
    );
  } catch (error) {
    return unusableEngine(id, `@tensorflow/${id} is installed and does not load: ${sentence(error)}`, REMEDIES[id]);
  }
}

const REMEDIES: Readonly<Record<Exclude<EngineId, "eager">, string | null>> = {
  cpu: "Use the engine eager.",
  webgpu:
    process.platform === "linux"
      ? "Install a Vulkan driver and its loader (Debian and Ubuntu: libvulkan1 and mesa-vulkan-drivers, or NVIDIA's own driver)."
      : "Update the graphics driver.",
  cuda: "Run: npm run engine -- cuda (downloads ONNX Runtime's CUDA provider). It needs an NVIDIA driver, CUDA 12 and cuDNN 9.",
  "tfjs-node-gpu":
    "Run: npm run engine -- tfjs-node-gpu (downloads TensorFlow's library). It needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1.",
  "tfjs-node": "Run: npm run engine -- tfjs-node (downloads TensorFlow's library).",
};

/** The provider is a library beside ONNX Runtime's own, which the npm package leaves out for its size. */
function hasCudaLibraries(): boolean {
  const packageDir = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const name = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
  return existsSync(join(packageDir, "bin/napi-v6", process.platform, process.arch, name));
}

function reasonOf(id: Provider, error: unknown): string {
  const text = sentence(error);
  if (id === "webgpu" && text.includes("WebGPU adapter")) return "No graphics adapter was found that WebGPU can use.";
  return `${ENGINE_NAMES[id]} does not start: ${text}`;
}

/** @returns billions of operations a second in the fastest of some rounds; the first only warms up */
async function timed(multiply: () => Promise<void>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    const startedAt = performance.now();
    await multiply();
    if (round > 0) best = Math.min(best, performance.now() - startedAt);
  }
  return Number(((2 * SIZE ** 3) / best / 1e6).toPrecision(3));
}

function rated(id: EngineId, product_: Float32Array, gigaflops: number, halfPrecision: EngineReport["halfPrecision"]): EngineReport {
  if (product_.length !== SIZE * SIZE || product_.some((value) => value !== SIZE))
    return unusableEngine(id, "It starts, and computes a wrong matrix product.", "Update the graphics driver.");
  return {
    ...named(id),
    isUsable: true,
    found: `Works: ${gigaflops} GFLOP/s in a matrix product.`,
    remedy: null,
    halfPrecision,
    gigaflops,
  };
}

/** Of an error the first line, without ONNX Runtime's source places. */
function sentence(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).split("\n")[0]!.replace(/^.*\) was false\. /, "");
  return line.endsWith(".") ? line : `${line}.`;
}
