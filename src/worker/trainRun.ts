/** @file One run inside the trainer process: open what it needs, train, report, save. */
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";
import type { EvalMetrics, RunConfig, StepMetrics } from "#contracts/run.ts";
import type { FromTrainer, TrainRequest } from "#contracts/trainer.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { paddedLength } from "#core/model/paddedLength.ts";
import { countSteps } from "#core/training/dataOrder.ts";
import type { ExampleFileIndex } from "#core/training/exampleFile.ts";
import { UNSCALED } from "#core/training/lossScale.ts";
import { resolveWarmupSteps } from "#core/training/schedule.ts";
import type { TrainControl } from "#core/training/trainControl.ts";
import { isEvaluationDue, trainLoop, type TrainOutcome, type TrainState } from "#core/training/trainLoop.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import type { LoadOptions } from "#engine/modelFolder.ts";
import { expectedPeakBytes } from "#engine/compiled/graphMode.ts";
import { openEngine } from "#engine/openEngine.ts";
import { CHECKPOINT_FORMAT, checkpointName, readTrainerState, type LogEntry, type TrainerStateFile } from "#services/checkpoints.ts";
import { EXAMPLE_FILE } from "#services/prepareExamples.ts";
import { openJournal } from "#services/runJournal.ts";
import { lockRun } from "#services/runLock.ts";
import {
  pruneCheckpoints,
  readCompanions,
  readMoments,
  removeUnfinished,
  writeCheckpoint,
  type CheckpointContents,
} from "./checkpointFiles.ts";
import { type FeatureCapture, isCaptured, openFeatureCapture } from "./captureFeatures.ts";
import { openExamples } from "#services/exampleSource.ts";

export interface TrainRunOptions {
  readonly request: TrainRequest;
  readonly control: TrainControl;
  readonly send: (message: FromTrainer) => void;
}

/** Trains to the end or until stopped; the outcome names the checkpoint that holds the last finished step. */
export async function trainRun(options: TrainRunOptions): Promise<TrainOutcome & { readonly checkpoint: string }> {
  const lock = await lockRun(options.request.runDir, () => !options.control.isStopping);
  try {
    return await trainLocked(options);
  } finally {
    await lock.release();
  }
}

async function trainLocked({ request, control, send }: TrainRunOptions): Promise<TrainOutcome & { readonly checkpoint: string }> {
  const { runDir, config, resumeFrom } = request;
  const phase = (name: string): void => send({ type: "phase", phase: name, done: 0, total: null });
  phase("loading");
  await removeUnfinished(runDir);
  const modelDir = resumeFrom ?? request.modelDir;
  const companions = await readCompanions(modelDir);
  const { examples, close: closeExamples } = openExamples(join(runDir, EXAMPLE_FILE));
  const journal = openJournal(runDir);
  let capture: FeatureCapture | undefined;
  try {
    const resumed = resumeFrom === null ? null : await readTrainerState(resumeFrom);
    if (resumed !== null) requireSameData(resumed, examples.index, resumeFrom!);
    const largestBatch = { numExamples: config.microBatchSize, length: longestBatch(examples.index, config) };
    await requireMemory(modelDir, largestBatch);
    const engine = await openEngine({
      modelDir,
      onRead: tellReading(phase),
      // the core has chosen before; from a script, `auto` is the CPU
      kind: config.engine === "auto" ? "cpu" : config.engine,
      ...(config.dropout === null ? {} : { dropout: config.dropout }),
      precision: config.precision,
      largestBatch,
      onCompile: ({ what, number, total }) =>
        send({
          type: "phase",
          phase: total === 1 ? `compiling the ${what}` : `compiling ${number} of ${total}: ${what}`,
          done: number,
          total,
        }),
    });
    try {
      send({ type: "ready", engine: engine.name });
      if (engine.modeReason !== "") phase(engine.modeReason);
      const startFrom = resumed === null ? null : await startState(resumed, resumeFrom!, engine);
      const log: LogEntry[] = [...(resumed?.log_history ?? [])];
      const indicesOf = (isTrain: boolean): number[] =>
        examples.index.splits.flatMap((split, i) => ((split === "train") === isTrain ? [i] : []));
      const trainIndices = indicesOf(true);
      const steps = countSteps(trainIndices.length, config);
      let checkpoint = resumeFrom ?? join(runDir, checkpointName(0));
      if (request.features !== undefined && isCaptured(config, engine.config)) {
        const { features } = request;
        capture = await openFeatureCapture({
          model: engine.config,
          features,
          examples: examples.index,
          steps,
          isResumed: resumed !== null,
        });
      }
      const outcome = await trainLoop({
        engine,
        config,
        examples,
        trainIndices,
        evalIndices: indicesOf(false),
        padTokenId: examples.index.padTokenId,
        ...(startFrom === null ? {} : { startFrom, owesEvaluation: owesEvaluation(startFrom.step, steps.numSteps, config, log) }),
        control,
        capture: capture?.steps,
        hooks: {
          onStep: (metrics, numSteps) => {
            log.push(stepEntry(metrics, steps.stepsPerEpoch));
            journal.add({ step: metrics });
            send({ type: "step", metrics, numSteps });
          },
          onEval: (metrics) => {
            log.push(evalEntry(metrics, steps.stepsPerEpoch));
            journal.add({ eval: metrics });
            send({ type: "eval", metrics });
          },
          onOverflow: (step, { factor, numOverflows }) =>
            phase(
              `step ${step} overflowed half precision and was left out (${numOverflows} so far): the loss scale is ${factor.toLocaleString("en")} now`,
            ),
          onPhase: phase,
          onPause: (step) => send({ type: "paused", step }),
          onResume: (step) => send({ type: "resumed", step }),
          save: async (state) => {
            journal.flush();
            checkpoint = await writeCheckpoint(runDir, {
              model: { config: engine.config, parameters: engine.parameters },
              adamW: state.adamW,
              companions,
              ...stateOf(state, {
                config,
                steps,
                log,
                dataVersion: examples.index.dataVersion,
                engine: `${engine.name}; ${engine.modeReason}`,
              }),
            });
            await pruneCheckpoints(runDir, config.keepCheckpoints);
            send({ type: "checkpoint", step: state.step, dir: checkpoint });
          },
          memoryBytes: () => process.memoryUsage.rss(),
          breathe: async () => void (await nextTurn()),
        },
      });
      if (outcome.reason === "done") await capture?.finish(checkpoint);
      return { ...outcome, checkpoint };
    } finally {
      // an engine whose device is gone may fail once more here, and must not hide why the run ends
      await engine.dispose().catch(() => undefined);
    }
  } finally {
    capture?.close();
    journal.close();
    closeExamples();
  }
}

/** Tokens of the longest example, padded: a window that nothing fills needs no memory. */
const longestBatch = ({ lengths }: ExampleFileIndex, { maxLength }: RunConfig): number =>
  paddedLength(
    lengths.reduce((longest, length) => Math.max(longest, length), 1),
    maxLength,
  );

/** Said before the first step what would otherwise end it: the system kills a process that asks for more than there is. */
async function requireMemory(modelDir: string, largest: { readonly numExamples: number; readonly length: number }): Promise<void> {
  const model = parseOptConfig(await readFile(join(modelDir, "config.json"), "utf8"), modelDir);
  const needed = expectedPeakBytes(model, largest, totalmem());
  if (needed <= totalmem()) return;
  const batch = `${largest.numExamples} x ${largest.length.toLocaleString("en")}`;
  throw new AppError("E_RUN_TOO_LARGE", { needed: gigabytes(needed), machine: gigabytes(totalmem()), batch });
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

function requireSameData(resumed: TrainerStateFile, examples: ExampleFileIndex, dir: string): void {
  if (resumed.stateful_callbacks.callsmith.dataVersion === examples.dataVersion) return;
  throw new AppError("E_CHECKPOINT_CORRUPT", { path: dir, detail: "it belongs to other training examples than the run's" });
}

async function startState(state: TrainerStateFile, dir: string, { parameters, optimizer }: ModelEngine): Promise<TrainState> {
  const { numUpdates, skippedSteps, lossScale = UNSCALED } = state.stateful_callbacks.callsmith;
  optimizer.state.numUpdates = numUpdates;
  await readMoments(dir, parameters, optimizer.state);
  return { step: state.global_step, adamW: optimizer.state, health: { skippedSteps }, lossScale };
}

interface StateParts {
  readonly config: RunConfig;
  readonly steps: { readonly numSteps: number; readonly stepsPerEpoch: number };
  readonly log: readonly LogEntry[];
  readonly dataVersion: string;
  readonly engine: string;
}

function stateOf(
  { step, adamW, health, lossScale }: TrainState,
  { config, steps, log, dataVersion, engine }: StateParts,
): Pick<CheckpointContents, "state" | "record"> {
  return {
    state: {
      epoch: step / steps.stepsPerEpoch,
      global_step: step,
      max_steps: steps.numSteps,
      num_train_epochs: Math.ceil(config.epochs),
      train_batch_size: config.microBatchSize,
      logging_steps: 1,
      eval_steps: config.evalEverySteps,
      save_steps: config.saveEverySteps,
      log_history: log,
      best_metric: null,
      best_model_checkpoint: null,
      is_hyper_param_search: false,
      is_local_process_zero: true,
      is_world_process_zero: true,
      total_flos: 0,
      trial_name: null,
      trial_params: null,
    },
    record: {
      formatVersion: CHECKPOINT_FORMAT,
      config,
      dataVersion,
      engine,
      warmupSteps: resolveWarmupSteps(config, steps.numSteps),
      numSteps: steps.numSteps,
      nextEpoch: Math.floor(step / steps.stepsPerEpoch),
      nextStepInEpoch: step % steps.stepsPerEpoch,
      seed: config.seed,
      numUpdates: adamW.numUpdates,
      skippedSteps: health.skippedSteps,
      lossScale,
    },
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function stepEntry(metrics: StepMetrics, stepsPerEpoch: number): LogEntry {
  const { step, loss, learningRate, gradNorm } = metrics;
  return { epoch: step / stepsPerEpoch, grad_norm: finite(gradNorm), learning_rate: learningRate, loss: finite(loss), step };
}

/** A checkpoint saved by a stop within an evaluation has the step in its log and not the evaluation. */
function owesEvaluation(step: number, numSteps: number, config: RunConfig, log: readonly LogEntry[]): boolean {
  return isEvaluationDue(step, numSteps, config) && !log.some((entry) => entry["step"] === step && "eval_loss" in entry);
}

function evalEntry({ step, loss, seconds, numExamples }: EvalMetrics, stepsPerEpoch: number): LogEntry {
  return {
    epoch: step / stepsPerEpoch,
    eval_loss: finite(loss),
    eval_runtime: seconds,
    eval_samples_per_second: finite(numExamples / seconds),
    step,
  };
}

/** Names the weights file that was chosen, and how far it is read; at most twenty times, because each becomes a line of the run. */
function tellReading(phase: (name: string) => void): NonNullable<LoadOptions["onProgress"]> {
  let told = -1;
  return ({ file, done, total }) => {
    const percent = 5 * Math.floor((20 * done) / total);
    if (percent === told) return;
    told = percent;
    phase(`reading ${file}, ${percent} %`);
  };
}
