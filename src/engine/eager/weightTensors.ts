/** @file Parameter arrays as tensors of the eager backend. */
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { EMBED_POSITIONS } from "#core/model/parameters.ts";
import type { BackendParts } from "../stepBackend.ts";

/** As TensorFlow.js calls them: pure JavaScript, or the TensorFlow library of `@tensorflow/tfjs-node` and `tfjs-node-gpu`. */
export type EagerTfBackend = "cpu" | "tensorflow";

/** Parameters as tensors of the active backend; they live until the enclosing scope ends. `embed_positions` comes as looked-up rows. */
export function weightTensors(parts: BackendParts): Map<string, tf.Tensor> {
  return new Map(
    parts.parameters.filter(({ name }) => name !== EMBED_POSITIONS).map(({ name, values, shape }) => [name, tf.tensor(values, [...shape])]),
  );
}
