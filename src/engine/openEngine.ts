/** @file Opens a compute engine over a model given as a configuration and weights. */
import { availableParallelism } from "node:os";
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { initialParameters, type ParameterValues } from "#core/model/parameters.ts";
import type { CompileProgress } from "./compiled/compiledBackend.ts";
import { EagerBackend } from "./eager/eagerBackend.ts";
import { loadModelFolder, type Model } from "./modelFolder.ts";
import { ModelEngine, parameterArrays } from "./modelEngine.ts";
import type { BackendParts, StepBackend } from "./stepBackend.ts";

export type EngineKind = "compiled" | "eager";

/** Where the model comes from: a folder in Hugging Face layout, given weights (taken over, not copied), or weights drawn from a seed. */
export type ModelSource =
  | { readonly modelDir: string }
  | { readonly config: OptConfig; readonly parameters: readonly ParameterValues[] }
  | { readonly config: OptConfig; readonly seed: number };

interface EngineSettings {
  readonly kind: EngineKind;
  /** In training; the model's own where absent. */
  readonly dropout?: number;
  /** All processors where absent. */
  readonly numThreads?: number;
  /** Told before a graph is compiled, which takes from a tenth of a second to several seconds. */
  readonly onCompile?: (progress: CompileProgress) => void;
  /** Compiled graphs kept open: one for each batch shape and purpose. */
  readonly graphLimit?: number;
}

export type EngineOptions = ModelSource & EngineSettings;

const DEFAULT_GRAPH_LIMIT = 64;

/** Loaded on demand: ONNX Runtime has no build for some machines (macOS on Intel), where the eager engine still works. */
async function compiledBackend(settings: EngineSettings, config: OptConfig, parts: BackendParts): Promise<StepBackend> {
  const { CompiledBackend } = await import("./compiled/compiledBackend.ts").catch((cause: unknown) => {
    throw new AppError("E_ENGINE", { detail: `ONNX Runtime does not load on this machine (${String(cause)})` }, { cause });
  });
  return new CompiledBackend(config, parts, {
    numThreads: settings.numThreads ?? availableParallelism(),
    graphLimit: settings.graphLimit ?? DEFAULT_GRAPH_LIMIT,
    ...(settings.onCompile === undefined ? {} : { onCompile: settings.onCompile }),
  });
}

async function modelOf(source: ModelSource): Promise<Model> {
  if ("modelDir" in source) return loadModelFolder(source.modelDir);
  return "parameters" in source ? source : { config: source.config, parameters: initialParameters(source.config, source.seed) };
}

/** @throws E_MODEL_INVALID, E_FILE_NOT_FOUND where the folder does not hold a model that fits */
export async function openEngine(options: EngineOptions): Promise<ModelEngine> {
  const model = await modelOf(options);
  const { config } = model;
  const parameters = parameterArrays(model.parameters);
  const dropoutRate = options.dropout ?? config.dropout;
  const parts = { parameters, dropoutRate };
  const backend = options.kind === "eager" ? new EagerBackend(config, parts) : await compiledBackend(options, config, parts);
  return new ModelEngine(config, parameters, backend, dropoutRate);
}
