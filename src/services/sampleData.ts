/** @file How much data a run has, from a sample of it: tokenising everything is the run's own first phase. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { RunEstimate } from "#contracts/runEstimate.ts";
import { paddedLength } from "#core/model/paddedLength.ts";
import { buildWindows, rowsOf } from "#core/tokenizer/buildWindows.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { trainExampleOf, weightOf } from "#core/training/microBatch.ts";
import type { Store } from "#store/index.ts";

const MAX_SAMPLED = 400;
/** The event loop gets its turn at least this often. */
const TURN_MS = 12;

export interface DataSample {
  readonly data: RunEstimate["data"];
  /** Tokens that are computed, padding included, of all training examples. */
  readonly numPaddedTokens: number;
  /** Padded length of the longest example seen; 0 where there is none. */
  readonly longest: number;
}

/** Looks at training trajectories in even distances. */
export async function sampleData(store: Store, config: RunConfig, tokenizer: Tokenizer, signal: AbortSignal): Promise<DataSample> {
  const { total, numbers } = store.lists.page({ split: "train" }, 0, store.trajectories.count());
  const numSampled = Math.min(MAX_SAMPLED, total);
  const sums = { numExamples: 0, numTokens: 0, numSupervisedTokens: 0, numRefused: 0, numPaddedTokens: 0 };
  let longest = 0;
  let last = performance.now();
  for (let i = 0; i < numSampled; i++) {
    const { trajectory } = store.trajectories.getByNumber(numbers[Math.floor((i * total) / numSampled)]!);
    const { windows, refusals } = buildWindows(trajectory, tokenizer, config);
    if (refusals.length > 0) sums.numRefused += 1;
    for (const window of windows) {
      for (const tokenized of config.mergePrefixes ? [window.example] : rowsOf(window)) {
        const example = trainExampleOf(tokenized);
        const padded = paddedLength(example.inputIds.length, config.maxLength);
        sums.numExamples += 1;
        sums.numTokens += example.inputIds.length;
        sums.numSupervisedTokens += weightOf(example);
        sums.numPaddedTokens += padded;
        longest = Math.max(longest, padded);
      }
    }
    if (performance.now() - last < TURN_MS) continue;
    await nextTurn();
    if (signal.aborted) throw new AppError("E_CANCELLED", { what: "The estimate" });
    last = performance.now();
  }
  const share = numSampled === 0 ? 0 : total / numSampled;
  const scaled = (sum: number): number => Math.round(sum * share);
  const { numPaddedTokens, ...counts } = sums;
  return {
    data: {
      numTrajectories: total,
      numSampled,
      numExamples: scaled(counts.numExamples),
      numTokens: scaled(counts.numTokens),
      numSupervisedTokens: scaled(counts.numSupervisedTokens),
      numRefused: scaled(counts.numRefused),
    },
    numPaddedTokens: scaled(numPaddedTokens),
    longest,
  };
}
