/**
 * @file Which examples enter which step: a pure function of seed, lengths and batch sizes, so that any step can be computed without
 * the steps before it and a resumed run continues exactly.
 */
import type { RunConfig } from "#contracts/run.ts";
import { mixSeeds, shuffledIndices } from "../trajectories/seededRandom.ts";

export type OrderConfig = Pick<RunConfig, "seed" | "epochs" | "maxSteps" | "microBatchSize" | "gradientAccumulationSteps">;

/** Independent streams of random numbers drawn from a run's one seed. */
export const SEED_STREAMS = { examples: 1, window: 2, dropout: 3 } as const;

/** Examples of one optimizer step. */
export interface StepBatch {
  /** Counted from 0. */
  readonly epoch: number;
  /** Positions in the list of training examples, one array a micro-batch. */
  readonly microBatches: readonly (readonly number[])[];
}

export interface DataOrder {
  readonly numSteps: number;
  readonly stepsPerEpoch: number;
  /** @param step counted from 1 */
  at(step: number): StepBatch;
}

/** Optimizer steps of a run: the epochs' (the last step of an epoch may be smaller), or `maxSteps` where that is less. */
export function countSteps(numExamples: number, config: OrderConfig): { readonly numSteps: number; readonly stepsPerEpoch: number } {
  const stepsPerEpoch = Math.ceil(numExamples / (config.microBatchSize * config.gradientAccumulationSteps));
  const numSteps = Math.ceil(config.epochs * stepsPerEpoch);
  return { numSteps: config.maxSteps === null ? numSteps : Math.min(numSteps, config.maxSteps), stepsPerEpoch };
}

/**
 * Shuffles the examples of each epoch, cuts them into steps, and sorts each window of steps by length before it is cut into
 * micro-batches, so that little is padded.
 *
 * With a window of one step, what a step learns from does not depend on how it is split into micro-batches: 2 x 4 and 1 x 8 see the
 * same examples. A wider window pads less and ties a step's lengths together.
 *
 * @param lengths tokens of each training example
 */
export function createDataOrder(lengths: readonly number[], config: OrderConfig, windowSteps = 1): DataOrder {
  const { microBatchSize, gradientAccumulationSteps, seed } = config;
  const { numSteps, stepsPerEpoch } = countSteps(lengths.length, config);
  let cached: { readonly epoch: number; readonly microBatches: readonly (readonly number[])[] } | null = null;

  function microBatchesOf(epoch: number): readonly (readonly number[])[] {
    if (cached?.epoch === epoch) return cached.microBatches;
    const shuffled = shuffledIndices(lengths.length, mixSeeds(mixSeeds(seed, SEED_STREAMS.examples), epoch));
    const windowSize = microBatchSize * gradientAccumulationSteps * windowSteps;
    const microBatches: (readonly number[])[] = [];
    for (let start = 0; start < shuffled.length; start += windowSize) {
      const window = [...shuffled.subarray(start, start + windowSize)];
      // Ties by position in the list: the order must not depend on the sorting algorithm.
      window.sort((a, b) => lengths[a]! - lengths[b]! || a - b);
      const cut: number[][] = [];
      for (let i = 0; i < window.length; i += microBatchSize) cut.push(window.slice(i, i + microBatchSize));
      const order =
        windowSteps === 1 ? cut.keys() : shuffledIndices(cut.length, mixSeeds(mixSeeds(mixSeeds(seed, SEED_STREAMS.window), epoch), start));
      for (const index of order) microBatches.push(cut[index]!);
    }
    cached = { epoch, microBatches };
    return microBatches;
  }

  return {
    numSteps,
    stepsPerEpoch,
    at(step) {
      const epoch = Math.floor((step - 1) / stepsPerEpoch);
      const first = ((step - 1) % stepsPerEpoch) * gradientAccumulationSteps;
      return { epoch, microBatches: microBatchesOf(epoch).slice(first, first + gradientAccumulationSteps) };
    },
  };
}
