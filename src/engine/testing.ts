/** @file Tiny models and batches for this folder's tests. */
import type { OptConfig } from "#contracts/model.ts";
import { initialParameters, isBiasOrNorm, type ParameterValues } from "#core/model/parameters.ts";
import { randomUniform } from "#core/model/random.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import type { ModelEngine } from "./modelEngine.ts";

export const tinyConfig = (changes: Partial<OptConfig> = {}): OptConfig => ({
  vocabSize: 37,
  hiddenSize: 16,
  ffnDim: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  wordEmbedProjDim: 16,
  doLayerNormBefore: true,
  maxPositionEmbeddings: 40,
  dropout: 0,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
  ...changes,
});

/** The four shapes an OPT model can have. */
export const variants: readonly (readonly [string, OptConfig])[] = [
  ["pre-norm", tinyConfig()],
  ["post-norm", tinyConfig({ doLayerNormBefore: false })],
  ["pre-norm with projections", tinyConfig({ wordEmbedProjDim: 8 })],
  ["post-norm with projections", tinyConfig({ wordEmbedProjDim: 8, doLayerNormBefore: false })],
];

/** Weights large enough that every part of the model matters: fresh ones give nearly equal logits and nearly no gradient in attention. */
export function livelyParameters(config: OptConfig, seed = 7): ParameterValues[] {
  const uniform = randomUniform(seed);
  const parameters = initialParameters(config, seed);
  for (const { name, values } of parameters) {
    for (let i = 0; i < values.length; i++)
      values[i] = values[i]! * (isBiasOrNorm(name) ? 1 : 12) + (isBiasOrNorm(name) ? 0.4 * (uniform() - 0.5) : 0);
  }
  return parameters;
}

/**
 * One row for each length, padded on the right to `length`; about half of the tokens supervised by weights of 1 to 3, none of the padding.
 * Every seventh place has a label that is not the token there.
 */
export function randomBatch(config: OptConfig, rowLengths: readonly number[], length: number, seed = 11): MicroBatch {
  const uniform = randomUniform(seed);
  const inputIds_BT = new Int32Array(rowLengths.length * length).fill(config.padTokenId);
  const labels_BT = inputIds_BT.slice();
  const lossWeights_BT = new Float32Array(inputIds_BT.length);
  rowLengths.forEach((rowLength, b) => {
    for (let t = 0; t < rowLength; t++) {
      inputIds_BT[b * length + t] = Math.floor(uniform() * config.vocabSize);
      lossWeights_BT[b * length + t] = t > 0 && uniform() < 0.5 ? 1 + (t % 3) : 0;
      labels_BT[b * length + t] = t % 7 === 6 ? t % config.vocabSize : inputIds_BT[b * length + t]!;
    }
  });
  return { batchSize: rowLengths.length, length, inputIds_BT, labels_BT, lossWeights_BT, dropoutSeed: seed };
}

/** A row of a batch alone, as a batch. */
export function rowOf(batch: MicroBatch, row: number): MicroBatch {
  const cut = <T extends Int32Array | Float32Array>(array: T): T => array.slice(row * batch.length, (row + 1) * batch.length) as T;
  const { inputIds_BT, labels_BT, lossWeights_BT } = batch;
  return { ...batch, batchSize: 1, inputIds_BT: cut(inputIds_BT), labels_BT: cut(labels_BT), lossWeights_BT: cut(lossWeights_BT) };
}

/** Largest difference of two arrays, relative to the largest number in either. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let size = 1e-12;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    size = Math.max(size, Math.abs(expected[i]!), Math.abs(actual[i]!));
  }
  return difference / size;
}

export const gradientsOf = (engine: ModelEngine): Map<string, Float32Array> =>
  new Map(engine.parameters.map(({ name, gradient }) => [name, gradient.slice()]));

/** A key's bias shifts all scores of a query alike, so its gradient is exactly 0 and what is computed is rounding. */
export const isRoundingOnly = (name: string): boolean => name.endsWith("k_proj.bias");
