/**
 * @file Prepares what a run is trained on: the workspace's trajectories as one example file, with a count of everything left out.
 *
 * Training examples come first in the file, held-out ones after them; within each part they keep the order of their ids. Where prefixes
 * are merged, an example stands for all rows that it is the longest of.
 *
 * What a run leaves out keeps its place in the order with no weight. Were it taken away, every later example would move to another step, and a
 * run without a few examples would differ from the one with them by its order most of all.
 */
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";
import type { DataPlan, MergedRows, RunConfig } from "#contracts/run.ts";
import type { Split } from "#contracts/trajectory.ts";
import { randomIntegers } from "#core/model/random.ts";
import { buildWindows, rowsOf, type PathWindow, type WindowsOutcome } from "#core/tokenizer/buildWindows.ts";
import { TEMPLATE_VERSION } from "#core/tokenizer/chatTemplate.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { countSteps } from "#core/training/dataOrder.ts";
import { trainExampleOf, weightOf, withoutWeight } from "#core/training/microBatch.ts";
import { resolveWarmupSteps } from "#core/training/schedule.ts";
import type { Store } from "#store/index.ts";
import { trainedTrajectories, type TrainedTrajectories } from "./trainedTrajectories.ts";
import { ExampleWriter, SequenceScratch, type MergedSequence } from "./exampleWriter.ts";

export const EXAMPLE_FILE = "examples.bin";

/** Refusals are all counted and this many are named. */
const NAMED_REFUSALS = 200;
/** The event loop gets its turn at least this often. */
const TURN_MS = 12;

/** What one trajectory gave to an example; an example that merging made has one of these for each of its trajectories. */
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
    await writer.start();
    const pace = paced(options, store.trajectories.count());
    const dataVersion = createHash("sha256");
    const counts = newCounts();
    const trajectories = trainedTrajectories(store, config);

    const train = await writePart({ ...options, trajectories, split: "train", chosen: null }, { writer, pace, dataVersion, counts });
    const { numExamples, numPlaces, numTokens, numSupervisedTokens } = counts;
    const merged: MergedRows | null = config.mergePrefixes ? { numRows: counts.numRows, numRowTokens: counts.numRowTokens } : null;
    if (numExamples === 0) throw new AppError("E_RUN_NO_EXAMPLES");

    const heldOut = await heldOutSplit(trajectories, pace.step);
    const chosen = chooseHeldOut(heldOut.size, config);
    const validation = await writePart({ ...options, trajectories, split: heldOut.split, chosen }, { writer, pace, dataVersion, counts });

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

    const { numSteps } = countSteps(numPlaces, config);
    const plan: DataPlan = {
      numTrajectories: counts.numTrajectories,
      numExamples,
      numEvalExamples: counts.numExamples - numExamples,
      numTokens,
      numSupervisedTokens,
      numTruncated: counts.numTruncated,
      numCutTokens: counts.numCutTokens,
      merged,
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
  numExamples: number;
  /** Examples with those of no weight. */
  numPlaces: number;
  numRows: number;
  numRowTokens: number;
  numTokens: number;
  numSupervisedTokens: number;
  numTruncated: number;
  numCutTokens: number;
  numRefused: number;
  readonly refused: { trajectoryId: string; code: string; reason: string }[];
}

const newCounts = (): Counts => ({
  numTrajectories: 0,
  numExamples: 0,
  numPlaces: 0,
  numRows: 0,
  numRowTokens: 0,
  numTokens: 0,
  numSupervisedTokens: 0,
  numTruncated: 0,
  numCutTokens: 0,
  numRefused: 0,
  refused: [],
});

interface Part extends PrepareOptions {
  readonly trajectories: TrainedTrajectories;
  readonly split: Split;
  /** Places among the split's trajectories; null takes all of them. */
  readonly chosen: ReadonlySet<number> | null;
}

interface Shared {
  readonly writer: ExampleWriter;
  readonly pace: Pace;
  readonly dataVersion: ReturnType<typeof createHash>;
  readonly counts: Counts;
}

/** What a sequence came from. */
type Origin = Omit<PreparedExample, "position">;

/** Builds and writes the examples of one split, and counts what does not become one. */
async function writePart(part: Part, { writer, pace, dataVersion, counts }: Shared): Promise<PreparedExample[]> {
  const { trajectories, config, tokenizer, split, chosen, runDir } = part;
  const written: PreparedExample[] = [];
  const origins: Origin[] = [];
  let position = 0;
  const write = async ({ example, members }: MergedSequence): Promise<void> => {
    await writer.add(origins[members[0]!]!.trajectoryId, split, example);
    const weight = weightOf(example);
    counts.numPlaces += 1;
    if (weight > 0) {
      counts.numExamples += 1;
      counts.numTokens += example.inputIds.length;
      counts.numSupervisedTokens += weight;
    }
    const taught = members.map((i) => origins[i]!).filter(({ numSupervisedTokens }) => numSupervisedTokens > 0);
    for (const origin of pooled(taught)) written.push({ position, ...origin });
    position += 1;
  };
  const scratch = config.mergePrefixes ? await SequenceScratch.open(join(runDir, `${EXAMPLE_FILE}.rows`)) : null;
  try {
    let place = -1;
    for (const { trajectory, contentId, contentHash, status } of trajectories.each(split)) {
      place += 1;
      if (chosen !== null && !chosen.has(place)) continue;
      await pace.step();
      counts.numTrajectories += 1;
      const isLeftOut = trajectories.isLeftOut(trajectory.id);
      const isTrained = !isLeftOut && status !== "rejected";
      if (!isTrained) {
        countRefusal(counts, trajectory.id, new AppError(isLeftOut ? "E_EXAMPLE_LEFT_OUT" : "E_EXAMPLE_REJECTED"));
        if (split !== "train" || !trajectories.keepsPlace(trajectory.id)) continue;
      }
      if (isTrained) dataVersion.update(`${contentHash} ${split}\n`);
      const outcome = buildWindows(trajectory, tokenizer, config);
      if (isTrained) countRefusals(counts, trajectory.id, outcome);
      for (const window of outcome.windows) {
        if (isTrained) countWindow(counts, window);
        for (const tokenized of scratch === null ? rowsOf(window) : [window.example]) {
          const example = isTrained ? trainExampleOf(tokenized) : withoutWeight(trainExampleOf(tokenized));
          origins.push({ trajectoryId: trajectory.id, contentId, numSupervisedTokens: weightOf(example) });
          if (scratch === null) await write({ example, members: [origins.length - 1] });
          else await scratch.add(example);
        }
      }
    }
    if (scratch !== null) for await (const sequence of scratch.merged(pace.breathe)) await write(sequence);
  } finally {
    await scratch?.close();
  }
  return written;
}

/** One line for each trajectory: several rows of one may have come together. */
function pooled(origins: readonly Origin[]): readonly Origin[] {
  const byTrajectory = new Map<string, Origin>();
  for (const origin of origins) {
    const before = byTrajectory.get(origin.trajectoryId)?.numSupervisedTokens ?? 0;
    byTrajectory.set(origin.trajectoryId, { ...origin, numSupervisedTokens: before + origin.numSupervisedTokens });
  }
  return [...byTrajectory.values()];
}

function countWindow(counts: Counts, { example, rowEnds }: PathWindow): void {
  counts.numRows += rowEnds.length;
  counts.numRowTokens += rowEnds.reduce((sum, end) => sum + end, 0);
  if (example.cuts.length === 0) return;
  counts.numTruncated += 1;
  counts.numCutTokens += example.fullLength - example.inputIds.length;
}

/** A trajectory is named once, whether all of it or some of its rows were refused. */
function countRefusals(counts: Counts, trajectoryId: string, { windows, refusals, numRows }: WindowsOutcome): void {
  const [first] = refusals;
  if (first === undefined) return;
  const part = windows.length === 0 ? "" : `Left out: ${refusals.length} of its ${numRows} rows. `;
  countRefusal(counts, trajectoryId, { code: first.code, message: part + first.reason });
}

function countRefusal(counts: Counts, trajectoryId: string, { code, message }: { readonly code: string; readonly message: string }): void {
  counts.numRefused += 1;
  if (counts.refused.length < NAMED_REFUSALS) counts.refused.push({ trajectoryId, code, reason: message });
}

/** The validation split; the test split where there is none. */
async function heldOutSplit(
  trajectories: TrainedTrajectories,
  pace: () => Promise<void>,
): Promise<{ readonly split: Split; readonly size: number }> {
  for (const split of ["validation", "test"] as const) {
    let size = 0;
    for (const _ of trajectories.each(split)) {
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

interface Pace {
  /** After each trajectory. */
  readonly step: () => Promise<void>;
  /** Within work that counts no trajectories. */
  readonly breathe: () => Promise<void>;
}

/** Yields to the event loop and reports, but only when enough time has passed. */
function paced({ signal, onProgress }: PrepareOptions, total: number): Pace {
  let [done, last] = [0, performance.now()];
  const breathe = async (): Promise<void> => {
    if (performance.now() - last < TURN_MS) return;
    onProgress?.(Math.min(done, total), total);
    await nextTurn();
    if (signal?.aborted === true) throw new AppError("E_CANCELLED", { what: "Preparing the examples" });
    last = performance.now();
  };
  return {
    breathe,
    step: () => {
      done += 1;
      return breathe();
    },
  };
}
