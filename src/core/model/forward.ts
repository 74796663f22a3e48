/**
 * @file The OPT decoder (Zhang et al. 2022) as published in Hugging Face's `modeling_opt.py`, in TensorFlow.js operations.
 *
 * Shapes: **P** tokens of a micro-batch (B x T), **B** batch, **T** time, **D** model width, **E** embedding width (differs from D in
 * OPT-350M only), **S** selected tokens, **V** vocabulary. All tensors are borrowed; results are owned by the caller.
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { LinearMap } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import { addPositions, addResidual, dropout, layerNorm, linear, type LinearObserver, relu } from "./operations.ts";
import { causalAttention } from "./attention.ts";
import { FINAL_NORM, layerPrefix, PROJECT_IN, PROJECT_OUT } from "./parameters.ts";

/** Parameters as tensors, by their checkpoint names. */
export type Weights = ReadonlyMap<string, tf.Tensor>;

/** What one layer's attention does with its projections: look back over whole examples, or into a cache. */
export type Attend = (q_PD: tf.Tensor, k_PD: tf.Tensor, v_PD: tf.Tensor, layer: number) => tf.Tensor;

/** Keeps the rest of the model unaware of whether something is dropped. `site` counts through the model: two in each layer. */
export type Drop = (x_PD: tf.Tensor, site: number) => tf.Tensor;

export const numDropoutSites = (config: OptConfig): number => 2 * config.numHiddenLayers;

const keepAll: Drop = (x_PD) => x_PD;

/** Drops by one boolean mask for each site. */
export const dropBy =
  (masks_PD: readonly tf.Tensor[], rate: number): Drop =>
  (x_PD, site) =>
    dropout(x_PD, masks_PD[site]!, rate);

function weightsUnder(weights: Weights, prefix: string): (name: string) => tf.Tensor {
  return (name) => {
    const tensor = weights.get(prefix + name);
    if (tensor === undefined) throw new Error(`no weight ${prefix}${name}`);
    return tensor;
  };
}

const normBy = (x_PD: tf.Tensor, weight: (name: string) => tf.Tensor, name: string): tf.Tensor =>
  layerNorm(x_PD, weight(`${name}.weight`), weight(`${name}.bias`));

/** Who watches a layer's linear map; the rest of the model stays unaware. */
export type Tap = (layer: number, map: LinearMap) => LinearObserver | undefined;

/** What may look at a pass without changing it. */
export interface ForwardWatch {
  readonly tap?: Tap;
  /** Told of the hidden states after each layer; `depth` counts the layers passed. The tensor is borrowed. */
  readonly onHidden?: (depth: number, hidden_PD: tf.Tensor) => void;
}

export interface LayerHooks {
  readonly drop?: Drop | undefined;
  readonly tap?: Tap | undefined;
}

/** One decoder layer: attention and feed-forward, each with its residual; norms before (pre-norm) or after the sum (post-norm, 350M). */
export function decoderLayer(
  config: OptConfig,
  weights: Weights,
  layer: number,
  x_PD: tf.Tensor,
  attend: Attend,
  { drop = keepAll, tap }: LayerHooks = {},
): tf.Tensor {
  const weight = weightsUnder(weights, layerPrefix(layer));
  const isPreNorm = config.doLayerNormBefore;
  const map = (x: tf.Tensor, name: LinearMap): tf.Tensor => linear(x, weight(`${name}.weight`), weight(`${name}.bias`), tap?.(layer, name));
  const attentionIn_PD = isPreNorm ? normBy(x_PD, weight, "self_attn_layer_norm") : x_PD;
  const q_PD = map(attentionIn_PD, "self_attn.q_proj");
  const k_PD = map(attentionIn_PD, "self_attn.k_proj");
  const v_PD = map(attentionIn_PD, "self_attn.v_proj");
  const attended_PD = map(attend(q_PD, k_PD, v_PD, layer), "self_attn.out_proj");
  const middleSum_PD = addResidual(x_PD, drop(attended_PD, 2 * layer));
  const middle_PD = isPreNorm ? middleSum_PD : normBy(middleSum_PD, weight, "self_attn_layer_norm");

  const feedIn_PD = isPreNorm ? normBy(middle_PD, weight, "final_layer_norm") : middle_PD;
  const fed_PD = map(relu(map(feedIn_PD, "fc1")), "fc2");
  const sum_PD = addResidual(middle_PD, drop(fed_PD, 2 * layer + 1));
  return isPreNorm ? sum_PD : normBy(sum_PD, weight, "final_layer_norm");
}

/** All decoder layers, from the first hidden states to the last, before any final norm. */
export function decoderLayers(
  config: OptConfig,
  weights: Weights,
  x_PD: tf.Tensor,
  attend: Attend,
  { onHidden, ...hooks }: LayerHooks & ForwardWatch = {},
): tf.Tensor {
  let hidden_PD = x_PD;
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    hidden_PD = decoderLayer(config, weights, layer, hidden_PD, attend, hooks);
    onHidden?.(layer + 1, hidden_PD);
  }
  return hidden_PD;
}

/** Token rows into the model's width. */
export function projectIn(config: OptConfig, weights: Weights, tokenRows_PE: tf.Tensor): tf.Tensor {
  return config.wordEmbedProjDim === config.hiddenSize ? tokenRows_PE : linear(tokenRows_PE, weights.get(PROJECT_IN)!, null);
}

export interface EmbeddingInputs {
  readonly numExamples: number;
  /** Rows of `embed_tokens`, one for each token. */
  readonly tokenRows_PE: tf.Tensor;
  /** Rows of `embed_positions` for positions 0 to T-1, offset already applied. */
  readonly positionRows_TD: tf.Tensor;
}

/** The first hidden states: token rows in the model's width, plus positions. */
export function embed(config: OptConfig, weights: Weights, { numExamples, tokenRows_PE, positionRows_TD }: EmbeddingInputs): tf.Tensor {
  return addPositions(projectIn(config, weights, tokenRows_PE), positionRows_TD, numExamples);
}

export interface ForwardInputs extends EmbeddingInputs {
  readonly length: number;
  readonly drop?: Drop;
  readonly watch?: ForwardWatch | undefined;
  /** Sees every layer's keys and values, for a cache. */
  readonly onKeysValues?: (layer: number, k_PD: tf.Tensor, v_PD: tf.Tensor) => void;
}

/** Hidden states of whole examples, before any final norm: norm and head are applied to selected positions only. */
export function hiddenStates(config: OptConfig, weights: Weights, inputs: ForwardInputs): tf.Tensor {
  const { numExamples, length } = inputs;
  const shape = { numExamples, length, numHeads: config.numAttentionHeads };
  const x_PD = embed(config, weights, inputs);
  const attend: Attend = (q_PD, k_PD, v_PD, layer) => {
    inputs.onKeysValues?.(layer, k_PD, v_PD);
    return causalAttention(q_PD, k_PD, v_PD, shape);
  };
  return decoderLayers(config, weights, x_PD, attend, { drop: inputs.drop, ...inputs.watch });
}

/** The norm after the last layer; post-norm models have none. */
export const finalNorm = (config: OptConfig, weights: Weights, hidden_SD: tf.Tensor): tf.Tensor =>
  config.doLayerNormBefore ? normBy(hidden_SD, weightsUnder(weights, ""), FINAL_NORM) : hidden_SD;

/** Final norm (pre-norm models), projection to the embedding's width, and the head tied to `embed_tokens`. */
export function logitsAt(config: OptConfig, weights: Weights, hidden_SD: tf.Tensor, embedTokens_VE: tf.Tensor): tf.Tensor {
  const normed_SD = finalNorm(config, weights, hidden_SD);
  const projected_SE = config.wordEmbedProjDim === config.hiddenSize ? normed_SD : linear(normed_SD, weights.get(PROJECT_OUT)!, null);
  return linear(projected_SE, embedTokens_VE, null);
}
