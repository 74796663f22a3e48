/** @file Whether a model runs as one graph or block by block: decided once for each engine, from shape and memory. */
import type { OptConfig } from "#contracts/model.ts";
import { countParameters } from "#core/model/parameters.ts";
import { type BatchShape, HEAD_ROWS, SITES } from "./blockGraphs.ts";

export type GraphMode =
  | { readonly kind: "whole" }
  /** The first `numRecomputed` layers save nothing and are computed again in the backward pass. */
  | { readonly kind: "block"; readonly numRecomputed: number };

export interface ChosenMode {
  readonly mode: GraphMode;
  /** In words, for whoever watches a run. */
  readonly reason: string;
}

export const nameOfMode = (mode: GraphMode): string =>
  mode.kind === "whole"
    ? "whole graph"
    : mode.numRecomputed === 0
      ? "block mode"
      : `block mode, ${mode.numRecomputed} ${mode.numRecomputed === 1 ? "layer" : "layers"} recomputed`;

const FLOAT = Float32Array.BYTES_PER_ELEMENT;
/** Weights, gradients and two moments. */
const ARRAYS_PER_PARAMETER = 4;
/** The program, its compiled graphs, and what the allocator does not give back. */
const BASE_BYTES = 0.6e9;
/** Up to this width starting a graph for each layer costs more than it saves. */
const NARROW = 512;
/** Share of the machine's memory that training may take: the rest is for the system and the window. */
export const USABLE_SHARE = 0.8;

/**
 * Peak memory of a training step in bytes; what a mode holds was counted in numbers per token and layer, and checked against peaks measured
 * with OPT-350M's width at 256 to 2,048 tokens.
 */
export function estimatePeakBytes(config: OptConfig, { numExamples, length }: BatchShape, mode: GraphMode): number {
  const { hiddenSize: D, ffnDim: F, numHiddenLayers: L, vocabSize: V } = config;
  const P = numExamples * length;
  const parameters = ARRAYS_PER_PARAMETER * countParameters(config);
  const activations =
    mode.kind === "whole"
      ? P * L * (26 * D + 4 * F)
      : // saved: q, k, v, what attention gives, both sums, the norm between them, the feed-forward's inside; every layer's input; one at work
        P * ((L - mode.numRecomputed) * (7 * D + F) + (L + 1) * D + 14 * D + 5 * F) +
        4 * HEAD_ROWS * V +
        // two dropout masks a layer, of one byte a number; what later micro-batches add to the head's and a layer's gradients
        (SITES * P * L * D) / FLOAT +
        V * config.wordEmbedProjDim +
        4 * D * D +
        2 * D * F;
  return BASE_BYTES + FLOAT * (parameters + activations);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * One graph for a narrow model where it fits; otherwise block mode, with as many layers recomputed as memory demands.
 *
 * @param largest      the largest batch to have room for
 * @param memoryBytes  what training may take: a share of the machine's, not of what is free now, because a resumed run must choose the same
 */
export function chooseMode(config: OptConfig, largest: BatchShape, memoryBytes: number): ChosenMode {
  const { numHiddenLayers: L, hiddenSize: D } = config;
  const tokens = largest.numExamples * largest.length;
  const at = `${L} layers of ${D.toLocaleString("en")} at ${tokens.toLocaleString("en")} tokens`;
  const whole = estimatePeakBytes(config, largest, { kind: "whole" });
  if (D <= NARROW && whole <= memoryBytes) return { mode: { kind: "whole" }, reason: `whole graph: ${at} need ${gigabytes(whole)}` };

  let numRecomputed = 0;
  const block = (): number => estimatePeakBytes(config, largest, { kind: "block", numRecomputed });
  const everythingSaved = block();
  while (numRecomputed < L && block() > memoryBytes) numRecomputed += 1;
  const why = `block mode: ${at} would need ${gigabytes(whole)} as one graph, ${gigabytes(everythingSaved)} block by block`;
  const recomputed = `; ${numRecomputed} of ${L} layers are computed twice, which needs ${gigabytes(block())} where ${gigabytes(memoryBytes)} may be taken`;
  return { mode: { kind: "block", numRecomputed }, reason: numRecomputed === 0 ? why : why + recomputed };
}

/** What `estimatePeakBytes` says of the mode that would be chosen: more than the machine's memory where nothing fits. */
export function expectedPeakBytes(config: OptConfig, largest: BatchShape, memoryBytes: number): number {
  return estimatePeakBytes(config, largest, chooseMode(config, largest, memoryBytes).mode);
}
