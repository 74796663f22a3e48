/** @file Examples of a run as the loop reads them, and their assembly into padded micro-batches. */
import type { TokenizedExample } from "#contracts/example.ts";
import { paddedLength } from "../model/paddedLength.ts";
import type { MicroBatch } from "./computeEngine.ts";

/** The part of a tokenized example that training needs; aligned arrays of length T. */
export interface TrainExample {
  readonly inputIds: Int32Array;
  /** What the place should be predicted as: `inputIds`, but where merging put a shorter row's own closing token. */
  readonly labels: Int32Array;
  /** How many rows train on the label, each as much as its turn counts; 0 = not supervised; position 0 is 0. */
  readonly lossWeights: Float32Array;
  /** Of the labels: index into `SEGMENTS`. */
  readonly segments: Uint8Array;
}

type Tokenized = Pick<TokenizedExample, "inputIds" | "lossMask" | "segments"> &
  Partial<Pick<TokenizedExample, "turnIndices" | "turnWeights">>;

/** An example whose supervised tokens are their own labels and count as much as their turns do. */
export function trainExampleOf({ inputIds, lossMask, segments, turnIndices, turnWeights = {} }: Tokenized): TrainExample {
  const lossWeights = Float32Array.from(lossMask, (trained, t) => trained * (turnWeights[turnIndices?.[t] ?? -1] ?? 1));
  return { inputIds, labels: inputIds, lossWeights, segments };
}

/** The example in its place, with nothing in it that is trained on. */
export const withoutWeight = (example: TrainExample): TrainExample => ({
  ...example,
  lossWeights: new Float32Array(example.lossWeights.length),
});

/** Sum of an example's weights: its supervised tokens, each as often as rows train on it and as much as its turn counts. */
export const weightOf = ({ lossWeights }: TrainExample): number => lossWeights.reduce((sum, weight) => sum + weight, 0);

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
  const labels_BT = inputIds_BT.slice();
  const lossWeights_BT = new Float32Array(batchSize * length);
  examples.forEach(({ inputIds, labels, lossWeights }, row) => {
    inputIds_BT.set(inputIds, row * length);
    labels_BT.set(labels, row * length);
    lossWeights_BT.set(lossWeights, row * length);
  });
  return { batchSize, length, inputIds_BT, labels_BT, lossWeights_BT, dropoutSeed };
}
