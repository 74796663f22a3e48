/**
 * @file The projected gradient of each example of a micro-batch, from what linear maps saw: the weight's gradient is never formed.
 *
 *   G[b] = (A[b] P_i)ᵀ (D[b] P_o),   so that vec(G) = (P_i ⊗ P_o)ᵀ vec(dWᵀ)        (Choe et al. 2024, LoGra, arXiv 2405.13954)
 *
 * where A[b] are the T inputs of a map and D[b] the gradients of its outputs, of the loss of example b.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **I** and **O** a linear map's widths, **K** rank of the projection.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { FeatureSpec } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import type { BatchSize, Tapped, TapWork } from "../model/taps.ts";
import { mapWidths } from "./featureSpec.ts";

export const PROJECT_INPUT = "projectInput";
export const PROJECT_OUTPUT = "projectOutput";
/** `[B, maps x K x K]`, map by map in the spec's order. */
export const GRADIENT = "gradient";

/** `[B, K K]`, row i of an example's G belongs to input direction i. */
export function factoredGradient(
  { x_PI, dy_PO }: Tapped,
  in_IK: tf.Tensor,
  out_OK: tf.Tensor,
  { numExamples: B, length: T }: BatchSize,
): tf.Tensor {
  const K = in_IK.shape[1]!;
  const a_BTK = tf.reshape(tf.matMul(x_PI, in_IK), [B, T, K]);
  const d_BTK = tf.reshape(tf.matMul(dy_PO, out_OK), [B, T, K]);
  return tf.reshape(tf.matMul(a_BTK, d_BTK, true, false), [B, K * K]);
}

export function factoredGradients({ maps, rank }: Pick<FeatureSpec, "maps" | "rank">): TapWork {
  return {
    name: `features of rank ${rank} of ${maps.join(", ")}`,
    maps,
    inputShapes: (config: OptConfig, map) => {
      const { numIn, numOut } = mapWidths(config, map);
      return new Map([
        [PROJECT_INPUT, [numIn, rank]],
        [PROJECT_OUTPUT, [numOut, rank]],
      ]);
    },
    results: [GRADIENT],
    compute: (tapped, input, size) => {
      const parts = maps.map((map) => factoredGradient(tapped.get(map)!, input(map, PROJECT_INPUT), input(map, PROJECT_OUTPUT), size));
      return new Map([[GRADIENT, parts.length === 1 ? parts[0]! : tf.concat(parts, 1)]]);
    },
  };
}
