/**
 * @file Prepares what a run is trained on: the workspace's trajectories as one example file, with a count of everything left out.
 *
 * Training examples come first in the file, held-out ones after them; within each part they keep the order of their ids.
 */
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";
import type { DataPlan, RunConfig } from "#contracts/run.ts";
import type { Split } from "#contracts/trajectory.ts";
import { randomIntegers } from "#core/model/random.ts";
import { buildExample } from "#core/tokenizer/buildExample.ts";
import { TEMPLATE_VERSION } from "#core/tokenizer/chatTemplate.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { countSteps } from "#core/training/dataOrder.ts";
import { encodeIndex, encodeRecord, EXAMPLE_FILE_START, EXAMPLE_FILE_VERSION, type ExampleFileOrigin } from "#core/training/exampleFile.ts";
import { resolveWarmupSteps } from "#core/training/schedule.ts";
import type { Store } from "#store/index.ts";

export const EXAMPLE_FILE = "examples.bin";

/** Refusals are all counted and this many are named. */
const NAMED_REFUSALS = 200;
/** The event loop gets its turn at least this often. */
const TURN_MS = 12;
const WRITE_BYTES = 1 << 20;

export interface PreparedExample {
  readonly position: number;
  readonly trajectoryId: string;
  readonly contentId: number;
  readonly numSupervisedTokens: number;
}

export interface PrepareOptions {
  readonly store: Store;
  readonly config: RunConfig;
  readonly tokenizer: Tokenizer;
  /** The example file is written here, whole or not at all. */
  readonly runDir: string;
  readonly signal?: AbortSignal;
  /** Trajectories read so far, of all there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface PreparedExamples {
  readonly plan: DataPlan;
  readonly train: readonly PreparedExample[];
  readonly validation: readonly PreparedExample[];
}

/** @throws E_RUN_NO_EXAMPLES where nothing is left to train on; E_CANCELLED */
export async function prepareExamples(options: PrepareOptions): Promise<PreparedExamples> {
  const { store, config, tokenizer, runDir } = options;
  await mkdir(runDir, { recursive: true });
  const path = join(runDir, EXAMPLE_FILE);
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, "w");
  try {
    const writer = new ExampleWriter(file);
    const pace = paced(options, store.trajectories.count());
    const dataVersion = createHash("sha256");
    const counts = newCounts();

    const train = await writePart({ ...options, split: "train", chosen: null }, { writer, pace, dataVersion, counts });
    const numExamples = train.length;
    const [numTokens, numSupervisedTokens] = [counts.numTokens, counts.numSupervisedTokens];
    if (numExamples === 0) throw new AppError("E_RUN_NO_EXAMPLES");

    const heldOut = await heldOutSplit(store, pace);
    const chosen = chooseHeldOut(heldOut.size, config);
    const validation = await writePart({ ...options, split: heldOut.split, chosen }, { writer, pace, dataVersion, counts });

    const version = dataVersion.digest("hex");
    await writer.finish({
      tokenizer: tokenizer.name,
      template: TEMPLATE_VERSION,
      maskMode: config.maskMode,
      maxLength: config.maxLength,
      padTokenId: tokenizer.special.pad,
      vocabSize: tokenizer.vocabSize,
      dataVersion: version,
    });
    await file.sync();
    await file.close();
    await rename(unfinished, path);

    const { numSteps } = countSteps(numExamples, config);
    const plan: DataPlan = {
      numTrajectories: counts.numTrajectories,
      numExamples,
      numEvalExamples: validation.length,
      numTokens,
      numSupervisedTokens,
      numTruncated: counts.numTruncated,
      numCutTokens: counts.numCutTokens,
      refused: counts.refused,
      numRefused: counts.numRefused,
      numSteps,
      warmupSteps: resolveWarmupSteps(config, numSteps),
      dataVersion: version,
    };
    return { plan, train, validation };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

interface Counts {
  numTrajectories: number;
  numTokens: number;
  numSupervisedTokens: number;
  numTruncated: number;
  numCutTokens: number;
  numRefused: number;
  readonly refused: { trajectoryId: string; code: string; reason: string }[];
}

const newCounts = (): Counts => ({
  numTrajectories: 0,
  numTokens: 0,
  numSupervisedTokens: 0,
  numTruncated: 0,
  numCutTokens: 0,
  numRefused: 0,
  refused: [],
});

interface Part extends PrepareOptions {
  readonly split: Split;
  /** Places among the split's trajectories; null takes all of them. */
  readonly chosen: ReadonlySet<number> | null;
}

interface Shared {
  readonly writer: ExampleWriter;
  readonly pace: () => Promise<void>;
  readonly dataVersion: ReturnType<typeof createHash>;
  readonly counts: Counts;
}

/** Builds and writes the examples of one split, and counts what does not become one. */
async function writePart(part: Part, { writer, pace, dataVersion, counts }: Shared): Promise<PreparedExample[]> {
  const { store, config, tokenizer, split, chosen } = part;
  const written: PreparedExample[] = [];
  let place = -1;
  for (const { trajectory, contentId, contentHash } of store.trajectories.each(split)) {
    place += 1;
    if (chosen !== null && !chosen.has(place)) continue;
    await pace();
    counts.numTrajectories += 1;
    dataVersion.update(`${contentHash} ${split}\n`);
    const outcome = buildExample(trajectory, tokenizer, config);
    if (!outcome.ok) {
      counts.numRefused += 1;
      const { code, reason } = outcome;
      if (counts.refused.length < NAMED_REFUSALS) counts.refused.push({ trajectoryId: trajectory.id, code, reason });
      continue;
    }
    const { example } = outcome;
    const numSupervisedTokens = example.lossMask.reduce((sum, supervised) => sum + supervised, 0);
    counts.numTokens += example.inputIds.length;
    counts.numSupervisedTokens += numSupervisedTokens;
    if (example.cuts.length > 0) {
      counts.numTruncated += 1;
      counts.numCutTokens += example.fullLength - example.inputIds.length;
    }
    await writer.add(trajectory.id, split, example);
    written.push({ position: written.length, trajectoryId: trajectory.id, contentId, numSupervisedTokens });
  }
  return written;
}

/** The validation split; the test split where there is none. */
async function heldOutSplit(store: Store, pace: () => Promise<void>): Promise<{ readonly split: Split; readonly size: number }> {
  for (const split of ["validation", "test"] as const) {
    let size = 0;
    for (const _ of store.trajectories.each(split)) {
      size += 1;
      if (size % 64 === 0) await pace();
    }
    if (size > 0) return { split, size };
  }
  return { split: "validation", size: 0 };
}

/** A seeded choice of `maxEvalExamples` places out of `size`; null: all. Selection sampling, Knuth vol. 2, 3.4.2 algorithm S. */
function chooseHeldOut(size: number, { maxEvalExamples, seed }: RunConfig): ReadonlySet<number> | null {
  if (maxEvalExamples === null || size <= maxEvalExamples) return null;
  const next = randomIntegers(seed);
  const chosen = new Set<number>();
  for (let place = 0; place < size; place++) {
    const share = (maxEvalExamples - chosen.size) / (size - place);
    if (next() / 2 ** 32 < share) chosen.add(place);
  }
  return chosen;
}

/** Yields to the event loop and reports, but only when enough time has passed. */
function paced({ signal, onProgress }: PrepareOptions, total: number): () => Promise<void> {
  let [done, last] = [0, performance.now()];
  return async () => {
    done += 1;
    if (performance.now() - last < TURN_MS) return;
    onProgress?.(Math.min(done, total), total);
    await nextTurn();
    if (signal?.aborted === true) throw new AppError("E_CANCELLED", { what: "Preparing the examples" });
    last = performance.now();
  };
}

/** Writes records in chunks and keeps the index for the end. */
class ExampleWriter {
  readonly #file: FileHandle;
  #chunks: Uint8Array[] = [EXAMPLE_FILE_START];
  #pendingBytes = EXAMPLE_FILE_START.length;
  readonly #index = { trajectoryIds: [] as string[], splits: [] as Split[], lengths: [] as number[], checksums: [] as number[] };

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(trajectoryId: string, split: Split, example: Parameters<typeof encodeRecord>[0]): Promise<void> {
    const { bytes, checksum } = encodeRecord(example);
    this.#index.trajectoryIds.push(trajectoryId);
    this.#index.splits.push(split);
    this.#index.lengths.push(example.inputIds.length);
    this.#index.checksums.push(checksum);
    await this.#write(bytes, WRITE_BYTES);
  }

  async finish(origin: ExampleFileOrigin): Promise<void> {
    await this.#write(encodeIndex({ version: EXAMPLE_FILE_VERSION, ...origin, ...this.#index }), 0);
  }

  async #write(bytes: Uint8Array, keepBelow: number): Promise<void> {
    this.#chunks.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes < keepBelow) return;
    // writeFile goes on until everything is written; a plain write may stop short.
    await this.#file.writeFile(Buffer.concat(this.#chunks));
    this.#chunks = [];
    this.#pendingBytes = 0;
  }
}
