/**
 * @file The graphs of block mode: the embedding, one decoder layer that stands for all, and the head.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **E** embedding width, **D** model width, **S** supervised tokens (known at run time).
 */
import * as tf from "@tensorflow/tfjs-core";
import type { OptConfig } from "#contracts/model.ts";
import { causalAttention } from "#core/model/attention.ts";
import { decoderLayer, dropBy, embed, logitsAt } from "#core/model/forward.ts";
import {
  EMBED_TOKENS,
  FINAL_NORM,
  layerPrefix,
  parameterShapes,
  type ParameterShape,
  PROJECT_IN,
  PROJECT_OUT,
} from "#core/model/parameters.ts";
import { collectTaps, pooledState, POOL, stateName, tapInputName, tapResultName, type TapWork } from "#core/model/taps.ts";
import { crossEntropy } from "#core/training/loss.ts";
import { type BothWays, gradientName, type GraphInput, recordBothWays, type RecordedGraph, recordGraph } from "./recordGraph.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";
import { layerTapInputs, poolInput } from "./tapInputs.ts";

export interface BatchShape {
  readonly numExamples: number;
  readonly length: number;
}

export const HIDDEN = "hidden";
export const LOSS = "loss";
/** Supervised tokens whose logits exist at once: with a vocabulary of 50,272, 51 MB for each pass over them. */
export const HEAD_ROWS = 256;
/** Dropout sites of one layer. */
export const SITES = 2;

const float = (...shape: number[]): GraphInput => ({ shape, dtype: "float32" });

/** Parameters of one layer, by their names within it. */
export function layerShapes(config: OptConfig): ParameterShape[] {
  const prefix = layerPrefix(0);
  return parameterShapes(config)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, shape }) => ({ name: name.slice(prefix.length), shape }));
}

export function headShapes(config: OptConfig): ParameterShape[] {
  return parameterShapes(config).filter(({ name }) => name === EMBED_TOKENS || name === PROJECT_OUT || name.startsWith(FINAL_NORM));
}

export function embeddingShapes(config: OptConfig): ParameterShape[] {
  return parameterShapes(config).filter(({ name }) => name === PROJECT_IN);
}

const inputsOf = (shapes: readonly ParameterShape[]): [string, GraphInput][] => shapes.map(({ name, shape }) => [name, float(...shape)]);

/** Looked-up rows to the first hidden states. */
export function recordEmbedding(config: OptConfig, { numExamples, length }: BatchShape): BothWays {
  const { hiddenSize: D, wordEmbedProjDim: E } = config;
  const P = numExamples * length;
  const inputs = new Map([...inputsOf(embeddingShapes(config)), ["tokenRows", float(P, E)], ["positionRows", float(length, D)]]);
  return recordBothWays({
    inputs,
    variables: [...inputs.keys()],
    outputShape: [P, D],
    build: (tensors) =>
      embed(config, tensors, { numExamples, tokenRows_PE: tensors.get("tokenRows")!, positionRows_TD: tensors.get("positionRows")! }),
  });
}

/** Which graphs of a layer are wanted. */
export interface LayerGraphs {
  readonly dropoutRate: number;
  /** Of every weight, or only what the layers below need. */
  readonly gradients: "all" | "hidden";
  readonly work: TapWork | null;
}

/**
 * One decoder layer from `HIDDEN` to the next hidden states, with `keep0` and `keep1` where something drops. The results of its work come
 * with the gradients.
 */
export function recordLayer(config: OptConfig, shape: BatchShape, { dropoutRate, gradients, work }: LayerGraphs): BothWays {
  const { hiddenSize: D, numAttentionHeads: numHeads } = config;
  const P = shape.numExamples * shape.length;
  const shapes = layerShapes(config);
  const inputs = new Map([...inputsOf(shapes), [HIDDEN, float(P, D)]]);
  const variables = gradients === "all" ? [...inputs.keys()] : [HIDDEN];
  const masks = Array.from({ length: dropoutRate > 0 ? SITES : 0 }, (_, site) => `keep${site}`);
  for (const mask of masks) inputs.set(mask, { shape: [P, D], dtype: "bool" });
  for (const [name, input] of work === null ? [] : layerTapInputs(config, work, 0)) inputs.set(name, input);
  const collector = work === null ? null : collectTaps({ work, layers: [0], stateDepths: [] });
  try {
    return recordBothWays({
      inputs,
      variables,
      outputShape: [P, D],
      build: (tensors) => {
        const weights = new Map(shapes.map(({ name }) => [layerPrefix(0) + name, tensors.get(name)!]));
        const keepMasks_PD = masks.map((mask) => tensors.get(mask)!);
        const drop = masks.length === 0 ? undefined : dropBy(keepMasks_PD, dropoutRate);
        const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => causalAttention(q, k, v, { ...shape, numHeads });
        return decoderLayer(config, weights, 0, tensors.get(HIDDEN)!, attend, { drop, tap: collector?.watch.tap });
      },
      alongside: (tensors) => {
        if (work === null) return new Map();
        const results = work.compute(collector!.tapped(0), (map, name) => tensors.get(tapInputName({ layer: 0, map }, name))!, shape);
        return new Map([...results].map(([name, tensor]) => [tapResultName(0, name), tensor]));
      },
    });
  } finally {
    collector?.dispose();
  }
}

/** Hidden states after `depth` layers to their pooled state. */
export function recordPool(config: OptConfig, depth: number, shape: BatchShape): RecordedGraph {
  const P = shape.numExamples * shape.length;
  const norm = parameterShapes(config).filter(({ name }) => name.startsWith(FINAL_NORM));
  const inputs = new Map([...inputsOf(norm), [HIDDEN, float(P, config.hiddenSize)], [POOL, poolInput(shape)]]);
  return recordGraph(
    inputs,
    (tensors) => new Map([[stateName(0), pooledState(config, tensors, depth, tensors.get(HIDDEN)!, tensors.get(POOL)!)]]),
  );
}

/** What the head gives besides the loss: nothing, the gradient of the hidden states, or of its weights too. */
export type HeadPurpose = "evaluation" | "training" | "tapping";

/** Selected hidden states to the loss of each, and to the gradients of the sum weighted by `lossWeights`. */
export function recordHead(config: OptConfig, purpose: HeadPurpose): RecordedGraph {
  const { S } = RUN_TIME_SIZES;
  const inputs = new Map([...inputsOf(headShapes(config)), [HIDDEN, float(S, config.hiddenSize)]]);
  const variables = purpose === "tapping" ? [HIDDEN] : [...inputs.keys()];
  inputs.set("targets", { shape: [S], dtype: "int32" });
  inputs.set("lossWeights", float(S));
  return recordGraph(inputs, (tensors) => {
    const lossOf = (...values: tf.Tensor[]): tf.Tensor => {
      const weights = new Map(tensors);
      variables.forEach((name, i) => weights.set(name, values[i]!));
      return crossEntropy(logitsAt(config, weights, weights.get(HIDDEN)!, weights.get(EMBED_TOKENS)!), tensors.get("targets")!);
    };
    const values = variables.map((name) => tensors.get(name)!);
    if (purpose === "evaluation") return new Map([[LOSS, lossOf(...values)]]);
    const { value, grads } = tf.valueAndGrads(lossOf)(values, tensors.get("lossWeights")!);
    return new Map([[LOSS, value], ...variables.map((name, i) => [gradientName(name), grads[i]!] as const)]);
  });
}
