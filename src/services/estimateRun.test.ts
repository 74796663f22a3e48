import { resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RunConfig, runConfigSchema } from "#contracts/run.ts";
import type { RunEstimate, StepMeasurement } from "#contracts/runEstimate.ts";
import type { FromTrainer, MeasuredMessage, MeasureRequest } from "#contracts/trainer.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTinyWorkspace, type TinyWorkspace } from "../../test/fixtures/tinyWorkspace.ts";
import { startEstimate } from "./estimateRun.ts";
import { prepareExamples } from "./prepareExamples.ts";
import { forkTrainer, type SpawnTrainer } from "./trainerHost.ts";

const SETTINGS: Partial<RunConfig> = {
  microBatchSize: 4,
  gradientAccumulationSteps: 2,
  maxLength: 320,
  saveEverySteps: 4,
  keepCheckpoints: 2,
};
const GB = 1e9;

async function workspaceWith(spawn: SpawnTrainer, numTrajectories = 60): Promise<TinyWorkspace> {
  const workspace = await openTinyWorkspace({ numTrajectories, spawn });
  onTestFinished(() => workspace.close());
  return workspace;
}

async function estimateIn({ core, modelDir }: TinyWorkspace, overrides: Partial<RunConfig> = {}): Promise<RunEstimate> {
  const { ended } = startEstimate(core, { overrides: { ...SETTINGS, baseModel: modelDir, ...overrides } });
  const job = await ended;
  expect(job.error).toBeNull();
  return job.result as RunEstimate;
}

/** A trainer that answers every measurement the same way. */
function answering(answer: (request: MeasureRequest) => Omit<MeasuredMessage, "type">, asked: MeasureRequest[] = []): SpawnTrainer {
  return () => {
    let listener: (message: FromTrainer) => void = () => undefined;
    return {
      send: (message) => {
        if (message.type !== "measure") return;
        asked.push(message);
        setImmediate(() => listener({ type: "measured", ...answer(message) }));
      },
      onMessage: (heard) => (listener = heard),
      onExit: () => undefined,
      kill: () => undefined,
    };
  };
}

const measured = ({ config, length }: MeasureRequest, more: Partial<StepMeasurement> = {}): StepMeasurement => ({
  engine: "test",
  modeReason: "",
  batchSize: config.microBatchSize,
  length,
  microStepSeconds: 2,
  updateSeconds: 0.5,
  memoryBytes: 3 * GB,
  ...more,
});
const machine = { machineBytes: 16 * GB, freeBytes: 8 * GB };
const need = (batchSize: number, length: number, bytes: number) => ({ batchSize, length, bytes });

describe("an estimate", () => {
  it("measures a step of the real model and counts the data that the run would prepare", async () => {
    const workspace = await workspaceWith(forkTrainer(resolve("src/worker/trainer.ts")));
    const estimate = await estimateIn(workspace);
    const tokenizer = loadTokenizer({ name: "tiny", tokenizerJson: readFileSync(join(workspace.modelDir, "tokenizer.json"), "utf8") });
    const config = runConfigSchema.parse({ ...SETTINGS, baseModel: workspace.modelDir });
    const { plan } = await prepareExamples({
      store: workspace.core.store,
      config,
      tokenizer,
      runDir: join(workspace.core.paths.runs, "r-900"),
    });
    expect(estimate.data).toMatchObject({ numTrajectories: 54, numSampled: 54, numTokens: plan.numTokens, numExamples: plan.numExamples });
    expect(estimate.data.numSupervisedTokens).toBe(plan.numSupervisedTokens);
    expect(estimate.measurement).toMatchObject({ batchSize: 4, engine: expect.stringContaining("ONNX Runtime") });
    expect(estimate.measurement!.microStepSeconds).toBeGreaterThan(0);
    expect(estimate.memory.verdict).toBe("fits");
    expect(estimate.memory.neededBytes).toBe(estimate.measurement!.memoryBytes);
    expect(estimate.time!.numSteps).toBe(plan.numSteps);
    expect(estimate.disk).toMatchObject({ numCheckpoints: 2, verdict: "fits" });
    expect(estimate.remedies).toEqual([]);
  });

  it("extrapolates data and time from a sample", async () => {
    const asked: MeasureRequest[] = [];
    const workspace = await workspaceWith(
      answering((request) => ({ predicted: need(4, 320, GB), smaller: [], ...machine, measurement: measured(request) }), asked),
      1000,
    );
    const { data, time } = await estimateIn(workspace, { evalEverySteps: 50, maxEvalExamples: null });
    expect(data).toMatchObject({ numTrajectories: 900, numSampled: 400 });
    // some trajectories are two windows long
    expect(data.numExamples).toBeGreaterThanOrEqual(900);
    const secondsPerToken = 2 / (4 * asked[0]!.length);
    const numSteps = Math.ceil(data.numExamples / 8);
    expect(time).toMatchObject({ numSteps, numEvaluations: Math.ceil(numSteps / 50) });
    // padding makes a step cost more than its tokens, and less than if all were as long as the longest
    expect(time!.stepSeconds).toBeGreaterThan(secondsPerToken * (data.numTokens / numSteps) + 0.5);
    expect(time!.stepSeconds).toBeLessThan(2 * 2 + 0.5);
    expect(time!.seconds).toBeCloseTo(time!.numSteps * time!.stepSeconds + time!.numEvaluations * time!.evaluationSeconds, 6);
  });

  it("names what to change where memory does not suffice, and does not try", async () => {
    const smaller = [need(4, 160, 20 * GB), need(1, 320, 12 * GB), need(1, 160, 6 * GB)];
    const tooLarge = await workspaceWith(answering(() => ({ predicted: need(4, 320, 40 * GB), smaller, ...machine, measurement: null })));
    const estimate = await estimateIn(tooLarge);
    expect(estimate).toMatchObject({ measurement: null, time: null, memory: { neededBytes: 40 * GB, verdict: "tooLarge" } });
    expect(estimate.remedies).toEqual(["Use a micro-batch of 1 with 8 accumulation steps (the same examples a step): about 12.0 GB."]);
    const hopeless = await workspaceWith(
      answering(() => ({ predicted: need(4, 320, 40 * GB), smaller: [], ...machine, measurement: null })),
    );
    expect((await estimateIn(hopeless)).remedies).toEqual(["Train a smaller model, or on a machine with more memory."]);
  });

  it("tells what fits the machine but not what is free", async () => {
    const workspace = await workspaceWith(
      answering((request) => ({
        predicted: need(4, 320, 9 * GB),
        smaller: [need(4, 160, 7 * GB)],
        ...machine,
        measurement: measured(request, { memoryBytes: 9 * GB }),
      })),
    );
    const { memory, remedies } = await estimateIn(workspace);
    expect(memory.verdict).toBe("tight");
    expect(remedies).toEqual([
      "Close other programs, so that the memory they hold is free.",
      "Use a maximum length of 160 tokens: about 7.0 GB.",
    ]);
  });

  it("can be cancelled, and says when its trainer was lost", async () => {
    let exit: (detail: string) => void = () => undefined;
    const killed: string[] = [];
    const silent: SpawnTrainer = () => ({
      send: () => undefined,
      onMessage: () => undefined,
      onExit: (listener) => (exit = listener),
      kill: () => void killed.push("killed"),
    });
    const workspace = await workspaceWith(silent);
    const overrides = { ...SETTINGS, baseModel: workspace.modelDir };
    const cancelled = startEstimate(workspace.core, { overrides });
    await new Promise((soon) => setTimeout(soon, 200));
    workspace.core.jobs.cancel(cancelled.id);
    expect(await cancelled.ended).toMatchObject({ state: "cancelled" });
    expect(killed).toEqual(["killed"]);
    const lost = startEstimate(workspace.core, { overrides });
    await new Promise((soon) => setTimeout(soon, 200));
    exit("signal SIGKILL");
    expect(await lost.ended).toMatchObject({ state: "failed", error: { code: "E_TRAINER_KILLED" } });
  });
});
