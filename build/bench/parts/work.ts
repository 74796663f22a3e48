/** @file The work that is measured, as files that our process and the peer's read: same weights, same rows, same recipe. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunConfig } from "#contracts/run.ts";
import { randomUniform } from "#core/model/random.ts";
import { createDataOrder } from "#core/training/dataOrder.ts";
import type { TrainExample } from "#core/training/microBatch.ts";

/** One row of a batch, not padded. */
export interface WorkRow {
  readonly inputIds: readonly number[];
  /** 1 = supervised. */
  readonly lossMask: readonly number[];
}

export type Recipe = Pick<RunConfig, "learningRate" | "beta1" | "beta2" | "epsilon" | "weightDecay" | "maxGradNorm">;

/** Small enough a learning rate that the losses of two implementations stay together for some steps. */
export const RECIPE: Recipe = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };

/** A sequence that may hold several rows; see `TrainExample`. */
export interface WorkExample {
  readonly inputIds: readonly number[];
  readonly labels: readonly number[];
  readonly lossWeights: readonly number[];
}

/** Read by `measureTraining.ts`. */
export interface OurTraining {
  readonly modelDir: string;
  readonly config: RunConfig;
  readonly examples: readonly WorkExample[];
}

/** Read by `peer/train.py`: each optimizer step with its rows, one forward-backward a row. */
export interface PeerTraining {
  readonly modelDir: string;
  readonly recipe: Recipe;
  readonly steps: readonly (readonly WorkRow[])[];
  readonly numThreads: number;
  readonly precision: Precision;
}

export const PRECISIONS = ["fp32", "bf16"] as const;
export type Precision = (typeof PRECISIONS)[number];

export interface StepMeasured {
  readonly seconds: number;
  /** Processor time of all threads: less disturbed by other work than the clock, but waiting threads that spin count as working. */
  readonly cpuSeconds: number;
  /** Before the update. */
  readonly loss: number;
  /** Resident memory after the step. */
  readonly rssBytes: number;
}

/** What either side reports of a training. */
export interface TrainingMeasured {
  /** In words, with version, precision and threads. */
  readonly engine: string;
  readonly steps: readonly StepMeasured[];
  readonly peakBytes: number;
  readonly secondsToLoad: number;
}

/** Lends a file that holds the work as JSON. */
export async function withWorkFile<T>(work: object, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
  try {
    const file = join(folder, "work.json");
    writeFileSync(file, JSON.stringify(work));
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Rows of random tokens, of which a share is supervised in one stretch at the end, as the target of a tool call is.
 *
 * @param supervisedShare  above 0; a row has at least one supervised token
 */
export function randomRows(count: number, numTokens: number, vocabSize: number, supervisedShare: number): WorkRow[] {
  const uniform = randomUniform(1);
  const numSupervised = Math.min(numTokens - 1, Math.max(1, Math.round(numTokens * supervisedShare)));
  return Array.from({ length: count }, () => ({
    inputIds: Array.from({ length: numTokens }, () => Math.floor(uniform() * vocabSize)),
    lossMask: Array.from({ length: numTokens }, (_, t) => (t >= numTokens - numSupervised ? 1 : 0)),
  }));
}

/** A row's targets are its own tokens, each counted once. */
export const exampleOf = ({ inputIds, lossMask }: WorkRow): WorkExample => ({ inputIds, labels: inputIds, lossWeights: lossMask });

export function trainExampleOf({ inputIds, labels, lossWeights }: WorkExample): TrainExample {
  return {
    inputIds: Int32Array.from(inputIds),
    labels: Int32Array.from(labels),
    lossWeights: Float32Array.from(lossWeights),
    segments: new Uint8Array(inputIds.length),
  };
}

/**
 * The rows that a merged sequence trains on: for each stretch of supervised tokens its beginning up to there, as often as it counts. A label
 * that is not what follows in the sequence is the last token of its row.
 */
export function rowsWithin({ inputIds, labels, lossWeights }: TrainExample | WorkExample): WorkRow[] {
  const rows: WorkRow[] = [];
  for (let start = 1; start < inputIds.length; start++) {
    const weight = lossWeights[start]!;
    if (weight === 0) continue;
    let end = start;
    while (labels[end] === inputIds[end] && lossWeights[end + 1] === weight) end += 1;
    const ids = [...Array.from(inputIds).slice(0, end), labels[end]!];
    const row = { inputIds: ids, lossMask: ids.map((_, t) => (t >= start ? 1 : 0)) };
    for (let i = 0; i < weight; i++) rows.push(row);
    start = end;
  }
  return rows;
}

/** The rows of each step in the order in which the training loop takes them. */
export function stepsOf<T extends { readonly inputIds: ArrayLike<number> }>(rows: readonly T[], config: RunConfig): T[][] {
  const order = createDataOrder(
    rows.map(({ inputIds }) => inputIds.length),
    config,
  );
  return Array.from({ length: order.numSteps }, (_, i) =>
    order
      .at(i + 1)
      .microBatches.flat()
      .map((position) => rows[position]!),
  );
}

/** Largest difference of two loss curves, relative to the loss. */
export function lossDifference(ours: TrainingMeasured, peer: TrainingMeasured): number {
  if (ours.steps.length !== peer.steps.length) return Infinity;
  return Math.max(...ours.steps.map(({ loss }, i) => Math.abs(loss - peer.steps[i]!.loss) / Math.abs(peer.steps[i]!.loss)));
}
