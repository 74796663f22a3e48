/**
 * @file The training loop: forward, loss, backward, accumulate, clip, check finite, update, record.
 *
 * It knows no process, file or database: the engine, the clock, evaluation's and saving's consequences are parameters. From a script:
 *
 * ```ts
 * const engine = await openEngine({ ... });
 * await trainLoop({
 *   engine, config, padTokenId: 1,
 *   examples: exampleSetOf(tokenizedExamples), trainIndices: [0, 1, 2], evalIndices: [3],
 *   hooks: { onStep: (m) => console.error(m.step, m.loss), save: async ({ step }) => { ... engine.parameters ... } },
 * });
 * ```
 */
import { SEGMENTS, type Segment } from "#contracts/example.ts";
import type { EvalMetrics, LossSum, RunConfig, StepMetrics } from "#contracts/run.ts";
import { mixSeeds } from "../model/random.ts";
import type { TapRequest } from "../model/taps.ts";
import type { ComputeEngine, MicroBatch, MicroBatchLoss } from "./computeEngine.ts";
import { createDataOrder, SEED_STREAMS, type StepBatch } from "./dataOrder.ts";
import { afterSkipping, HEALTHY, mayUpdate, stopAtSecondInARow, type RunHealth } from "./health.ts";
import { afterGoodStep, afterOverflow, HALF_PRECISION_START, isOverflow, scaleOfSum, UNSCALED, type LossScale } from "./lossScale.ts";
import { assembleMicroBatch, weightOf, type ExampleSet } from "./microBatch.ts";
import { clipScale, createOptimizer, startAdamWState, type AdamWState } from "./optimizer.ts";
import { learningRateAt } from "./schedule.ts";
import { TrainControl } from "./trainControl.ts";

/** What a checkpoint needs besides the weights; everything else is a function of configuration, examples and step. */
export interface TrainState {
  /** Last finished step; 0 before the first. */
  readonly step: number;
  readonly adamW: AdamWState;
  readonly health: RunHealth;
  readonly lossScale: LossScale;
}

export interface TrainHooks {
  readonly onStep?: (metrics: StepMetrics, numSteps: number) => void | Promise<void>;
  readonly onEval?: (metrics: EvalMetrics) => void | Promise<void>;
  /** What the loop turns to besides training: both may take long. */
  readonly onPhase?: (phase: "evaluating" | "saving a checkpoint") => void;
  /** Half precision could not hold the gradients: the step was left out, and the scale is lower from here. */
  readonly onOverflow?: (step: number, lossScale: LossScale) => void;
  readonly onPause?: (step: number) => void;
  readonly onResume?: (step: number) => void;
  /** Writes a checkpoint of the engine's parameters and this state; both are borrowed until it settles. */
  readonly save?: (state: TrainState) => Promise<void>;
  /** Milliseconds. */
  readonly now?: () => number;
  readonly memoryBytes?: () => number;
  /** Lets messages in between micro-steps: an engine may compute on this thread and leave only microtasks between. */
  readonly breathe?: () => Promise<void>;
}

/** An example of a step, by its index in `examples`, and its own loss. */
export type StepExample = StepMetrics["examples"][number];

/** Takes along, in the same pass, something of each example that is trained on. */
export interface StepCapture {
  /** The first step that is captured. */
  readonly fromStep: number;
  readonly requestFor: (batch: MicroBatch) => {
    readonly taps: TapRequest;
    /** Called when the micro-batch is computed; examples in the order of its rows, `lossScale` that of its gradients. */
    readonly take: (examples: readonly StepExample[], lossScale: number) => void;
  };
}

export interface TrainOptions {
  readonly engine: ComputeEngine;
  readonly config: RunConfig;
  readonly examples: ExampleSet;
  /** Indices into `examples`. */
  readonly trainIndices: readonly number[];
  readonly evalIndices?: readonly number[];
  readonly padTokenId: number;
  /** Absent: from the start. The engine must already hold this state's weights. */
  readonly startFrom?: TrainState;
  /** True: a stop broke off the evaluation of `startFrom`'s last step; it is made up for first. */
  readonly owesEvaluation?: boolean;
  readonly control?: TrainControl;
  readonly capture?: StepCapture | undefined;
  readonly hooks?: TrainHooks;
}

export interface TrainOutcome {
  readonly reason: "done" | "stopped";
  readonly step: number;
  readonly numSteps: number;
}

/** Whether the held-out examples are evaluated after a step. */
export const isEvaluationDue = (step: number, numSteps: number, { evalEverySteps }: RunConfig): boolean =>
  step > 0 && (step === numSteps || step % evalEverySteps === 0);

/**
 * Trains until the planned steps are done or `control.stop()` is called; a stop leaves out the unfinished step, so that the state
 * saved is always that of a whole one.
 *
 * @throws E_LOSS_NOT_FINITE after the second step in a row whose loss or gradient is not finite
 */
export async function trainLoop(options: TrainOptions): Promise<TrainOutcome> {
  const { engine, config, examples, trainIndices, evalIndices = [], hooks = {} } = options;
  const control = options.control ?? new TrainControl();
  const now = hooks.now ?? (() => performance.now());
  const order = createDataOrder(
    trainIndices.map((index) => examples.numTokensOf(index)),
    config,
  );
  const { numSteps } = order;
  const optimizer = engine.optimizer ?? createOptimizer(engine.parameters);
  const adamW = optimizer.state;
  startAdamWState(adamW, options.startFrom?.adamW);
  engine.residence?.arraysChanged();
  let health = options.startFrom?.health ?? HEALTHY;
  const isScaling = config.precision === "fp16";
  let lossScale = options.startFrom?.lossScale ?? (isScaling ? HALF_PRECISION_START : UNSCALED);
  let step = options.startFrom?.step ?? 0;
  // A fresh run stopped before its first step still leaves a checkpoint to resume from.
  let savedStep = options.startFrom?.step ?? -1;

  const save = async (): Promise<void> => {
    if (savedStep === step) return;
    hooks.onPhase?.("saving a checkpoint");
    await engine.residence?.download("weightsAndMoments");
    await hooks.save?.({ step, adamW, health, lossScale });
    savedStep = step;
  };

  /** False: stop. Called between micro-steps, with the last finished step. */
  const mayGoOn = async (): Promise<boolean> => {
    await (hooks.breathe ?? breathe)();
    if (control.isPaused) {
      hooks.onPause?.(step);
      await control.whileUnpaused();
      if (!control.isStopping) hooks.onResume?.(step);
    }
    return !control.isStopping;
  };

  let owesEvaluation = options.owesEvaluation ?? false;
  const evaluateWhereOwed = async (): Promise<void> => {
    if (!owesEvaluation || evalIndices.length === 0) return;
    hooks.onPhase?.("evaluating");
    const evaluated = await evaluate(options, step, { mayGoOn, now });
    if (evaluated === null) return;
    owesEvaluation = false;
    await hooks.onEval?.(evaluated);
  };

  await evaluateWhereOwed();
  while (step < numSteps) {
    const batch = order.at(step + 1);
    const gradientFactor = isScaling ? scaleOfSum(lossScale, weightOfStep(options, batch)) : 1;
    const accumulated = await accumulateStep(options, batch, step + 1, gradientFactor, { mayGoOn, now });
    if (accumulated === null) break;

    const updateStart = now();
    const { lossSum, weightSum } = accumulated;
    // a step whose examples are all left out has a gradient of nothing, which is a gradient all the same
    const divisor = weightSum > 0 ? weightSum * gradientFactor : Infinity;
    const gradNorm = await optimizer.gradNorm(1 / divisor);
    const scale = clipScale(gradNorm, config.maxGradNorm);
    const learningRate = learningRateAt(step + 1, config, numSteps);
    const skipped = !mayUpdate({ lossSum, gradNorm });
    if (!skipped) await optimizer.update(config, { learningRate, gradientScale: scale / divisor });
    step += 1;
    const overflowed = isOverflow(lossScale, { lossSum, gradNorm });
    if (overflowed) lossScale = afterOverflow(lossScale);
    else if (skipped) health = afterSkipping(health, step);
    else lossScale = afterGoodStep(lossScale, isScaling);

    const seconds = (accumulated.milliseconds + now() - updateStart) / 1000;
    const metrics: StepMetrics = {
      step,
      loss: lossSum / weightSum,
      learningRate,
      gradNorm,
      clipped: scale < 1,
      skipped,
      overflowed,
      numTokens: accumulated.numTokens,
      numSupervisedTokens: weightSum,
      seconds,
      tokensPerSecond: seconds > 0 ? accumulated.numTokens / seconds : 0,
      memoryBytes: hooks.memoryBytes?.() ?? 0,
      segmentLoss: accumulated.segmentLoss,
      examples: accumulated.examples,
    };
    await hooks.onStep?.(metrics, numSteps);
    if (overflowed) hooks.onOverflow?.(step, lossScale);
    else if (skipped) stopAtSecondInARow(health);

    const isLast = step === numSteps;
    owesEvaluation = evalIndices.length > 0 && isEvaluationDue(step, numSteps, config);
    await evaluateWhereOwed();
    if (isLast || step % config.saveEverySteps === 0) await save();
  }
  await save();
  return { reason: step === numSteps && !owesEvaluation ? "done" : "stopped", step, numSteps };
}

/** `setTimeout` is a macrotask wherever this runs; a shell with `setImmediate` passes that, which waits less. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

interface Pacing {
  readonly mayGoOn: () => Promise<boolean>;
  readonly now: () => number;
}

interface AccumulatedStep {
  readonly lossSum: number;
  readonly weightSum: number;
  readonly numTokens: number;
  readonly segmentLoss: Partial<Record<Segment, LossSum>>;
  readonly examples: readonly StepExample[];
  /** Without pauses. */
  readonly milliseconds: number;
}

/** Sum of the loss weights of a step, known before it is computed. */
const weightOfStep = ({ examples, trainIndices }: TrainOptions, { microBatches }: StepBatch): number =>
  microBatches.flat().reduce((sum, position) => sum + weightOf(examples.at(trainIndices[position]!)), 0);

/** Forward and backward of every micro-batch of one step; null: stopped in between. */
async function accumulateStep(
  options: TrainOptions,
  batch: StepBatch,
  step: number,
  gradientFactor: number,
  pacing: Pacing,
): Promise<AccumulatedStep | null> {
  const { engine, config, examples, trainIndices, padTokenId } = options;
  engine.zeroGradients();
  const segmentSums = new Float64Array(SEGMENTS.length);
  const segmentCounts = new Float64Array(SEGMENTS.length);
  const exampleLosses: StepExample[] = [];
  let [lossSum, weightSum, numTokens, milliseconds] = [0, 0, 0, 0];
  for (const [microStep, positions] of batch.microBatches.entries()) {
    if (!(await pacing.mayGoOn())) return null;
    const start = pacing.now();
    const indices = positions.map((position) => trainIndices[position]!);
    const rows = indices.map((index) => examples.at(index));
    if (rows.every((row) => weightOf(row) === 0)) continue;
    const dropoutSeed = mixSeeds(mixSeeds(mixSeeds(config.seed, SEED_STREAMS.dropout), step), microStep);
    const microBatch = assembleMicroBatch(rows, { padTokenId, maxLength: config.maxLength, dropoutSeed });
    const captured = step >= (options.capture?.fromStep ?? Infinity) ? options.capture!.requestFor(microBatch) : undefined;
    const loss = await engine.accumulateGradients(microBatch, gradientFactor, captured?.taps);
    lossSum += loss.lossSum;
    weightSum += loss.weightSum;
    const ofRows = rows.map((row, r): StepExample => {
      const segments = row.segments;
      const own = sumSupervised(microBatch, loss, r, row.inputIds.length, (t, nats, weight) => {
        const segment = segments[t]!;
        segmentSums[segment]! += weight * nats;
        segmentCounts[segment]! += weight;
      });
      numTokens += row.inputIds.length;
      return { index: indices[r]!, loss: own };
    });
    exampleLosses.push(...ofRows.filter(({ loss: { count } }) => count > 0));
    captured?.take(ofRows, gradientFactor);
    milliseconds += pacing.now() - start;
  }
  const segmentLoss: Partial<Record<Segment, LossSum>> = {};
  SEGMENTS.forEach((segment, s) => {
    if (segmentCounts[s]! > 0) segmentLoss[segment] = { sum: segmentSums[s]!, count: segmentCounts[s]! };
  });
  return { lossSum, weightSum, numTokens, segmentLoss, examples: exampleLosses, milliseconds };
}

/** Loss of one row of a micro-batch over its supervised tokens, each by its weight. */
function sumSupervised(
  batch: MicroBatch,
  loss: MicroBatchLoss,
  row: number,
  length: number,
  visit: (t: number, nats: number, weight: number) => void,
): LossSum {
  let [sum, count] = [0, 0];
  const offset = row * batch.length;
  for (let t = 1; t < length; t++) {
    const weight = batch.lossWeights_BT[offset + t]!;
    if (weight === 0) continue;
    const nats = loss.perTokenLoss_BT[offset + t]!;
    sum += weight * nats;
    count += weight;
    visit(t, nats, weight);
  }
  return { sum, count };
}

/** Mean loss over all held-out examples, sorted by length so that little is padded; null: stopped in between. */
async function evaluate(options: TrainOptions, step: number, pacing: Pacing): Promise<EvalMetrics | null> {
  const { engine, config, examples, evalIndices = [], padTokenId } = options;
  const sorted = [...evalIndices].sort((a, b) => examples.numTokensOf(a) - examples.numTokensOf(b) || a - b);
  let [lossSum, weightSum, milliseconds] = [0, 0, 0];
  for (let i = 0; i < sorted.length; i += config.microBatchSize) {
    if (!(await pacing.mayGoOn())) return null;
    const start = pacing.now();
    const rows = sorted.slice(i, i + config.microBatchSize).map((index) => examples.at(index));
    const loss = await engine.evaluateLoss(assembleMicroBatch(rows, { padTokenId, maxLength: config.maxLength, dropoutSeed: 0 }));
    lossSum += loss.lossSum;
    weightSum += loss.weightSum;
    milliseconds += pacing.now() - start;
  }
  return {
    step,
    loss: lossSum / weightSum,
    numExamples: sorted.length,
    numSupervisedTokens: weightSum,
    seconds: milliseconds / 1000,
  };
}
