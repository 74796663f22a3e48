/** @file The compute engines a run can use: their names, and what was found of them on this machine. */

/** In the order in which people see them. */
export const ENGINE_IDS = ["cpu", "webgpu", "cuda", "tfjs-node-gpu", "tfjs-node", "eager"] as const;
export type EngineId = (typeof ENGINE_IDS)[number];

/** `auto`: the fastest that is usable. */
export const ENGINE_CHOICES = ["auto", ...ENGINE_IDS] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

export const ENGINE_NAMES: Readonly<Record<EngineId, string>> = {
  cpu: "ONNX Runtime on the CPU",
  webgpu: "ONNX Runtime on a GPU of any vendor (WebGPU)",
  cuda: "ONNX Runtime on an NVIDIA GPU (CUDA)",
  "tfjs-node-gpu": "TensorFlow.js with TensorFlow's library on an NVIDIA GPU",
  "tfjs-node": "TensorFlow.js with TensorFlow's library on the CPU",
  eager: "TensorFlow.js in plain JavaScript, the slow reference",
};

/** What was found of one engine. */
export interface EngineReport {
  readonly id: EngineId;
  readonly name: string;
  readonly isUsable: boolean;
  /** What was found, or why the engine cannot be used; a sentence. */
  readonly found: string;
  /** What would make it usable; null where it is, or where nothing would. */
  readonly remedy: string | null;
  /** `rounded`: computed in float32 from rounded factors, which is no faster. */
  readonly halfPrecision: "native" | "rounded" | "none";
  /** Billions of floating-point operations a second in a matrix product, arrays in main memory; null where nothing was measured. */
  readonly gigaflops: number | null;
}

export const unusableEngine = (id: EngineId, found: string, remedy: string | null): EngineReport => ({
  id,
  name: ENGINE_NAMES[id],
  isUsable: false,
  found,
  remedy,
  halfPrecision: "none",
  gigaflops: null,
});

export const HALF_PRECISION_WORDS: Readonly<Record<EngineReport["halfPrecision"], string>> = {
  native: "Has half precision.",
  rounded: "Half precision by rounding, computed in float32: no faster.",
  none: "No half precision.",
};

/** What computes a run, and why it. */
export interface RunEngine {
  readonly id: EngineId;
  /** As the configuration asks. */
  readonly wanted: EngineChoice;
  /** In the engine's own words: "ONNX Runtime CPU, 2 threads"; null until it has started. */
  readonly name: string | null;
  /** Why this one, where `auto` chose or another was wanted; null where it is what was asked for. */
  readonly note: string | null;
}
