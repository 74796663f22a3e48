/** @file Parameter arrays as tensors of the eager backend. */
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { EMBED_POSITIONS } from "#core/model/parameters.ts";
import type { BackendParts } from "../stepBackend.ts";

export const EAGER_BACKEND = "cpu";

/** Parameters as tensors of the active backend; they live until the enclosing scope ends. `embed_positions` comes as looked-up rows. */
export function weightTensors(parts: BackendParts): Map<string, tf.Tensor> {
  return new Map(
    parts.parameters.filter(({ name }) => name !== EMBED_POSITIONS).map(({ name, values, shape }) => [name, tf.tensor(values, [...shape])]),
  );
}
