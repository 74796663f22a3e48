import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { crossEntropy, supervisedTokens } from "./loss.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("supervised tokens", () => {
  it("are predicted by the hidden state one place before, within their own row", () => {
    const found = supervisedTokens({
      batchSize: 2,
      length: 4,
      inputIds_BT: Int32Array.of(2, 10, 11, 12, 2, 20, 21, 1),
      labels_BT: Int32Array.of(2, 10, 11, 99, 2, 20, 21, 1),
      lossWeights_BT: Float32Array.of(0, 0, 1, 2, 0, 0.5, 0, 0),
      dropoutSeed: 0,
    });
    expect(found).toEqual({
      numSupervisedTokens: 3,
      tokenPlaces_S: Int32Array.of(2, 3, 5),
      predictorPlaces_S: Int32Array.of(1, 2, 4),
      inverse_P: Int32Array.of(3, 0, 1, 3, 2, 3, 3, 3),
      targets_S: Int32Array.of(11, 99, 20),
      lossWeights_S: Float32Array.of(1, 2, 0.5),
    });
  });

  it("never include the first token of a row: nothing comes before it", () => {
    const ids = Int32Array.of(2, 3);
    const batch = { batchSize: 1, length: 2, inputIds_BT: ids, labels_BT: ids, lossWeights_BT: Float32Array.of(1, 0), dropoutSeed: 0 };
    expect(supervisedTokens(batch).numSupervisedTokens).toBe(0);
  });
});

describe("cross-entropy", () => {
  it("is the negative log-probability of the target, in nats", () => {
    const loss = tf.tidy(() => {
      const logits = tf.tensor2d([
        [0, 0, 0, 0],
        [Math.log(2), 0, 0, 0],
      ]);
      return crossEntropy(logits, tf.tensor1d([1, 0], "int32")).dataSync();
    });
    expect(loss).toBeAllclose([Math.log(4), Math.log(5 / 2)], { rtol: 1e-6 });
  });

  it("stays finite for scores far apart", () => {
    const loss = tf.tidy(() => crossEntropy(tf.tensor2d([[200, -200]]), tf.tensor1d([1], "int32")).dataSync());
    expect(loss[0]).toBeCloseTo(400, 3);
  });

  it("has the gradient softmax minus target, scaled by each token's own weight, and leaves no tensor behind", () => {
    const before = tf.memory().numTensors;
    const gradient = tf.tidy(() => {
      const targets = tf.tensor1d([0, 0], "int32");
      const logits = tf.tensor2d([
        [0, 0],
        [0, Math.log(3)],
      ]);
      // TensorFlow.js passes the gradient of the result as the last argument
      return tf
        .grad((x) => crossEntropy(x, targets))(logits, tf.tensor1d([1, 2]))
        .dataSync();
    });
    expect(gradient).toBeAllclose([-0.5, 0.5, 2 * (0.25 - 1), 2 * 0.75], { rtol: 1e-6 });
    expect(tf.memory().numTensors).toBe(before);
  });
});
