/**
 * @file Canaries: faults planted in a copy of training data, a run on it, its failures that show them, and how well tracing finds what was planted.
 *
 * All of it happens in a workspace of its own, which the caller opens empty, so that nothing planted ever gets among anybody's data.
 */
import { copyFile, mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import {
  SIGNALS,
  type CaseTrace,
  type ReliabilityRow,
  type Signal,
  type TraceReliability,
  type TracedExample,
} from "#contracts/tracing.ts";
import type { AssistantTurn, TrajectoryContent, TrajectoryId } from "#contracts/trajectory.ts";
import { rankingQuality, type RankingQuality } from "#core/attribution/rankingQuality.ts";
import { showsFault } from "#core/evaluation/plantedFaults.ts";
import { initialParameters } from "#core/model/parameters.ts";
import { encodeSafetensors } from "#core/model/safetensors.ts";
import { plantFaults, type PlantedFault, type PlantedSet } from "#core/quality/plantFaults.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { makeCases } from "../cases/makeCases.ts";
import { listCheckpoints } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import { startEvaluation } from "../evaluateRun.ts";
import { untilDone } from "../experiments/retrain.ts";
import type { JobHandle } from "../jobs.ts";
import { modelDirOf, readModelFolder, runDirOf } from "../models.ts";
import { startRun } from "../startRun.ts";
import { startTracing } from "./startTracing.ts";

export interface CanaryOptions {
  readonly handle: JobHandle;
  readonly config: RunConfig;
  readonly trajectories: readonly { readonly id: string; readonly content: TrajectoryContent }[];
  /** Clean prompts whose right answers say what is noise. */
  readonly clean: readonly TrajectoryContent[];
}

export type CanaryMeasurement = Omit<TraceReliability, "runId"> & {
  /** What was planted, by the ids it was given: the truth. */
  readonly planted: readonly PlantedFault[];
};

const PLANTING = { numPlanted: 24, numHeldOut: 5 };
/** Failures traced of each fault, at most. */
const TRACED_EACH = 6;
const AUTHOR = "canaries";
/** Written between two turns of the event loop. */
const CHUNK = 256;

/** @throws E_EXPERIMENT_INVALID where no fault can be planted; E_CANCELLED */
export async function measureCanaries(scratch: Core, options: CanaryOptions): Promise<CanaryMeasurement> {
  const { handle, config, trajectories, clean } = options;
  const planted = plantFaults(trajectories, { ...PLANTING, seed: config.seed });
  if (planted.faults.length === 0) {
    throw new AppError("E_EXPERIMENT_INVALID", { detail: "no tool is called in enough trajectories for a fault to be planted and asked" });
  }
  handle.report({ phase: "planting", unit: "faults", done: planted.faults.length, total: planted.faults.length });
  const idOf = await fill(scratch, planted, clean, handle);
  const { runId, jobId } = await startRun(scratch, { overrides: config });
  await untilDone(scratch, handle, jobId, "training with canaries");
  const evaluation = startEvaluation(scratch, { runId, suite: "validation", maxPrompts: null });
  await untilDone(scratch, handle, evaluation.id, "asking for canaries");
  const shown = await shownFaults(scratch, runId, planted.faults, idOf);
  const caseIds = shown.map(({ caseId }) => caseId);
  if (caseIds.length > 0) await trace(scratch, handle, caseIds, "tracing canaries");
  const traced = shown.flatMap((one) => {
    const found = scratch.store.traces.get(one.caseId);
    return found === null ? [] : [{ ...one, trace: found }];
  });
  return {
    canaryRunId: runId,
    at: new Date().toISOString(),
    rows: rowsOf(scratch, traced),
    notSurfaced: planted.faults.map(({ fault }) => fault).filter((fault) => shown.every((one) => one.fault !== fault)),
    randomised: traced.length === 0 ? null : await randomised(scratch, { handle, config, traced }),
    planted: planted.faults,
  };
}

async function trace(scratch: Core, handle: JobHandle, caseIds: readonly string[], phase: string): Promise<void> {
  await untilDone(scratch, handle, startTracing(scratch, { caseIds, author: AUTHOR }).id, phase);
}

/** Writes the planted set into the workspace. @returns the id there of each trajectory */
async function fill(
  { store }: Core,
  { train, heldOut }: PlantedSet<string>,
  clean: readonly TrajectoryContent[],
  handle: JobHandle,
): Promise<ReadonlyMap<string, TrajectoryId>> {
  const source = store.sources.ensure({ sha256: "0".repeat(64), format: "openai-chat", name: AUTHOR, path: AUTHOR, numBytes: 0 });
  const idOf = new Map<string, TrajectoryId>();
  const rows = [
    ...train.map((one) => ({ ...one, split: "train" as const })),
    ...[...heldOut, ...clean.map((content, i) => ({ id: `clean ${i}`, content }))].map((one) => ({ ...one, split: "validation" as const })),
  ];
  const numberOf: number[] = [];
  for (let start = 0; start < rows.length; start += CHUNK) {
    handle.report({ phase: "copying the data", unit: "trajectories", done: start, total: rows.length });
    handle.signal.throwIfAborted();
    store.transaction(() => {
      for (const { content, split } of rows.slice(start, start + CHUNK)) {
        const contentId = store.contents.write(content, summaryOf(content));
        const at = new Date().toISOString();
        numberOf.push(store.trajectories.add({ sourceId: source.id, split, contentId, author: AUTHOR, reason: "planted", at }));
      }
    });
    await new Promise(setImmediate);
  }
  rows.forEach(({ id }, i) => idOf.set(id, store.trajectories.getByNumber(numberOf[i]!).trajectory.id));
  return idOf;
}

interface ShownFault {
  readonly fault: string;
  readonly caseId: string;
  /** Trajectories of the scratch workspace that were spoiled so. */
  readonly planted: ReadonlySet<string>;
}

/** Failures at the prompts that a fault was planted for, where it shows; each made a case. */
async function shownFaults(
  scratch: Core,
  runId: string,
  faults: readonly PlantedFault[],
  idOf: ReadonlyMap<string, TrajectoryId>,
): Promise<readonly ShownFault[]> {
  const { store } = scratch;
  const failures = store.failures.ids(runId).map((id) => store.failures.get(id));
  const found: { readonly fault: string; readonly failureId: string; readonly planted: ReadonlySet<string> }[] = [];
  for (const { fault, planted, heldOut } of faults) {
    const asked = new Set(heldOut.map(({ id, turnIndex }) => `${idOf.get(id)} ${turnIndex}`));
    const shown = failures.filter(({ trajectoryId, turnIndex, contentId, predicted }) => {
      if (!asked.has(`${trajectoryId} ${turnIndex}`)) return false;
      const { turns, tools } = store.contents.read(contentId).content;
      return showsFault(fault, parseAssistantText(predicted), turns[turnIndex] as AssistantTurn, tools);
    });
    const ids = new Set(planted.map((id) => idOf.get(id)!));
    for (const { id } of shown.slice(0, TRACED_EACH)) found.push({ fault, failureId: id, planted: ids });
  }
  await makeCases(scratch, { failures: { ids: found.map(({ failureId }) => failureId) }, author: AUTHOR, note: "" });
  const cases = found.map(({ fault, planted, failureId }) => ({ fault, planted, caseId: store.cases.ofFailure(failureId) }));
  // two failures may be one and the same output
  return cases.flatMap(({ caseId, ...one }) => (caseId === null ? [] : [{ ...one, caseId }]));
}

interface TracedFault extends ShownFault {
  readonly trace: CaseTrace;
}

const examplesOf = ({ groups }: CaseTrace): readonly TracedExample[] => groups.flatMap(({ examples }) => examples);
const isPlanted = ({ trajectories }: TracedExample, planted: ReadonlySet<string>): boolean =>
  trajectories.some(({ id }) => planted.has(id));

/** @param places of the relevant ones, counted from 1 */
function qualityAt(places: readonly number[], numRelevant: number): RankingQuality {
  const relevant = new Set(places);
  const ranking = Array.from({ length: Math.max(0, ...places) }, (_, i) => relevant.has(i + 1));
  return rankingQuality(ranking, Math.max(1, numRelevant));
}

/** In the fused order, of which a trace keeps the first: what lies behind counts as not found. */
function qualityOf(scratch: Core, { planted, trace: { runId, ...found } }: TracedFault): RankingQuality {
  const places = examplesOf({ runId, ...found }).flatMap((example) => (isPlanted(example, planted) ? [example.rank] : []));
  return qualityAt(places, scratch.store.runPoints.trainPositions(runId, [...planted]).length);
}

function rowsOf(scratch: Core, traced: readonly TracedFault[]): readonly ReliabilityRow[] {
  const measured = traced.map((one) => ({ fault: one.fault, quality: qualityOf(scratch, one) }));
  const row = (fault: string | null): ReliabilityRow => {
    const own = measured.filter((one) => fault === null || one.fault === fault);
    const mean = (of: (quality: RankingQuality) => number): number =>
      own.length === 0 ? 0 : own.reduce((sum, { quality }) => sum + of(quality), 0) / own.length;
    return {
      fault,
      numTraced: own.length,
      recallAt10: mean(({ recallAt10 }) => recallAt10),
      meanReciprocalRank: mean(({ reciprocalRank }) => reciprocalRank),
      averagePrecision: mean(({ averagePrecision }) => averagePrecision),
    };
  };
  return [row(null), ...[...new Set(measured.map(({ fault }) => fault))].sort().map(row)];
}

interface Randomising extends Pick<CanaryOptions, "handle" | "config"> {
  readonly traced: readonly TracedFault[];
}

/**
 * The same failures traced with a model of the same shape whose weights were drawn anew: recall among the first ten of each signal alone, mean over the
 * failures. What still finds the canaries then looks at words, not at what the model learned.
 */
async function randomised(scratch: Core, { handle, config, traced }: Randomising): Promise<Readonly<Record<Signal, number>>> {
  const { store, paths } = scratch;
  const modelDir = join(paths.workspace, "drawn-anew");
  await writeDrawnModel(modelDirOf(paths, config.baseModel), modelDir, config.seed);
  // one step that moves nothing makes a checkpoint of these weights, over the same examples
  const still: RunConfig = {
    ...config,
    baseModel: modelDir,
    maxSteps: 1,
    learningRate: Number.MIN_VALUE,
    weightDecay: 0,
    captureFeatures: false,
  };
  const { runId, jobId } = await startRun(scratch, { overrides: still });
  await untilDone(scratch, handle, jobId, "drawing weights anew");
  const checkpointStep = listCheckpoints(runDirOf(paths, runId)).at(-1)!.step;
  const cases = traced.map(({ caseId, planted }) => {
    const { id: _id, ...record } = store.cases.get(caseId);
    const { tokens, ...body } = store.cases.body(caseId);
    const again = { ...record, runId, model: runId, checkpointStep, failureId: null, evaluationId: null };
    const { id } = store.cases.add({ ...again, fingerprint: `${caseId} of ${runId}`, body, tokens });
    return { id, planted };
  });
  await trace(
    scratch,
    handle,
    cases.map(({ id }) => id),
    "tracing with weights drawn anew",
  );
  const recall = (signal: Signal): number => {
    const recalls = cases.map(({ id, planted }) => {
      const found = store.traces.get(id);
      if (found === null) return 0;
      const places = examplesOf(found).flatMap((example) => (isPlanted(example, planted) ? (example.signals[signal]?.rank ?? []) : []));
      return qualityAt(places, store.runPoints.trainPositions(runId, [...planted]).length).recallAt10;
    });
    return recalls.reduce((sum, one) => sum + one, 0) / recalls.length;
  };
  return Object.fromEntries(SIGNALS.map((signal) => [signal, recall(signal)])) as Record<Signal, number>;
}

/** A model folder like another, its weights drawn from a seed. */
async function writeDrawnModel(from: string, to: string, seed: number): Promise<void> {
  const { config } = await readModelFolder(from);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from))
    if (/[.](json|txt)$/.test(name) && !name.endsWith(".index.json")) await copyFile(join(from, name), join(to, name));
  const file = await open(join(to, "model.safetensors"), "w");
  try {
    for (const chunk of encodeSafetensors(initialParameters(config, seed), "F32")) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}
