/** @file Opens a compute engine over a model given as a configuration and weights. */
import { availableParallelism } from "node:os";
import type { OptConfig } from "#contracts/model.ts";
import { initialParameters, type ParameterValues } from "#core/model/parameters.ts";
import { CompiledBackend, type CompileProgress } from "./compiled/compiledBackend.ts";
import { EagerBackend } from "./eager/eagerBackend.ts";
import { ModelEngine, parameterArrays } from "./modelEngine.ts";

export type EngineKind = "compiled" | "eager";

export interface EngineOptions {
  readonly config: OptConfig;
  /** Absent: drawn from `seed`. The arrays are taken over, not copied. */
  readonly parameters?: readonly ParameterValues[];
  readonly seed?: number;
  readonly kind: EngineKind;
  /** In training; the model's own where absent. */
  readonly dropout?: number;
  /** All processors where absent. */
  readonly numThreads?: number;
  /** Told before a graph is compiled, which takes from a tenth of a second to several seconds. */
  readonly onCompile?: (progress: CompileProgress) => void;
  /** What compiled graphs may hold between runs, in bytes. */
  readonly activationLimitBytes?: number;
}

const DEFAULT_ACTIVATION_LIMIT = 4 * 2 ** 30;

export async function openEngine(options: EngineOptions): Promise<ModelEngine> {
  const { config, kind } = options;
  const parameters = parameterArrays(options.parameters ?? initialParameters(config, options.seed ?? 0));
  const dropoutRate = options.dropout ?? config.dropout;
  const parts = { parameters, dropoutRate };
  const backend =
    kind === "eager"
      ? new EagerBackend(config, parts)
      : new CompiledBackend(config, parts, {
          numThreads: options.numThreads ?? availableParallelism(),
          activationLimitBytes: options.activationLimitBytes ?? DEFAULT_ACTIVATION_LIMIT,
          ...(options.onCompile === undefined ? {} : { onCompile: options.onCompile }),
        });
  return new ModelEngine(config, parameters, backend, dropoutRate);
}
