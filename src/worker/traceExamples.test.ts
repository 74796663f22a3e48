import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WeightedTokens } from "#contracts/attribution.ts";
import type { FromTrainer, TraceRequest } from "#contracts/trainer.ts";
import { exampleFeatures, featureMaker } from "#core/attribution/exampleFeatures.ts";
import { rankByScore } from "#core/attribution/fuse.ts";
import { assembleMicroBatch } from "#core/training/microBatch.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { openEngine } from "#engine/openEngine.ts";
import { listCheckpoints, readTrainerState, weightsFingerprint } from "#services/checkpoints.ts";
import { featureFileName, openFeatureReader } from "#services/featureFile.ts";
import { runDirOf } from "#services/models.ts";
import { EXAMPLE_FILE } from "#services/prepareExamples.ts";
import { startRun } from "#services/startRun.ts";
import { openTinyWorkspace, type TinyWorkspace } from "../../test/fixtures/tinyWorkspace.ts";
import { openExamples, type OpenedExamples } from "#services/exampleSource.ts";
import { answerTrace } from "./traceExamples.ts";

const SETTINGS = {
  learningRate: 0.01,
  epochs: 2,
  microBatchSize: 4,
  gradientAccumulationSteps: 2,
  maxLength: 320,
  mergePrefixes: false,
  dropout: 0,
} as const;

let workspace: TinyWorkspace;
let runId: string;
let quietRunId: string;
let runDir: string;
let checkpointDir: string;
let opened: OpenedExamples;
let engine: ModelEngine;
let trainIndices: number[];

async function trained(overrides: Record<string, unknown>): Promise<string> {
  const { core, modelDir } = workspace;
  const started = await startRun(core, { overrides: { ...SETTINGS, baseModel: modelDir, ...overrides } });
  const job = await core.jobs.ended(started.jobId);
  expect(job.state).toBe("done");
  return started.runId;
}

beforeAll(async () => {
  workspace = await openTinyWorkspace({ numTrajectories: 24 });
  runId = await trained({});
  quietRunId = await trained({ captureFeatures: false, maxSteps: 1 });
  runDir = runDirOf(workspace.core.paths, runId);
  checkpointDir = listCheckpoints(runDir).at(-1)!.dir;
  opened = openExamples(join(runDir, EXAMPLE_FILE));
  trainIndices = opened.examples.index.splits.flatMap((split, i) => (split === "train" ? [i] : []));
  engine = await openEngine({ modelDir: checkpointDir, kind: "compiled", dropout: 0 });
});
afterAll(async () => {
  await engine.dispose();
  opened.close();
  await workspace.close();
});

/** What a request is answered; `onMessage` may cancel it. */
async function ask(request: TraceRequest, onMessage?: (message: FromTrainer, cancel: () => void) => void): Promise<FromTrainer[]> {
  const messages: FromTrainer[] = [];
  const cancel = new AbortController();
  const send = (message: FromTrainer): void => {
    messages.push(message);
    onMessage?.(message, () => cancel.abort());
  };
  await answerTrace(request, { engineOf: async () => engine, send, signal: cancel.signal });
  return messages;
}
const last = <Type extends FromTrainer["type"]>(messages: readonly FromTrainer[], type: Type): Extract<FromTrainer, { type: Type }> =>
  messages.findLast((message): message is Extract<FromTrainer, { type: Type }> => message.type === type)!;

const asTokens = (index: number): WeightedTokens => {
  const { inputIds, lossWeights } = opened.examples.at(index);
  return { inputIds, lossWeights };
};
const indexRequest = (featuresDir: string): TraceRequest => ({ type: "index", requestId: 1, runDir, runId, checkpointDir, featuresDir });

describe("a run of a narrow model", () => {
  it("leaves the features of all it was trained on, under its last checkpoint's step", async () => {
    const state = await readTrainerState(checkpointDir);
    const reader = openFeatureReader(join(workspace.core.paths.features, featureFileName(runId, state.global_step)));
    expect(reader.header).toMatchObject({ origin: "training", runId, step: state.global_step, checkpoint: weightsFingerprint(state) });
    expect(opened.examples.index.lengths.map((_, i) => reader.head(i) !== null)).toEqual(
      opened.examples.index.splits.map((s) => s === "train"),
    );
    // weights moved on after an example came by, so its row is like its features at the checkpoint, and more so than other rows are
    const maker = featureMaker(engine.config, reader.header.spec);
    let [own, others] = [0, 0];
    for (const index of trainIndices) {
      const batch = assembleMicroBatch([opened.examples.at(index)], { padTokenId: 1, maxLength: 320, dropoutSeed: 0 });
      const scores = reader.scan((await exampleFeatures(engine, batch, maker)).gradients, "gradient");
      own += scores[index]! / trainIndices.length;
      for (const other of trainIndices) if (other !== index) others += scores[other]! / (trainIndices.length * (trainIndices.length - 1));
    }
    expect(own).toBeGreaterThan(others + 0.1);
    reader.close();
  });

  it("leaves none where that was turned off", () => {
    expect(readdirSync(workspace.core.paths.features).filter((name) => name.includes(quietRunId))).toEqual([]);
  });
});

describe("tracing", () => {
  it("indexes what is missing, goes on after it was cancelled, and then has nothing to do", async () => {
    const dir = join(workspace.core.paths.workspace, "features-of-test");
    const cancelled = ask(indexRequest(dir), (message, cancel) => {
      if (message.type === "indexing" && message.done > 0) cancel();
    });
    await expect(cancelled).rejects.toMatchObject({ code: "E_CANCELLED" });
    const rest = last(await ask(indexRequest(dir)), "indexed");
    expect(rest.numAdded).toBeGreaterThan(0);
    expect(rest.numAdded).toBeLessThan(trainIndices.length);
    expect(rest.numRows).toBe(trainIndices.length);
    expect(last(await ask(indexRequest(dir)), "indexed").numAdded).toBe(0);
    expect(existsSync(rest.path)).toBe(true);
    // an example asked about as a failure is most like itself, by both signals
    const reader = openFeatureReader(rest.path);
    const index = trainIndices[3]!;
    const query = { bad: asTokens(index), correct: null };
    const { features } = last(await ask({ type: "queryFeatures", requestId: 2, checkpointDir, query }), "queryFeatures");
    const byGradient = reader.scan(features.gradient, "gradient");
    expect(rankByScore(byGradient)[0]).toBe(index);
    expect(byGradient[index]).toBeGreaterThan(0.999);
    const half = features.states.length / 2;
    expect(reader.scan(features.states.subarray(half), "lastState")[index]).toBeGreaterThan(0.999);
    expect(features.badLoss).toBeCloseTo(reader.head(index)!.meanLoss, 4);
    // pooled over other tokens than the error's, of the same text or of another, at once or not
    const { inputIds, lossWeights } = asTokens(index);
    const first = { inputIds, lossWeights: lossWeights.map((weight, t) => (t === lossWeights.indexOf(1) ? weight : 0)) };
    const askPooled = async (pooled: WeightedTokens) =>
      last(await ask({ type: "queryFeatures", requestId: 3, checkpointDir, query: { bad: first, correct: null, pooled } }), "queryFeatures")
        .features;
    const pooled = await askPooled(asTokens(index));
    expect(pooled.states.every((value, i) => Math.abs(value - features.states[i]!) < 1e-5)).toBe(true);
    expect(pooled.gradient).not.toEqual(features.gradient);
    const other = await askPooled(asTokens(trainIndices[4]!));
    expect(other.gradient).toEqual(pooled.gradient);
    expect(reader.scan(other.states.subarray(half), "lastState")[trainIndices[4]!]).toBeGreaterThan(0.999);
    reader.close();
  });

  it("ranks given examples exactly, with heat maps that add up to each score", async () => {
    const index = trainIndices[2]!;
    const messages = await ask({
      type: "rerank",
      requestId: 3,
      runDir,
      checkpointDir,
      query: { bad: asTokens(index), correct: null },
      indices: trainIndices,
    });
    const scores = messages.flatMap((message) => (message.type === "reranked" ? message.scores : []));
    expect(new Set(scores.map((score) => score.index))).toEqual(new Set(trainIndices));
    for (const { index: candidate, score, tokens, badTokens } of scores) {
      const total = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);
      expect(total(tokens)).toBeCloseTo(score, 4);
      expect(total(badTokens)).toBeCloseTo(score, 4);
      expect(tokens).toHaveLength(opened.examples.numTokensOf(candidate));
      expect(score).toBeLessThan(1.0001);
    }
    expect(scores.find((score) => score.index === index)!.score).toBeCloseTo(1, 4);
    expect(last(messages, "rerankedAll").queryNorm).toBeGreaterThan(0);
  });

  it("of a failure against its own text finds no difference", async () => {
    const bad = asTokens(trainIndices[0]!);
    const { features } = last(
      await ask({ type: "queryFeatures", requestId: 4, checkpointDir, query: { bad, correct: bad } }),
      "queryFeatures",
    );
    expect(features.gradient.every((value) => value === 0)).toBe(true);
    expect(features.correctLoss).toBe(features.badLoss);
  });

  it("refuses features of a deeper model", async () => {
    const spec = {
      ...featureMaker(engine.config, { layers: [0], maps: ["fc1"], rank: 2, seed: 1, stateDepths: [1, 2] }).spec,
      layers: [7],
    };
    const query = { bad: asTokens(trainIndices[0]!), correct: null };
    await expect(ask({ type: "queryFeatures", requestId: 5, checkpointDir, spec, query })).rejects.toMatchObject({
      code: "E_FEATURES_MISFIT",
    });
  });
});
