/**
 * @file Loss of a micro-batch and its gradient with respect to every parameter, in TensorFlow.js. The compiled engine calls it once for each
 * shape to record a graph, the eager engine in every step: one model, one derivative.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **E** embedding width, **D** model width, **S** supervised tokens, **V** vocabulary.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { OptConfig } from "#contracts/model.ts";
import { dropBy, type ForwardWatch, hiddenStates, logitsAt, type Weights } from "../model/forward.ts";
import { selectRows } from "../model/operations.ts";
import { EMBED_POSITIONS, EMBED_TOKENS } from "../model/parameters.ts";
import { crossEntropy } from "./loss.ts";

export interface LossTensors {
  readonly numExamples: number;
  readonly length: number;
  /** Every parameter but `embed_positions`, whose rows come looked up. `embed_tokens` is here as the head. */
  readonly weights: Weights;
  readonly tokenRows_PE: tf.Tensor;
  readonly positionRows_TD: tf.Tensor;
  /** int32, see `SupervisedTokens`. */
  readonly predictorPlaces_S: tf.Tensor;
  readonly inverse_P: tf.Tensor;
  readonly targets_S: tf.Tensor;
  /** Which numbers to keep at each dropout site (bool); none where nothing drops. */
  readonly keepMasks_PD: readonly tf.Tensor[];
  /** Probability of being dropped, already counted in the masks; here it scales what is kept. */
  readonly dropoutRate: number;
  /** Looks at the pass while it runs. */
  readonly watch?: ForwardWatch;
}

/** `loss[s]` in nats, for each supervised token. Owned by the caller. */
export function perTokenLoss(config: OptConfig, tensors: LossTensors): tf.Tensor {
  const { numExamples, length, weights, tokenRows_PE, positionRows_TD, keepMasks_PD } = tensors;
  const drop = keepMasks_PD.length === 0 ? {} : { drop: dropBy(keepMasks_PD, tensors.dropoutRate) };
  const hidden_PD = hiddenStates(config, weights, { numExamples, length, tokenRows_PE, positionRows_TD, watch: tensors.watch, ...drop });
  const selected_SD = selectRows(hidden_PD, tensors.predictorPlaces_S, tensors.inverse_P);
  return crossEntropy(logitsAt(config, weights, selected_SD, weights.get(EMBED_TOKENS)!), tensors.targets_S);
}

/** Name under which the gradient of the looked-up token rows is returned; it belongs into rows of `embed_tokens`, beside the head's. */
export const TOKEN_ROWS = "tokenRows";

/**
 * The loss and the gradient of `sum over s of lossWeights[s] * loss[s]`.
 *
 * @param lossWeights_S  1 for a plain sum; borrowed
 * @returns loss_S, and gradients by parameter name, with `embed_positions` holding those of positions 0 to T-1 only and `TOKEN_ROWS` those
 *   of the looked-up rows; all owned by the caller
 */
export function lossAndGradients(
  config: OptConfig,
  tensors: LossTensors,
  lossWeights_S: tf.Tensor,
): { loss_S: tf.Tensor; gradients: Map<string, tf.Tensor> } {
  const names = [...tensors.weights.keys(), EMBED_POSITIONS, TOKEN_ROWS];
  const inputs = [...tensors.weights.values(), tensors.positionRows_TD, tensors.tokenRows_PE];
  const lossOf = (...args: tf.Tensor[]): tf.Tensor => {
    const byName = new Map(names.map((name, i) => [name, args[i]!]));
    return perTokenLoss(config, {
      ...tensors,
      weights: byName,
      positionRows_TD: byName.get(EMBED_POSITIONS)!,
      tokenRows_PE: byName.get(TOKEN_ROWS)!,
    });
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(inputs, lossWeights_S);
  return { loss_S: value, gradients: new Map(names.map((name, i) => [name, grads[i]!])) };
}
