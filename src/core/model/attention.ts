/**
 * @file Causal self-attention: over whole examples in training and prefill, and of one new token against a cache in generation.
 *
 * Shapes: **P** tokens of a micro-batch (B x T), **B** batch, **T** time, **D** model width = N x H, **N** heads, **H** head width,
 * **C** places in the key/value cache, **Q** and **K** queries and keys of one chunk.
 */
import * as tf from "@tensorflow/tfjs-core";
import { withGradient } from "./operations.ts";

/** Added to the score of a key that a query may not see; finite, so that a row of nothing else stays finite. */
export const HIDDEN_SCORE = -1e9;

/**
 * Queries handled at once. Chunk i sees only keys up to its end, so no T x T matrix exists and the upper triangle is mostly skipped. Small
 * chunks skip more of it; in long examples the sums over chunks cost more than that saves.
 */
const chunkSize = (length: number): number => (length <= 512 ? 128 : 256);

export interface AttentionShape {
  readonly numExamples: number;
  readonly length: number;
  readonly numHeads: number;
}

/** `bias[q,k]` for queries `start ..` of a chunk against all keys before its end. */
function causalBias(start: number, end: number): tf.Tensor {
  const bias = new Float32Array((end - start) * end);
  for (let query = start; query < end; query++) bias.fill(HIDDEN_SCORE, (query - start) * end + query + 1, (query - start + 1) * end);
  return tf.tensor(bias, [1, 1, end - start, end]);
}

/**
 * `softmax(q kᵀ / sqrt(H) + causal mask) v`, head by head.
 *
 * The gradient recomputes the probabilities p from q and k instead of keeping them (Dao et al. 2022, algorithm 4, in chunks of queries):
 *
 *   dv = pᵀ do,   ds = p * (do vᵀ - rowsum(do * o)),   dq = ds k / sqrt(H),   dk = dsᵀ q / sqrt(H)
 *
 * Examples are padded on the right, so causality alone keeps padding away from real tokens.
 */
export function causalAttention(q_PD: tf.Tensor, k_PD: tf.Tensor, v_PD: tf.Tensor, shape: AttentionShape): tf.Tensor {
  const { numExamples: B, length: T, numHeads: N } = shape;
  const D = q_PD.shape[1]!;
  const H = D / N;
  const scale = 1 / Math.sqrt(H);
  const splitHeads = (x_PD: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(x_PD, [B, T, N, H]), [0, 2, 1, 3]);
  const joinHeads = (x_BNTH: tf.Tensor): tf.Tensor => tf.reshape(tf.transpose(x_BNTH, [0, 2, 1, 3]), [B * T, D]);
  const rows = (x_BNTH: tf.Tensor, start: number, end: number): tf.Tensor =>
    start === 0 && end === T ? x_BNTH : tf.slice(x_BNTH, [0, 0, start, 0], [B, N, end - start, x_BNTH.shape[3]!]);
  const C = chunkSize(T);
  const chunks = Array.from({ length: Math.ceil(T / C) }, (_, i) => ({ start: i * C, end: Math.min(T, (i + 1) * C) }));
  const probabilities = (q: tf.Tensor, k: tf.Tensor, i: number): tf.Tensor => {
    const { start, end } = chunks[i]!;
    return tf.softmax(tf.add(tf.matMul(rows(q, start, end), rows(k, 0, end), false, true), causalBias(start, end)));
  };
  const join = (parts: tf.Tensor[]): tf.Tensor => (parts.length === 1 ? parts[0]! : tf.concat(parts, 2));

  return withGradient([q_PD, k_PD, v_PD], ([q_PD, k_PD, v_PD]) => {
    const q = splitHeads(tf.mul(q_PD!, scale));
    const k = splitHeads(k_PD!);
    const v = splitHeads(v_PD!);
    const value = joinHeads(join(chunks.map(({ end }, i) => tf.matMul(probabilities(q, k, i), rows(v, 0, end)))));
    return {
      value,
      saved: [q_PD!, k_PD!, v_PD!, value],
      backward: (do_PD, [q_PD, k_PD, v_PD, o_PD]) => {
        const q = splitHeads(tf.mul(q_PD!, scale));
        const k = splitHeads(k_PD!);
        const v = splitHeads(v_PD!);
        const dO = splitHeads(do_PD);
        const dotProducts = tf.transpose(tf.sum(tf.reshape(tf.mul(do_PD, o_PD!), [B, T, N, H]), -1, true), [0, 2, 1, 3]);
        const dq: tf.Tensor[] = [];
        let dk: tf.Tensor | undefined;
        let dv: tf.Tensor | undefined;
        chunks.forEach(({ start, end }, i) => {
          const p = probabilities(q, k, i);
          const dOutput = rows(dO, start, end);
          const dp = tf.matMul(dOutput, rows(v, 0, end), false, true);
          const ds = tf.mul(p, tf.sub(dp, rows(dotProducts, start, end)));
          dq.push(tf.matMul(ds, rows(k, 0, end)));
          const upToEnd = [
            [0, 0],
            [0, 0],
            [0, T - end],
            [0, 0],
          ] as [number, number][];
          const grow = (x: tf.Tensor): tf.Tensor => (end === T ? x : tf.pad(x, upToEnd));
          const dkPart = grow(tf.matMul(ds, rows(q, start, end), true, false));
          const dvPart = grow(tf.matMul(p, dOutput, true, false));
          dk = dk === undefined ? dkPart : tf.add(dk, dkPart);
          dv = dv === undefined ? dvPart : tf.add(dv, dvPart);
        });
        return [tf.mul(joinHeads(join(dq)), scale), joinHeads(dk!), joinHeads(dv!)];
      },
    };
  });
}

/**
 * Attention of one new token of each example against the cache and itself. Forward only.
 *
 * @param keys_BNCH, values_BNCH  what earlier tokens left; places not yet written are hidden by the bias
 * @param bias_B11C               0 where a place holds a token of the example, `HIDDEN_SCORE` elsewhere
 */
export function cachedAttention(
  q_BD: tf.Tensor,
  k_BD: tf.Tensor,
  v_BD: tf.Tensor,
  keys_BNCH: tf.Tensor,
  values_BNCH: tf.Tensor,
  bias_B11C: tf.Tensor,
): tf.Tensor {
  const [B, N, , H] = keys_BNCH.shape as [number, number, number, number];
  const split = (x_BD: tf.Tensor): tf.Tensor => tf.reshape(x_BD, [B, N, 1, H]);
  const q = split(tf.mul(q_BD, 1 / Math.sqrt(H)));
  const scores_BN1C = tf.add(tf.matMul(q, keys_BNCH, false, true), bias_B11C);
  const ownScore_BN11 = tf.sum(tf.mul(q, split(k_BD)), -1, true);
  // softmax over the cache and the token itself, without joining them into one tensor: its length would differ from the cache's
  const largest_BN11 = tf.maximum(tf.max(scores_BN1C, -1, true), ownScore_BN11);
  const weights_BN1C = tf.exp(tf.sub(scores_BN1C, largest_BN11));
  const ownWeight_BN11 = tf.exp(tf.sub(ownScore_BN11, largest_BN11));
  const total_BN11 = tf.add(tf.sum(weights_BN1C, -1, true), ownWeight_BN11);
  const mixed_BN1H = tf.add(tf.matMul(weights_BN1C, values_BNCH), tf.mul(ownWeight_BN11, split(v_BD)));
  return tf.reshape(tf.div(mixed_BN1H, total_BN11), [B, N * H]);
}
