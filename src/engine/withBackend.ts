/** @file Runs synchronous TensorFlow.js code on a named backend, without leaking tensors. */
import * as tf from "@tensorflow/tfjs-core";
import { AppError } from "#contracts/errors.ts";

// silences TensorFlow.js's advice to install tfjs-node, which would not speed up what the compiled engine runs
tf.enableProdMode();

/**
 * The active backend is global to the process, so it is set for the length of one synchronous call only; two engines can live side by side.
 * Both backends start synchronously: `setBackend` has done its work when it returns, its promise only says so.
 */
export function withBackend<T>(name: string, work: () => T): T {
  void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new AppError("E_BUG", { detail: `the TensorFlow.js backend ${name} did not start` });
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
