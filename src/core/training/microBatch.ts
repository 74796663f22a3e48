/** @file Examples of a run as the loop reads them, and their assembly into padded micro-batches. */
import { paddedLength } from "../model/paddedLength.ts";
import type { MicroBatch } from "./computeEngine.ts";

/** The part of a tokenized example that training needs; aligned arrays of length T. */
export interface TrainExample {
  readonly inputIds: Int32Array;
  /** 1 = supervised; position 0 is 0. */
  readonly lossMask: Uint8Array;
  /** Index into `SEGMENTS`. */
  readonly segments: Uint8Array;
}

/** Random access to examples: an array in memory, or a file read as needed. */
export interface ExampleSet {
  readonly length: number;
  numTokensOf(index: number): number;
  at(index: number): TrainExample;
}

export function exampleSetOf(examples: readonly TrainExample[]): ExampleSet {
  return {
    length: examples.length,
    numTokensOf: (index) => examples[index]!.inputIds.length,
    at: (index) => examples[index]!,
  };
}

/** Pads on the right to one of the few lengths that engines keep graphs for; padding is never supervised. */
export function assembleMicroBatch(
  examples: readonly TrainExample[],
  { padTokenId, maxLength, dropoutSeed }: { readonly padTokenId: number; readonly maxLength: number; readonly dropoutSeed: number },
): MicroBatch {
  const batchSize = examples.length;
  const longest = examples.reduce((length, { inputIds }) => Math.max(length, inputIds.length), 0);
  const length = Math.max(longest, paddedLength(longest, maxLength));
  const inputIds_BT = new Int32Array(batchSize * length).fill(padTokenId);
  const lossMask_BT = new Uint8Array(batchSize * length);
  examples.forEach(({ inputIds, lossMask }, row) => {
    inputIds_BT.set(inputIds, row * length);
    lossMask_BT.set(lossMask, row * length);
  });
  return { batchSize, length, inputIds_BT, lossMask_BT, dropoutSeed };
}
