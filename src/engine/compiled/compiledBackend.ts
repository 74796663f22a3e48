/** @file The compiled engine's steps: ONNX graphs over the parameter arrays themselves, one for all or layer by layer. */
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import type { Decoding } from "#core/model/generate.ts";
import { EMBED_POSITIONS } from "#core/model/parameters.ts";
import type { TapRequest } from "#core/model/taps.ts";
import type { StepArrays } from "../stepArrays.ts";
import type { BackendParts, StepBackend, StepOutputs } from "../stepBackend.ts";
import { BlockMode } from "./blockMode.ts";
import { CompiledDecoding } from "./compiledDecoding.ts";
import { type ChosenMode, nameOfMode } from "./graphMode.ts";
import { GraphCache, type GraphCacheOptions } from "./graphCache.ts";
import { describeProvider } from "./providers.ts";
import { WholeGraph } from "./wholeGraph.ts";

export interface CompiledOptions extends GraphCacheOptions {
  readonly chosen: ChosenMode;
  /** Tokens of the largest batch expected. */
  readonly largestTokens: number;
}

export class CompiledBackend implements StepBackend {
  readonly name: string;
  readonly modeReason: string;
  private readonly config: OptConfig;
  private readonly parts: BackendParts;
  private readonly weights: Readonly<Record<string, Tensor>>;
  private readonly graphs: GraphCache;
  private readonly steps: Pick<StepBackend, "loss" | "gradients" | "tapped">;

  constructor(config: OptConfig, parts: BackendParts, options: CompiledOptions) {
    const {
      chosen: { mode, reason },
      numThreads,
      provider,
      precision,
      largestTokens,
    } = options;
    this.name = `${describeProvider(provider ?? "cpu", numThreads)}, ${nameOfMode(mode)}${precision === "fp16" ? ", fp16" : ""}`;
    this.modeReason = reason;
    this.config = config;
    this.parts = parts;
    this.weights = Object.fromEntries(
      parts.parameters
        .filter(({ name }) => name !== EMBED_POSITIONS)
        .map(({ name, values, shape }) => [name, new Tensor("float32", values, [...shape])]),
    );
    this.graphs = new GraphCache(options);
    const { graphs, weights } = this;
    this.steps =
      mode.kind === "whole"
        ? new WholeGraph(config, parts, graphs, weights)
        : new BlockMode(config, parts, { graphs, weights, numRecomputed: mode.numRecomputed, largestTokens });
  }

  loss(arrays: StepArrays, loss_S: Float32Array): Promise<void> {
    return this.steps.loss(arrays, loss_S);
  }

  gradients(arrays: StepArrays, into: StepOutputs): Promise<void> {
    return this.steps.gradients(arrays, into);
  }

  tapped(arrays: StepArrays, loss_S: Float32Array, taps: TapRequest): Promise<void> {
    return this.steps.tapped(arrays, loss_S, taps);
  }

  openDecoding(numRows: number, capacity: number): Decoding {
    const { config, weights, graphs } = this;
    return new CompiledDecoding({ config, parameters: this.parts.parameters, weights, graphs }, numRows, capacity);
  }

  dispose(): Promise<void> {
    return this.graphs.dispose();
  }
}
