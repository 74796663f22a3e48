/** @file Opens a compute engine over a model given as a configuration and weights. */
import { availableParallelism, totalmem } from "node:os";
import type { EngineId } from "#contracts/engines.ts";
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import type { Precision } from "#contracts/run.ts";
import { initialParameters, type ParameterValues } from "#core/model/parameters.ts";
import type { BatchShape } from "./compiled/blockGraphs.ts";
import type { CompileProgress, GraphCacheOptions } from "./compiled/graphCache.ts";
import { chooseMode, type ChosenMode, type GraphMode, nameOfMode, USABLE_SHARE } from "./compiled/graphMode.ts";
import type { Provider } from "./compiled/providers.ts";
import { EagerBackend } from "./eager/eagerBackend.ts";
import { loadTensorflowNode } from "./eager/tensorflowNode.ts";
import type { EagerTfBackend } from "./eager/weightTensors.ts";
import { loadModelFolder, type LoadOptions, type Model } from "./modelFolder.ts";
import { HostEngine, type ModelEngine, parameterArrays } from "./modelEngine.ts";
import type { BackendParts, StepBackend } from "./stepBackend.ts";
import { ParameterMemory } from "./wasm/parameterMemory.ts";

/** `compiled` is the compiled engine where it runs best as far as is known without asking: on the CPU. */
export type EngineKind = EngineId | "compiled";

/** Where the model comes from: a folder in Hugging Face layout, given weights, or weights drawn from a seed. */
export type ModelSource =
  | { readonly modelDir: string; readonly onRead?: LoadOptions["onProgress"] }
  | { readonly config: OptConfig; readonly parameters: readonly ParameterValues[] }
  | { readonly config: OptConfig; readonly seed: number };

interface EngineSettings {
  readonly kind: EngineKind;
  /** In training; the model's own where absent. */
  readonly dropout?: number;
  /** float32 where absent. */
  readonly precision?: Precision;
  /** All processors where absent. */
  readonly numThreads?: number;
  /** Told before a graph is compiled, which takes from a tenth of a second to several seconds. */
  readonly onCompile?: (progress: CompileProgress) => void;
  /** Sets of compiled graphs kept open: one for each batch shape and purpose. */
  readonly graphLimit?: number;
  /** One graph or block by block; chosen from the model's shape, `largestBatch` and the machine's memory where absent. */
  readonly graphMode?: GraphMode;
  /** What the engine should have room for; one example as long as the model's window where absent. */
  readonly largestBatch?: BatchShape;
  /** Memory that training may take; most of the machine's where absent. Layers are recomputed where it would not suffice otherwise. */
  readonly memoryBytes?: number;
}

export type EngineOptions = ModelSource & EngineSettings;

const DEFAULT_GRAPH_LIMIT = 64;

/** For what is loaded on demand: ONNX Runtime has no build for some machines (macOS on Intel), where the eager engine still works. */
const noRuntime = (cause: unknown): never => {
  throw new AppError("E_ENGINE", { detail: `ONNX Runtime does not load on this machine (${String(cause)})` }, { cause });
};

const numThreadsOf = ({ numThreads }: EngineSettings): number => numThreads ?? availableParallelism();

const cacheOptions = (provider: Provider, settings: EngineSettings): GraphCacheOptions => ({
  provider,
  numThreads: numThreadsOf(settings),
  limit: settings.graphLimit ?? DEFAULT_GRAPH_LIMIT,
  ...(settings.onCompile === undefined ? {} : { onCompile: settings.onCompile }),
  ...(settings.precision === undefined ? {} : { precision: settings.precision }),
});

/** Said before a model is loaded, not by the first step. */
async function requirePrecision(on: ReturnType<typeof placeOf>, { precision, kind }: EngineSettings): Promise<void> {
  if (precision !== "fp16") return;
  const { hasHalfPrecision } = await import("./compiled/hasHalfPrecision.ts").catch(noRuntime);
  if ("provider" in on && (await hasHalfPrecision(on.provider))) return;
  const what = kind === "webgpu" ? "this graphics device (it lacks shader-f16)" : `the engine ${kind}`;
  throw new AppError("E_ENGINE", { detail: `${what} has no half precision; set precision to fp32, or choose another engine` });
}

async function compiledBackend(provider: Provider, settings: EngineSettings, config: OptConfig, parts: BackendParts): Promise<StepBackend> {
  const { CompiledBackend } = await import("./compiled/compiledBackend.ts").catch(noRuntime);
  const largestBatch = settings.largestBatch ?? { numExamples: 1, length: config.maxPositionEmbeddings };
  return new CompiledBackend(config, parts, {
    ...cacheOptions(provider, settings),
    largestTokens: largestBatch.numExamples * largestBatch.length,
    chosen: chosenMode(provider, settings, config, largestBatch),
  });
}

function chosenMode(
  provider: Provider,
  { graphMode, memoryBytes = USABLE_SHARE * totalmem() }: EngineSettings,
  config: OptConfig,
  largestBatch: BatchShape,
): ChosenMode {
  if (graphMode !== undefined) return { mode: graphMode, reason: `${nameOfMode(graphMode)}: asked for` };
  // between the graphs of block mode everything would travel to main memory and back
  if (provider !== "cpu") return { mode: { kind: "whole" }, reason: "whole graph: what lies between layers stays on the GPU" };
  return chooseMode(config, largestBatch, memoryBytes);
}

async function modelOf(source: ModelSource, roomFor?: LoadOptions["roomFor"]): Promise<Model> {
  if ("modelDir" in source)
    return loadModelFolder(source.modelDir, {
      ...(source.onRead === undefined ? {} : { onProgress: source.onRead }),
      ...(roomFor === undefined ? {} : { roomFor }),
    });
  return "parameters" in source ? source : { config: source.config, parameters: initialParameters(source.config, source.seed) };
}

/** A model read to where it is trained: beside arrays of its own it would be in memory twice until the garbage collector comes. */
async function modelInPlace(
  source: ModelSource,
  numThreads: number,
): Promise<{ readonly config: OptConfig; readonly memory: ParameterMemory }> {
  let memory: ParameterMemory | undefined;
  const { config, parameters } = await modelOf(source, (shapes) => (memory = new ParameterMemory(shapes, numThreads)).parameters);
  if (memory !== undefined) return { config, memory };
  memory = new ParameterMemory(parameters, numThreads);
  memory.parameters.forEach(({ values }, i) => values.set(parameters[i]!.values));
  return { config, memory };
}

/** What computes for the compiled engine, or for the eager one. */
function placeOf(kind: EngineKind): { readonly provider: Provider } | { readonly tfBackend: EagerTfBackend } {
  switch (kind) {
    case "compiled":
    case "cpu":
      return { provider: "cpu" };
    case "webgpu":
    case "cuda":
      return { provider: kind };
    case "tfjs-node-gpu":
    case "tfjs-node":
      return { tfBackend: loadTensorflowNode(kind) };
    case "eager":
      return { tfBackend: "cpu" };
  }
}

/** @throws E_MODEL_INVALID, E_FILE_NOT_FOUND where the folder does not hold a model that fits */
export async function openEngine(options: EngineOptions): Promise<ModelEngine> {
  const on = placeOf(options.kind);
  await requirePrecision(on, options);
  if ("tfBackend" in on) {
    const model = await modelOf(options);
    const { config } = model;
    const dropoutRate = options.dropout ?? config.dropout;
    const parameters = parameterArrays(model.parameters);
    const backend = new EagerBackend(config, { parameters, dropoutRate }, on.tfBackend);
    return new HostEngine({ config, parameters, backend, dropoutRate });
  }
  // block mode gathers and adds between its graphs, in main memory
  if (on.provider === "webgpu" && options.graphMode?.kind !== "block") {
    const { DeviceEngine } = await import("./deviceEngine.ts").catch(noRuntime);
    const { config, parameters } = await modelOf(options);
    return new DeviceEngine(config, parameters, options.dropout ?? config.dropout, cacheOptions(on.provider, options));
  }
  const { takesSharedArrays } = await import("./compiled/takesSharedArrays.ts").catch(noRuntime);
  const { config, memory } = await modelInPlace(options, (await takesSharedArrays()) ? numThreadsOf(options) : 1);
  const { parameters } = memory;
  const dropoutRate = options.dropout ?? config.dropout;
  const backend = await compiledBackend(on.provider, options, config, { parameters, dropoutRate });
  return new HostEngine({ config, parameters, optimizer: memory, backend, dropoutRate });
}
