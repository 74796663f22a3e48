/**
 * @file Cross-entropy of supervised tokens, and the one place where targets are shifted against positions.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **S** supervised tokens of a micro-batch, **V** vocabulary.
 */
import * as tf from "@tensorflow/tfjs-core";
import { logSoftmax, withGradient } from "../model/operations.ts";
import type { MicroBatch } from "./computeEngine.ts";

/** Which hidden states predict, and what they should predict. Only these positions get logits. */
export interface SupervisedTokens {
  /** S. */
  readonly numSupervisedTokens: number;
  /** Place in the flattened batch of each supervised token itself. */
  readonly tokenPlaces_S: Int32Array;
  /** Place of the hidden state that predicts it: the token before. */
  readonly predictorPlaces_S: Int32Array;
  /** For each place of the batch its index in `predictorPlaces_S`, or S where it predicts nothing that counts. */
  readonly inverse_P: Int32Array;
  readonly targets_S: Int32Array;
  /** How much the loss of each counts. */
  readonly lossWeights_S: Float32Array;
}

/**
 * Finds the supervised tokens of a micro-batch and shifts them: token t is predicted by the hidden state at t-1.
 * The shift by one happens here and nowhere else.
 */
export function supervisedTokens(batch: MicroBatch): SupervisedTokens {
  const { batchSize, length, labels_BT, lossWeights_BT } = batch;
  const tokenPlaces: number[] = [];
  for (let b = 0; b < batchSize; b++) {
    // from 1: nothing comes before the first token, so nothing can predict it
    for (let t = 1; t < length; t++) if (lossWeights_BT[b * length + t]! > 0) tokenPlaces.push(b * length + t);
  }
  const S = tokenPlaces.length;
  const tokenPlaces_S = Int32Array.from(tokenPlaces);
  const predictorPlaces_S = tokenPlaces_S.map((place) => place - 1);
  const inverse_P = new Int32Array(batchSize * length).fill(S);
  predictorPlaces_S.forEach((place, s) => (inverse_P[place] = s));
  return {
    numSupervisedTokens: S,
    tokenPlaces_S,
    predictorPlaces_S,
    inverse_P,
    targets_S: tokenPlaces_S.map((place) => labels_BT[place]!),
    lossWeights_S: Float32Array.from(tokenPlaces_S, (place) => lossWeights_BT[place]!),
  };
}

/**
 * Cross-entropy of each selected position.
 *
 *   loss[s]      = -log softmax(logits[s])[targets[s]]        (nats)
 *   dlogits[s,v] = dloss[s] * (softmax(logits[s])[v] - [v = targets[s]])
 *
 * @param logits_SV  float32; borrowed
 * @param targets_S  int32; borrowed until the backward pass
 * @returns loss_S, owned by the caller; not averaged: dividing by the number of supervised tokens is for the whole optimizer step
 */
export function crossEntropy(logits_SV: tf.Tensor, targets_S: tf.Tensor): tf.Tensor {
  const V = logits_SV.shape[1]!;
  return withGradient([logits_SV], ([logits_SV]) => {
    const logProbabilities_SV = logSoftmax(logits_SV!);
    const isTarget_SV = tf.oneHot(targets_S as tf.Tensor1D, V);
    return {
      value: tf.neg(tf.sum(tf.mul(logProbabilities_SV, isTarget_SV), -1)),
      saved: [logProbabilities_SV],
      backward: (dloss_S, [logProbabilities_SV]) => [
        tf.mul(tf.sub(tf.exp(logProbabilities_SV!), tf.oneHot(targets_S as tf.Tensor1D, V)), tf.expandDims(dloss_S, 1)),
      ],
    };
  });
}
