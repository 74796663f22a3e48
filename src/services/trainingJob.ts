/**
 * @file The job that drives a run: prepares what is missing, starts the trainer, and writes down what it reports. Points go to the
 * database first, news after, so that whoever hears of a step can read it.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { RunEngine } from "#contracts/engines.ts";
import { AppError, type ErrorCode } from "#contracts/errors.ts";
import type { RunState } from "#contracts/run.ts";
import { countParameters } from "#core/model/parameters.ts";
import type { RunRecord } from "#store/runs.ts";
import { checkpointBytes, listCheckpoints, newestWholeCheckpoint } from "./checkpoints.ts";
import type { Core } from "./core.ts";
import { freezeForRun } from "./freezeVersion.ts";
import type { JobHandle, StartedJob } from "./jobs.ts";
import { modelDirOf, readModelFolder, runDirOf } from "./models.ts";
import { EXAMPLE_FILE, prepareExamples } from "./prepareExamples.ts";
import { readJournal } from "./runJournal.ts";
import { untilRunIsFree } from "./runLock.ts";
import type { TrainingSession, TrainMessage } from "./trainerHost.ts";

export interface TrainingJobOptions {
  readonly runId: string;
  /** Continue from the newest whole checkpoint, or from the start where there is none yet. */
  readonly resume: boolean;
  /** The ended job whose id is used again. */
  readonly restartOf?: string | undefined;
}

export interface TrainingResult {
  readonly run: string;
  readonly step: number;
  readonly reason: "done" | "stopped";
}

export function startTrainingJob(core: Core, { runId, resume, restartOf }: TrainingJobOptions): StartedJob {
  const { store, jobs } = core;
  const spec = {
    kind: "train",
    title: `Train ${runId}`,
    unit: "steps",
    phase: "preparing",
    subject: runId,
    canPause: true,
    resumeHint: `Resume ${runId}: it continues from its last checkpoint.`,
    params: { runId },
    ...(restartOf === undefined ? {} : { restartOf }),
  } as const;
  const started = jobs.start(spec, async (handle) => {
    try {
      const result = await drive(core, { handle, runId, resume });
      // A run that the closing core stopped was not stopped by anybody: it waits to be resumed.
      endRun(core, runId, result.reason === "stopped" && core.isClosing() ? "interrupted" : result.reason, null);
      return result;
    } catch (thrown) {
      const error = AppError.from(thrown);
      endRun(core, runId, core.isClosing() ? "interrupted" : stateAfter(error, handle), error);
      throw error;
    }
  });
  store.runs.update(runId, { state: "preparing", phase: "preparing", jobId: started.id, error: null, endedAt: null });
  jobs.news.rowsChanged("runs");
  return started;
}

/** The world's doing: once it is mended the run goes on as it would have. */
const INTERRUPTIONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "E_TRAINER_LOST",
  "E_TRAINER_KILLED",
  "E_OUT_OF_MEMORY",
  "E_DEVICE_LOST",
  "E_CHECKPOINT_NO_SPACE",
  "E_DISK_FULL",
]);

/** What a run is after an error: stopped by a person, interrupted by the world, or failed. */
function stateAfter(error: AppError, handle: JobHandle): RunState {
  if (error.code === "E_CANCELLED" || handle.signal.aborted) return "stopped";
  return INTERRUPTIONS.has(error.code) ? "interrupted" : "failed";
}

function endRun(core: Core, runId: string, state: RunState, error: AppError | null): void {
  const shown = error === null || error.code === "E_CANCELLED" ? null : { code: error.code, message: error.message, fix: error.fix };
  core.store.runs.update(runId, { state, phase: "", error: shown, jobId: null, endedAt: new Date().toISOString() });
  core.jobs.news.rowsChanged("runs");
}

interface Drive {
  readonly handle: JobHandle;
  readonly runId: string;
  readonly resume: boolean;
}

async function drive(core: Core, { handle, runId, resume }: Drive): Promise<TrainingResult> {
  const { store, paths } = core;
  const run = store.runs.get(runId);
  const runDir = runDirOf(paths, runId);
  if (resume) {
    handle.report({ phase: "waiting for the trainer before" });
    await untilRunIsFree(runDir, () => !handle.signal.aborted);
  }
  const { checkpoint, damaged } = resume ? await newestWholeCheckpoint(runDir) : { checkpoint: null, damaged: [] };
  // What is damaged, or written after the checkpoint that the run goes on from, comes again.
  for (const newer of listCheckpoints(runDir)) {
    if (newer.step > (checkpoint?.step ?? -1)) await rm(newer.dir, { recursive: true, force: true });
  }
  for (const { params } of damaged) {
    handle.report({ phase: `passing over ${basename(String(params["path"]))}, which is not whole: ${params["detail"]}` });
  }
  if (resume) {
    store.runs.recordResume(runId, checkpoint?.step ?? 0);
    await fillFromJournal(core, { runId, runDir, upToStep: checkpoint?.step ?? 0 });
  }
  recordCheckpoints(core, runId, runDir);

  const modelDir = checkpoint?.dir ?? modelDirOf(paths, run.config.baseModel);
  const numSteps = await prepare(core, { handle, run, runDir, modelDir });
  const engine = await chosenEngine(core, { handle, run });
  const from = checkpoint === null ? "the base model" : basename(checkpoint.dir);
  const phase = damaged.length === 0 ? "starting the trainer" : `starting the trainer from ${from}, because what is newer is not whole`;
  handle.report({ phase, unit: "steps", done: checkpoint?.step ?? 0, total: numSteps });
  store.runs.update(runId, { state: "compiling", phase, step: checkpoint?.step ?? 0 });

  let session: TrainingSession | null = null;
  let failure: AppError | null = null;
  const onMessage = (message: TrainMessage): void => {
    try {
      takeDown(core, { handle, runId, runDir }, message);
    } catch (thrown) {
      // A step that cannot be written down (a full disk) stops the run: a curve must not have holes.
      failure ??= AppError.from(thrown);
      session?.stop();
    }
  };
  session = core.trainers.train(
    {
      runDir,
      config: { ...run.config, engine: engine.id },
      modelDir,
      resumeFrom: checkpoint?.dir ?? null,
      features: { dir: paths.features, runId },
    },
    onMessage,
  );
  const going = session;
  handle.onPause((pause) => (pause ? going.pause() : going.resume()));
  const stop = (): void => going.stop();
  handle.signal.addEventListener("abort", stop);
  if (handle.signal.aborted) stop();
  try {
    const { step, reason } = await going.ended;
    if (failure !== null) throw failure;
    return { run: runId, step, reason };
  } catch (error) {
    throw failure ?? error;
  } finally {
    handle.signal.removeEventListener("abort", stop);
    recordCheckpoints(core, runId, runDir);
  }
}

/** A run that goes on keeps its engine, so that its numbers stay the same to the bit. */
async function chosenEngine(core: Core, { handle, run }: Pick<Preparation, "handle" | "run">): Promise<RunEngine> {
  handle.report({ phase: "choosing the engine" });
  const chosen = await core.engines.choose(run.engine?.id ?? run.config.engine);
  // it keeps the words of its first choice too, unless that engine is gone
  const isKept = run.engine !== null && chosen.id === run.engine.id;
  const engine = isKept ? run.engine : { ...chosen, wanted: run.config.engine, name: null };
  core.store.runs.update(run.id, { engine });
  return engine;
}

interface Gap {
  readonly runId: string;
  readonly runDir: string;
  readonly upToStep: number;
}

/** Points up to the checkpoint that a killed core did not live to write down. */
async function fillFromJournal(core: Core, { runId, runDir, upToStep }: Gap): Promise<void> {
  const { runPoints } = core.store;
  const { steps, evals } = await readJournal(runDir);
  const recorded = new Set(runPoints.points(runId).step);
  const missing = [...steps.values()].filter(({ step }) => step <= upToStep && !recorded.has(step));
  runPoints.addPoints(
    runId,
    missing.toSorted((a, b) => a.step - b.step),
  );
  const evaluated = new Set(runPoints.evals(runId).map(({ step }) => step));
  for (const metrics of evals.values()) if (metrics.step <= upToStep && !evaluated.has(metrics.step)) runPoints.addEval(runId, metrics);
}

interface Preparation {
  readonly handle: JobHandle;
  readonly run: RunRecord;
  readonly runDir: string;
  readonly modelDir: string;
}

/** Writes the example file and the plan unless an earlier start of this run has. Returns the number of steps. */
async function prepare(core: Core, { handle, run, runDir, modelDir }: Preparation): Promise<number> {
  const { store, jobs } = core;
  if (run.plan !== null && existsSync(join(runDir, EXAMPLE_FILE))) return run.plan.numSteps;
  // data of a frozen version needs no other, unless some of it is taken as it is now
  if (run.config.dataVersion === null || run.config.repairedTrajectories.length > 0) await freezeForRun(core, run.id, handle);
  const phase = "preparing examples";
  handle.report({ phase, unit: "trajectories", done: 0, total: store.trajectories.count() });
  store.runs.update(run.id, { state: "preparing", phase });
  const { config: modelConfig, tokenizer } = await readModelFolder(modelDir);
  const { plan, train, validation } = await prepareExamples({
    store,
    config: run.config,
    tokenizer,
    runDir,
    signal: handle.signal,
    onProgress: (done, total) => handle.report({ done, total }),
  });
  const { numHiddenLayers: layers, hiddenSize: width } = modelConfig;
  const model = { numParameters: countParameters(modelConfig), layers, width };
  store.transaction(() => {
    store.runPoints.setExamples(run.id, "train", train);
    store.runPoints.setExamples(run.id, "validation", validation);
    store.runs.update(run.id, { plan, model, numSteps: plan.numSteps });
  });
  jobs.news.rowsChanged("runs");
  return plan.numSteps;
}

const TRAINING = "training";

interface Desk {
  readonly handle: JobHandle;
  readonly runId: string;
  readonly runDir: string;
}

/** Writes down one message of the trainer, then tells. */
function takeDown(core: Core, { handle, runId, runDir }: Desk, message: TrainMessage): void {
  const { store, jobs } = core;
  switch (message.type) {
    case "ready": {
      const { engine } = store.runs.get(runId);
      if (engine !== null) store.runs.update(runId, { engine: { ...engine, name: message.engine } });
      break;
    }
    case "phase":
      handle.report({ phase: message.phase });
      store.runs.update(runId, { phase: message.phase });
      break;
    case "step": {
      store.runPoints.addPoints(runId, [message.metrics]);
      handle.report({ phase: TRAINING, done: message.metrics.step, total: message.numSteps });
      jobs.news.rowsChanged("points");
      const { state, phase } = store.runs.get(runId);
      if (state === "running" && phase === TRAINING) return;
      store.runs.update(runId, { state: "running", phase: TRAINING });
      break;
    }
    case "eval":
      store.runPoints.addEval(runId, message.metrics);
      break;
    case "checkpoint":
      recordCheckpoints(core, runId, runDir);
      break;
    case "paused":
    case "resumed": {
      const isPaused = message.type === "paused";
      store.runs.update(runId, { state: isPaused ? "paused" : "running", phase: isPaused ? "paused" : TRAINING });
      handle.paused(isPaused);
      break;
    }
    case "finished":
      return;
  }
  jobs.news.rowsChanged("runs");
}

/** Brings the record in line with the folders there are. */
function recordCheckpoints(core: Core, runId: string, runDir: string): void {
  const { runs } = core.store;
  const onDisk = listCheckpoints(runDir);
  const recorded = new Set(runs.checkpoints(runId).map(({ step }) => step));
  for (const { step, dir } of onDisk) if (!recorded.delete(step)) runs.addCheckpoint(runId, step, checkpointBytes(dir));
  for (const step of recorded) runs.removeCheckpoint(runId, step);
}
