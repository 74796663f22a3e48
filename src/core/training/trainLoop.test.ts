import { describe, expect, it } from "vitest";
import { SEGMENTS } from "#contracts/example.ts";
import { runConfigSchema, type EvalMetrics, type RunConfig, type StepMetrics } from "#contracts/run.ts";
import { createBigramEngine } from "../../../test/fixtures/bigramEngine.ts";
import { mergeInto, openSequence } from "./mergePrefixes.ts";
import { exampleSetOf, type TrainExample, withoutWeight } from "./microBatch.ts";
import { randomIntegers } from "../model/random.ts";
import type { TapRequest } from "../model/taps.ts";
import { TrainControl } from "./trainControl.ts";
import { type StepCapture, type StepExample, trainLoop, type TrainOptions, type TrainState } from "./trainLoop.ts";

const VOCAB_SIZE = 12;
const PAD = 0;

/** Sequences in which each token is mostly the one before it plus one: a bigram model can learn them. */
function countingExamples(count: number): TrainExample[] {
  const next = randomIntegers(11);
  return Array.from({ length: count }, () => {
    const length = 5 + (next() % 12);
    const inputIds = Int32Array.from({ length }, () => 1);
    for (let t = 1; t < length; t++) inputIds[t] = next() % 8 === 0 ? 1 + (next() % 10) : 1 + (inputIds[t - 1]! % 10);
    const lossWeights = Float32Array.from({ length }, (_, t) => (t < 3 ? 0 : 1));
    const segments = Uint8Array.from({ length }, (_, t) => SEGMENTS.indexOf(t < 3 ? "user" : t === length - 1 ? "stop" : "toolName"));
    return { inputIds, labels: inputIds, lossWeights, segments };
  });
}

const EXAMPLES = countingExamples(60);
const config = (over: Partial<RunConfig> = {}): RunConfig =>
  runConfigSchema.parse({
    microBatchSize: 4,
    gradientAccumulationSteps: 2,
    learningRate: 0.05,
    evalEverySteps: 3,
    saveEverySteps: 100,
    epochs: 2,
    ...over,
  });

const copyState = ({ step, adamW, health, lossScale }: TrainState): TrainState => ({
  step,
  health,
  lossScale,
  adamW: {
    numUpdates: adamW.numUpdates,
    firstMoments: adamW.firstMoments.map((m) => m.slice()),
    secondMoments: adamW.secondMoments.map((v) => v.slice()),
  },
});

async function run(over: Partial<TrainOptions> = {}, onStep?: (metrics: StepMetrics) => void) {
  const engine = over.engine ?? createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 });
  const steps: StepMetrics[] = [];
  const evals: EvalMetrics[] = [];
  const saved: { state: TrainState; weights: Float32Array[] }[] = [];
  const outcome = await trainLoop({
    engine,
    config: config(),
    examples: exampleSetOf(EXAMPLES),
    trainIndices: [...EXAMPLES.keys()].slice(0, 52),
    evalIndices: [...EXAMPLES.keys()].slice(52),
    padTokenId: PAD,
    ...over,
    hooks: {
      now: () => 0,
      onStep: (metrics) => {
        steps.push(metrics);
        onStep?.(metrics);
      },
      onEval: (metrics) => void evals.push(metrics),
      save: async (state) => void saved.push({ state: copyState(state), weights: engine.parameters.map((p) => p.values.slice()) }),
      ...over.hooks,
    },
  });
  return { engine, steps, evals, saved, outcome, weights: engine.parameters.map((p) => p.values) };
}

describe("trainLoop", () => {
  it("leaves every example in its step when others have no weight, also where a step has nothing left", async () => {
    const whole = await run();
    const emptied = whole.steps[1]!.examples.map(({ index }) => index);
    const leftOut = new Set([...emptied, 7, 30]);
    const examples = exampleSetOf(EXAMPLES.map((example, i) => (leftOut.has(i) ? withoutWeight(example) : example)));
    const { steps, outcome } = await run({ examples });
    expect(outcome).toMatchObject({ reason: "done", numSteps: whole.steps.length });
    expect(steps.map((step) => step.examples.map(({ index }) => index))).toEqual(
      whole.steps.map((step) => step.examples.map(({ index }) => index).filter((index) => !leftOut.has(index))),
    );
    expect(steps[0]).toEqual(whole.steps[0]);
    expect(steps[1]).toMatchObject({ numSupervisedTokens: 0, numTokens: 0, gradNorm: 0, skipped: false, loss: NaN });
    expect(steps.at(-1)!.loss).toBeGreaterThan(0);
  });

  it("takes along, from its step on, what a capture asks for of each example, in the order of the rows", async () => {
    const nothing: TapRequest = {
      work: { name: "nothing", maps: [], inputShapes: () => new Map(), results: [], compute: () => new Map() },
      layers: [],
      stateDepths: [],
      numQueryTokens: 0,
      feed: () => new Float32Array(0),
      result: () => ({ array: new Float32Array(0), shape: [0] }),
      pool_BT: new Float32Array(0),
      states: [],
    };
    const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 });
    const asked: (TapRequest | undefined)[] = [];
    const watched: typeof engine = {
      ...engine,
      accumulateGradients: (batch, lossScale, taps) => {
        asked.push(taps);
        return engine.accumulateGradients(batch, lossScale);
      },
    };
    const taken: { readonly numRows: number; readonly examples: readonly StepExample[] }[] = [];
    const capture: StepCapture = {
      fromStep: 8,
      requestFor: (batch) => ({ taps: nothing, take: (examples) => void taken.push({ numRows: batch.batchSize, examples }) }),
    };
    const { steps, outcome, weights } = await run({ engine: watched, capture });
    expect(asked.filter((taps) => taps === nothing)).toHaveLength(taken.length);
    expect(asked.slice(-taken.length).every((taps) => taps === nothing)).toBe(true);
    expect(taken.every(({ numRows, examples }) => numRows === examples.length)).toBe(true);
    expect(outcome.numSteps).toBe(14);
    expect(taken.flatMap(({ examples }) => examples)).toEqual(steps.slice(7).flatMap(({ examples }) => examples));
    expect(weights).toEqual((await run()).weights);
  });

  it("lowers the loss on the training and on the held-out examples", async () => {
    const { steps, evals, outcome } = await run({ config: config({ epochs: 8 }) });
    expect(outcome).toEqual({ reason: "done", step: 56, numSteps: 56 });
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss / 2);
    expect(evals.at(-1)!.loss).toBeLessThan(evals[0]!.loss / 2);
  });

  it("reports the mean over the supervised tokens of the whole step, and splits it by segment and by example without loss", async () => {
    const { steps } = await run();
    for (const metrics of steps) {
      const bySegment = Object.values(metrics.segmentLoss);
      const byExample = metrics.examples.map(({ loss }) => loss);
      for (const parts of [bySegment, byExample]) {
        expect(parts.reduce((n, { count }) => n + count, 0)).toBe(metrics.numSupervisedTokens);
        expect(parts.reduce((sum, part) => sum + part.sum, 0) / metrics.numSupervisedTokens).toBeCloseTo(metrics.loss, 6);
      }
      expect(metrics.numTokens).toBe(metrics.examples.reduce((n, { index }) => n + EXAMPLES[index]!.inputIds.length, 0));
      expect(metrics.segmentLoss.stop!.count).toBe(metrics.examples.length);
    }
  });

  it("learns the same from rows apart and from the sequence that merging made of them", async () => {
    const rows = EXAMPLES.slice(0, 4);
    const twice = rows.flatMap((row) => [row, row]);
    const merged = rows.map((row) => {
      const sequence = openSequence(row);
      expect(mergeInto(sequence, row)).toBe(true);
      return sequence;
    });
    const trainOn = (examples: readonly TrainExample[], microBatchSize: number) =>
      run({
        examples: exampleSetOf(examples),
        trainIndices: [...examples.keys()],
        evalIndices: [...examples.keys()],
        config: config({ microBatchSize, gradientAccumulationSteps: 1, epochs: 5 }),
      });
    const [apart, together] = [await trainOn(twice, 8), await trainOn(merged, 4)];
    const measured = ({ steps, evals }: typeof apart) => ({
      supervised: steps.map(({ numSupervisedTokens }) => numSupervisedTokens),
      stops: steps.map(({ segmentLoss }) => segmentLoss.stop!.count),
      evaluated: evals.map(({ numSupervisedTokens }) => numSupervisedTokens),
    });
    expect(measured(together)).toEqual(measured(apart));
    expect(together.steps.map(({ loss }) => loss)).toBeAllclose(
      apart.steps.map(({ loss }) => loss),
      { rtol: 1e-6 },
    );
    together.weights.forEach((weights, i) => expect(weights).toBeAllclose(apart.weights[i]!, { rtol: 1e-5, atol: 1e-6 }));
    expect(together.steps[0]!.numTokens).toBe(apart.steps[0]!.numTokens / 2);
  });

  it("evaluates every N steps and at the end", async () => {
    const { evals } = await run();
    expect(evals.map(({ step, numExamples }) => [step, numExamples])).toEqual([3, 6, 9, 12, 14].map((step) => [step, 8]));
  });

  it("saves every N steps and at the end, once each", async () => {
    const { saved } = await run({ config: config({ saveEverySteps: 7 }) });
    expect(saved.map(({ state }) => state.step)).toEqual([7, 14]);
  });

  it("asks an engine whose weights reside on a device for them before it saves, and hands it those it starts from", async () => {
    const asked: string[] = [];
    const residence = { arraysChanged: () => void asked.push("changed"), download: async (what: string) => void asked.push(what) };
    const engine = Object.assign(createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 }), { residence });
    const save = async (): Promise<void> => void asked.push("save");
    await run({ engine, config: config({ saveEverySteps: 7 }), hooks: { save } });
    expect(asked).toEqual(["changed", "weightsAndMoments", "save", "weightsAndMoments", "save"]);
  });

  it("learns the same from 2 micro-batches of 4 as from 1 of 8", async () => {
    const [two, one] = [await run(), await run({ config: config({ microBatchSize: 8, gradientAccumulationSteps: 1 }) })];
    expect(one.steps.map(({ loss }) => loss)).toBeAllclose(
      two.steps.map(({ loss }) => loss),
      { rtol: 1e-6 },
    );
    one.weights.forEach((weights, i) => expect(weights).toBeAllclose(two.weights[i]!, { rtol: 1e-5, atol: 1e-6 }));
  });

  it("clips: the update of a step is no larger than the limit allows, and the norm reported is the one before", async () => {
    const { steps } = await run({ config: config({ maxGradNorm: 1e-3 }) });
    expect(steps.every(({ clipped, gradNorm }) => clipped && gradNorm > 1e-3)).toBe(true);
    expect((await run({ config: config({ maxGradNorm: 1e3 }) })).steps.some(({ clipped }) => clipped)).toBe(false);
  });

  it("resumed at any step, equals to the bit the run that was never interrupted", async () => {
    const whole = await run({ config: config({ saveEverySteps: 1 }) });
    for (const { state, weights } of whole.saved) {
      const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 99 });
      engine.parameters.forEach((p, i) => p.values.set(weights[i]!));
      const rest = await run({ engine, config: config({ saveEverySteps: 1 }), startFrom: copyState(state) });
      expect(rest.steps).toEqual(whole.steps.slice(state.step));
      expect(rest.evals).toEqual(whole.evals.filter(({ step }) => step > state.step));
      expect(rest.weights).toEqual(whole.weights);
    }
  });

  it("stopped within a step, leaves that step out, saves, and goes on from there to the same end", async () => {
    const whole = await run();
    const control = new TrainControl();
    let breaths = 0;
    // Two breaths a step and two for the evaluation after step 3: the twelfth lies between the two micro-steps of step 5.
    const breathe = async () => {
      breaths += 1;
      if (breaths === 12) control.stop();
    };
    const stopped = await run({ control, hooks: { breathe } });
    expect(stopped.outcome).toEqual({ reason: "stopped", step: 4, numSteps: 14 });
    expect((stopped.engine as ReturnType<typeof createBigramEngine>).numCalls.gradients).toBe(9);
    const { state, weights } = stopped.saved.at(-1)!;
    const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 99 });
    engine.parameters.forEach((p, i) => p.values.set(weights[i]!));
    const rest = await run({ engine, startFrom: state });
    expect([...stopped.steps, ...rest.steps]).toEqual(whole.steps);
    expect(rest.weights).toEqual(whole.weights);
  });

  it.each([3, 14])("stopped within the evaluation of step %i, evaluates that step when it goes on", async (stopAt) => {
    const whole = await run();
    const control = new TrainControl();
    const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 });
    let stepsDone = 0;
    const stopping = {
      ...engine,
      evaluateLoss: (batch: Parameters<typeof engine.evaluateLoss>[0]) => {
        if (stepsDone === stopAt) control.stop();
        return engine.evaluateLoss(batch);
      },
    };
    const first = await run({ engine: stopping, control }, ({ step }) => (stepsDone = step));
    expect(first.outcome).toMatchObject({ reason: "stopped", step: stopAt });
    const { state } = first.saved.at(-1)!;
    const second = await run({ engine, startFrom: state, owesEvaluation: true });
    expect(second.outcome.reason).toBe("done");
    expect([...first.evals, ...second.evals].map(({ step, loss }) => [step, loss])).toEqual(
      whole.evals.map(({ step, loss }) => [step, loss]),
    );
  });

  it("leaves a checkpoint even when stopped before its first step", async () => {
    const control = new TrainControl();
    control.stop();
    const { outcome, saved } = await run({ control });
    expect(outcome).toMatchObject({ reason: "stopped", step: 0 });
    expect(saved.map(({ state }) => state.step)).toEqual([0]);
  });

  it("does nothing while paused, and then goes on to the same end", async () => {
    const whole = await run();
    const control = new TrainControl();
    const told: string[] = [];
    const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 });
    const paused = run(
      {
        engine,
        control,
        hooks: { onPause: (step) => void told.push(`paused ${step}`), onResume: (step) => void told.push(`resumed ${step}`) },
      },
      ({ step }) => {
        if (step === 5) control.pause();
      },
    );
    await expect.poll(() => told).toEqual(["paused 5"]);
    const before = engine.numCalls.gradients;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(engine.numCalls.gradients).toBe(before);
    control.resume();
    const { steps, weights } = await paused;
    expect(told).toEqual(["paused 5", "resumed 5"]);
    expect(steps).toEqual(whole.steps);
    expect(weights).toEqual(whole.weights);
  });

  describe("in half precision", () => {
    /** A gradient of the first micro-batches is infinite, as where 16 bits cannot hold it. */
    function overflowingEngine(numMicroBatches: number) {
      const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 });
      const accumulateGradients: typeof engine.accumulateGradients = async (batch, lossScale = 1) => {
        const loss = await engine.accumulateGradients(batch, lossScale);
        if (engine.numCalls.gradients <= numMicroBatches) engine.parameters[0]!.gradient[0] = Infinity;
        return loss;
      };
      return { ...engine, accumulateGradients };
    }
    const half = (over: Partial<RunConfig> = {}): RunConfig => config({ precision: "fp16", ...over });

    it("takes the same updates as unscaled, to the bit: the scale is a power of 2", async () => {
      const [scaled, plain] = [await run({ config: half() }), await run()];
      expect(scaled.weights).toEqual(plain.weights);
      expect(scaled.steps).toEqual(plain.steps);
      expect(scaled.saved.at(-1)!.state.lossScale).toEqual({ factor: 2 ** 16, numGoodSteps: 14, numOverflows: 0 });
    });

    it("leaves an overflowing step out, halves the scale, tells of it, and goes on", async () => {
      const told: string[] = [];
      const onOverflow = (step: number, { factor }: { factor: number }): void => void told.push(`${step}: ${factor}`);
      const { steps, saved, outcome } = await run({ engine: overflowingEngine(4), config: half(), hooks: { onOverflow } });
      expect(outcome.reason).toBe("done");
      expect(told).toEqual(["1: 32768", "2: 16384"]);
      expect(steps.map(({ skipped, overflowed }) => [skipped, overflowed])).toEqual(steps.map(({ step }) => [step <= 2, step <= 2]));
      const { lossScale, health, adamW } = saved.at(-1)!.state;
      expect(lossScale).toEqual({ factor: 2 ** 14, numGoodSteps: 12, numOverflows: 2 });
      // not a failing of the run: the guard that ends it counts other steps
      expect(health.skippedSteps).toEqual([]);
      expect(adamW.numUpdates).toBe(12);
    });

    it("resumed after an overflow, scales on as the run that was never interrupted", async () => {
      const whole = await run({ engine: overflowingEngine(4), config: half({ saveEverySteps: 1 }) });
      for (const at of [0, 1, 5]) {
        const { state, weights } = whole.saved[at]!;
        const engine = overflowingEngine(4 - 2 * state.step);
        engine.parameters.forEach((p, i) => p.values.set(weights[i]!));
        const rest = await run({ engine, config: half(), startFrom: copyState(state) });
        expect(rest.steps).toEqual(whole.steps.slice(state.step));
        expect(rest.weights).toEqual(whole.weights);
        expect(rest.saved.at(-1)!.state.lossScale).toEqual(whole.saved.at(-1)!.state.lossScale);
      }
    });

    it("ends the run where gradients overflow unscaled too", async () => {
      const steps: StepMetrics[] = [];
      const failing = run({ engine: overflowingEngine(Infinity), evalIndices: [], config: half({ epochs: 3 }) }, (metrics) =>
        steps.push(metrics),
      );
      await expect(failing).rejects.toMatchObject({ code: "E_LOSS_NOT_FINITE", params: { step: 18 } });
      expect(steps.filter(({ overflowed }) => overflowed)).toHaveLength(16);
    });
  });

  describe("where a loss is not finite", () => {
    const POISON = 11;
    /** Token 11 occurs in the poisoned examples only; its row of weights is infinite, so that their loss is not a number. */
    async function poisoned(indices: readonly number[]) {
      const examples = EXAMPLES.map((example, i) =>
        indices.includes(i) ? { ...example, inputIds: example.inputIds.map((id, t) => (t === 2 ? POISON : id)) } : example,
      );
      const engine = createBigramEngine({ vocabSize: VOCAB_SIZE, seed: 5 });
      engine.parameters[0]!.values.fill(Infinity, POISON * VOCAB_SIZE, (POISON + 1) * VOCAB_SIZE);
      const weightsAfter: Float32Array[] = [];
      const steps: StepMetrics[] = [];
      const result = run({ engine, examples: exampleSetOf(examples), evalIndices: [], config: config({ epochs: 1 }) }, (metrics) => {
        steps.push(metrics);
        weightsAfter.push(engine.parameters[0]!.values.slice());
      });
      return { result, steps, weightsAfter };
    }

    it("leaves weights and moments untouched, counts the step, names its rows, and goes on", async () => {
      const inStep3 = (await run()).steps[2]!.examples[5]!.index;
      const { result, steps, weightsAfter } = await poisoned([inStep3]);
      const { outcome, saved } = await result;
      expect(outcome.reason).toBe("done");
      expect(steps.filter(({ skipped }) => skipped).map(({ step }) => step)).toEqual([3]);
      expect(steps[2]!.examples.filter(({ loss }) => !Number.isFinite(loss.sum)).map(({ index }) => index)).toEqual([inStep3]);
      expect(weightsAfter[2]).toEqual(weightsAfter[1]);
      expect(weightsAfter[3]).not.toEqual(weightsAfter[2]);
      expect(saved.at(-1)!.state.health.skippedSteps).toEqual([3]);
      expect(saved.at(-1)!.state.adamW.numUpdates).toBe(6);
    });

    it("raises at the second in a row, after both were recorded", async () => {
      const clean = await run();
      const { result, steps } = await poisoned([clean.steps[2]!.examples[0]!.index, clean.steps[3]!.examples[0]!.index]);
      await expect(result).rejects.toMatchObject({ code: "E_LOSS_NOT_FINITE", params: { step: 4 } });
      expect(steps.map(({ skipped }) => skipped)).toEqual([false, false, true, true]);
    });
  });
});
