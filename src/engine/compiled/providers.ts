/** @file ONNX Runtime's execution providers that the compiled engine runs on. */

/** As ONNX Runtime calls them. */
export type Provider = "cpu" | "webgpu" | "cuda";

/** In words: "ONNX Runtime CPU, 2 threads". */
export function describeProvider(provider: Provider, numThreads: number): string {
  if (provider === "cpu") return `ONNX Runtime CPU, ${numThreads} ${numThreads === 1 ? "thread" : "threads"}`;
  return provider === "webgpu" ? "ONNX Runtime WebGPU" : "ONNX Runtime CUDA";
}
