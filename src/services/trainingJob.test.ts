import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Job } from "#contracts/jobs.ts";
import type { RunDetail, RunPoints } from "#contracts/procedures/runs.ts";
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { FromTrainer } from "#contracts/trainer.ts";
import { loadModelFolder, saveModelFolder } from "#engine/modelFolder.ts";
import { openTinyWorkspace, weatherTrajectory, addTrajectories, type TinyWorkspace } from "../../test/fixtures/tinyWorkspace.ts";
import { listCheckpoints, readTrainerState, verifyCheckpoint } from "./checkpoints.ts";
import { runDirOf } from "./models.ts";
import { resumeRun } from "./resumeRun.ts";
import { getRun, listRuns, plannedLearningRate, readRunPoints, readStepRows } from "./runs.ts";
import { startRun, type StartedRun } from "./startRun.ts";
import { forkTrainer, type TrainerProcess } from "./trainerHost.ts";

const SETTINGS: Partial<RunConfig> = {
  learningRate: 0.01,
  epochs: 2,
  microBatchSize: 4,
  gradientAccumulationSteps: 2,
  maxLength: 320,
  evalEverySteps: 5,
  saveEverySteps: 4,
  keepCheckpoints: 2,
};

/** Real trainer processes; with the next one, `act` is called as soon as the core has heard of that step. */
function watchedTrainers() {
  const fork = forkTrainer(resolve("src/worker/trainer.ts"));
  type Act = (trainer: TrainerProcess, tell: (message: FromTrainer) => void) => void;
  let planned: { readonly step: number; readonly act: Act } | null = null;
  const spawn = (): TrainerProcess => {
    const trainer = fork();
    const plan = planned;
    planned = null;
    return {
      ...trainer,
      onMessage: (listener) =>
        trainer.onMessage((message) => {
          listener(message);
          if (message.type === "step" && message.metrics.step === plan?.step) plan.act(trainer, listener);
        }),
    };
  };
  return { spawn, atStep: (step: number, act: Act) => (planned = { step, act }) };
}
const trainers = watchedTrainers();

async function openedWorkspace(options: { readonly numTrajectories?: number } = {}): Promise<TinyWorkspace> {
  const workspace = await openTinyWorkspace({ ...options, spawn: trainers.spawn });
  onTestFinished(() => workspace.close());
  return workspace;
}

const start = ({ core, modelDir }: TinyWorkspace, overrides: Partial<RunConfig> = {}): Promise<StartedRun> =>
  startRun(core, { overrides: { ...SETTINGS, baseModel: modelDir, ...overrides } });

async function train(workspace: TinyWorkspace, overrides: Partial<RunConfig> = {}): Promise<{ runId: string; job: Job }> {
  const { runId, jobId } = await start(workspace, overrides);
  return { runId, job: await workspace.core.jobs.ended(jobId) };
}

/** What must be the same, to the bit, whatever happened on the way; time and memory are of the machine. */
const seriesOf = ({ step, loss, learningRate, gradNorm, clipped }: RunPoints) => ({ step, loss, learningRate, gradNorm, clipped });
const evalsOf = (run: RunDetail) => run.evals.map(({ step, loss }) => ({ step, loss }));
async function weightsOf(workspace: TinyWorkspace, runId: string): Promise<readonly Float32Array[]> {
  const { dir } = listCheckpoints(runDirOf(workspace.core.paths, runId)).at(-1)!;
  return (await loadModelFolder(dir)).parameters.map(({ values }) => values);
}

function turnBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
}

describe("a run", () => {
  it("says what computes it, and which engine stood in for one that is not there", async () => {
    const workspace = await openedWorkspace();
    const { runId } = await train(workspace, { engine: "tfjs-node", maxSteps: 1 });
    expect(getRun(workspace.core, runId).engine).toEqual({
      id: "cpu",
      wanted: "tfjs-node",
      name: expect.stringMatching(/^ONNX Runtime CPU, /) as string,
      note: expect.stringMatching(/tfjs-node is not installed.*ONNX Runtime on the CPU computes instead/) as string,
    });
  });

  it("is counted, trained, evaluated, saved and readable down to the rows of a step", async () => {
    const workspace = await openedWorkspace();
    const { core } = workspace;
    addTrajectories(core.store, [{ ...weatherTrajectory(900), turns: weatherTrajectory(900).turns.slice(0, 2) }]);
    const { runId, job } = await train(workspace);

    expect(job).toMatchObject({ state: "done", subject: runId, done: 14, total: 14, result: { run: runId, step: 14, reason: "done" } });
    const run = getRun(core, runId);
    expect(run).toMatchObject({ state: "done", step: 14, numSteps: 14, jobId: null, error: null, resumedAt: [], skippedSteps: [] });
    expect(run.plan).toMatchObject({
      numTrajectories: 61,
      numExamples: 54,
      numEvalExamples: 6,
      numRefused: 1,
      numTruncated: 0,
      warmupSteps: 1,
    });
    expect(run.plan!.refused).toEqual([{ trajectoryId: "T-00061", code: "E_EXAMPLE_NO_TARGET", reason: expect.any(String) }]);
    expect(run.model).toMatchObject({ layers: 2, width: 32 });
    expect(core.store.dataVersions.list()).toMatchObject([{ name: runId, numTrajectories: 61 }]);
    expect(run.evals.map(({ step, numExamples }) => [step, numExamples])).toEqual([5, 10, 14].map((step) => [step, 6]));
    expect(run.evals.at(-1)!.loss).toBeLessThan(run.evals[0]!.loss);
    expect(run.checkpoints.map(({ step }) => step)).toEqual([8, 12, 14]);
    expect(listRuns(core)[0]).toMatchObject({ id: runId, lastLoss: run.lastLoss, lastEvalLoss: run.evals.at(-1)!.loss });

    const points = readRunPoints(core, runId, 0);
    expect(points.step).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    expect(points.loss.at(-1)!).toBeLessThan(points.loss[0]! / 1.5);
    expect(readRunPoints(core, runId, 12).step).toEqual([13, 14]);
    expect(plannedLearningRate(core, runId)).toEqual(points.learningRate);

    const { rows, metrics } = readStepRows(core, runId, 3);
    expect(rows).toHaveLength(8);
    expect(rows.reduce((sum, { numSupervisedTokens }) => sum + numSupervisedTokens, 0)).toBe(metrics.numSupervisedTokens);
    expect(rows[0]!.title).toMatch(/^what will the weather be/);
    expect(rows.map(({ loss }) => loss)).toEqual(rows.map(({ loss }) => loss).toSorted((a, b) => b! - a!));
  });

  it("leaves checkpoints in Hugging Face's layout that are models of their own", async () => {
    const workspace = await openedWorkspace();
    const { runId } = await train(workspace);
    const last = listCheckpoints(runDirOf(workspace.core.paths, runId)).at(-1)!;
    expect(readdirSync(last.dir).sort()).toEqual([
      "config.json",
      "model.safetensors",
      "optimizer.safetensors",
      "tokenizer.json",
      "trainer_state.json",
    ]);
    const state = await verifyCheckpoint(last.dir);
    expect(state).toMatchObject({ global_step: 14, max_steps: 14, epoch: 2, num_train_epochs: 2, train_batch_size: 4 });
    expect(state.log_history.filter((entry) => "loss" in entry).map(({ step }) => step)).toEqual(
      Array.from({ length: 14 }, (_, i) => i + 1),
    );
    expect(state.log_history.filter((entry) => "eval_loss" in entry).map(({ step }) => step)).toEqual([5, 10, 14]);
    const { runId: second, job } = await train(workspace, { baseModel: runId, maxSteps: 2 });
    expect(job.state).toBe("done");
    expect(getRun(workspace.core, second).lastLoss!).toBeLessThan(readRunPoints(workspace.core, runId, 0).loss[1]!);
  });

  it("is refused at once where its settings do not fit", async () => {
    const workspace = await openedWorkspace({ numTrajectories: 1 });
    await expect(start(workspace, { maxLength: 512 })).rejects.toMatchObject({
      code: "E_CONFIG_INVALID",
      params: { detail: expect.stringMatching(/^maxLength: 512 is longer/) },
    });
    await expect(start(workspace, { baseModel: "/nowhere" })).rejects.toMatchObject({ code: "E_MODEL_INVALID" });
    await expect(start(workspace, { baseModel: "R-099" })).rejects.toMatchObject({ code: "E_RUN_NO_CHECKPOINT" });
    expect(listRuns(workspace.core)).toEqual([]);
  });

  it("fails with a reason where nothing is left to train on", async () => {
    const workspace = await openedWorkspace({ numTrajectories: 0 });
    const { runId, job } = await train(workspace);
    expect(job).toMatchObject({ state: "failed", error: { code: "E_RUN_NO_EXAMPLES" } });
    expect(getRun(workspace.core, runId)).toMatchObject({ state: "failed", error: { code: "E_RUN_NO_EXAMPLES" } });
    expect(existsSync(join(runDirOf(workspace.core.paths, runId), "examples.bin"))).toBe(false);
  });
});

describe("a run and one like it", () => {
  let workspace: TinyWorkspace;
  /** Never disturbed; the others are held against it. */
  let whole: string;
  beforeAll(async () => {
    workspace = await openTinyWorkspace({ spawn: trainers.spawn });
    whole = (await train(workspace)).runId;
  });
  afterAll(() => workspace.close());

  const expectSame = async (runId: string): Promise<void> => {
    const { core } = workspace;
    expect(getRun(core, runId).state).toBe("done");
    expect(seriesOf(readRunPoints(core, runId, 0))).toEqual(seriesOf(readRunPoints(core, whole, 0)));
    expect(evalsOf(getRun(core, runId))).toEqual(evalsOf(getRun(core, whole)));
    expect(await weightsOf(workspace, runId)).toEqual(await weightsOf(workspace, whole));
  };

  it("has the same curve and weights to the bit with the same seed, and others with another", async () => {
    await expectSame((await train(workspace)).runId);
    const { runId } = await train(workspace, { seed: 2, maxSteps: 2 });
    expect(readRunPoints(workspace.core, runId, 0).loss).not.toEqual(readRunPoints(workspace.core, whole, 0).loss.slice(0, 2));
  });

  it("killed at any moment and resumed, equals to the bit the run that was never killed", async () => {
    const { core } = workspace;
    const killAt = (step: number) => trainers.atStep(step, (trainer) => trainer.kill());
    // Before the first checkpoint, right before one is written, and between two.
    killAt(2);
    const { runId, jobId: firstJob } = await start(workspace);
    let jobId = firstJob;
    const resumedAfter: number[] = [];
    for (const next of [8, 13, null]) {
      expect(await core.jobs.ended(jobId)).toMatchObject({ state: "failed", error: { code: "E_TRAINER_KILLED" } });
      expect(getRun(core, runId).state).toBe("interrupted");
      resumedAfter.push(listCheckpoints(runDirOf(core.paths, runId)).at(-1)?.step ?? 0);
      if (next !== null) killAt(next);
      ({ jobId } = resumeRun(core, runId));
    }
    await core.jobs.ended(jobId);
    expect(getRun(core, runId).resumedAt).toEqual(resumedAfter);
    await expectSame(runId);
  });

  it("stopped, saves where it is and goes on from there", async () => {
    const { core } = workspace;
    trainers.atStep(3, () => core.jobs.cancel(jobId));
    const { runId, jobId } = await start(workspace);
    expect(await core.jobs.ended(jobId)).toMatchObject({ state: "cancelled" });
    const stopped = getRun(core, runId);
    expect(stopped).toMatchObject({ state: "stopped", error: null });
    expect(stopped.step).toBeLessThan(14);
    expect(stopped.checkpoints.at(-1)!.step).toBe(stopped.step);
    const resumed = resumeRun(core, runId);
    expect(() => resumeRun(core, runId)).toThrow(expect.objectContaining({ code: "E_RUN_BUSY" }));
    await core.jobs.ended(resumed.jobId);
    await expectSame(runId);
    expect(() => resumeRun(core, runId)).toThrow(expect.objectContaining({ code: "E_RUN_DONE" }));
    expect(core.store.dataVersions.list().filter(({ name }) => name.startsWith(runId))).toMatchObject([{ name: runId }]);
  });

  it("that dies while it saves what was stopped, says so and goes on from the checkpoint before", async () => {
    const { core } = workspace;
    trainers.atStep(6, (trainer) => {
      core.jobs.cancel(jobId);
      trainer.kill();
    });
    const { runId, jobId } = await start(workspace);
    expect(await core.jobs.ended(jobId)).toMatchObject({ state: "cancelled", error: { code: "E_TRAINER_KILLED" } });
    expect(getRun(core, runId)).toMatchObject({ state: "stopped", error: { code: "E_TRAINER_KILLED" } });
    await core.jobs.ended(resumeRun(core, runId).jobId);
    expect(getRun(core, runId).resumedAt).toEqual([4]);
    await expectSame(runId);
  });

  it("paused, makes no step until it is resumed", async () => {
    const { core } = workspace;
    trainers.atStep(3, () => core.jobs.pause(jobId));
    const { runId, jobId } = await start(workspace);
    for await (const _ of core.jobs.news.since(0)) if (core.jobs.get(jobId).state === "paused") break;
    const { step, state } = getRun(core, runId);
    expect(state).toBe("paused");
    await new Promise((settle) => setTimeout(settle, 200));
    expect(getRun(core, runId).step).toBe(step);
    core.jobs.resume(jobId);
    await core.jobs.ended(jobId);
    await expectSame(runId);
  });

  it.each([
    ["moments are cut off", 1, (dir: string) => truncateSync(join(dir, "optimizer.safetensors"), 1000)],
    ["weights have one bit turned", 1, (dir: string) => turnBit(join(dir, "model.safetensors"))],
    ["state is gone", 1, (dir: string) => rmSync(join(dir, "trainer_state.json"))],
    ["weights are gone, as all others' are", 9, (dir: string) => rmSync(join(dir, "model.safetensors"))],
  ])("passes over a checkpoint whose %s, says so, and goes on from the one before it", async (_, numDamaged, damage) => {
    const { core } = workspace;
    trainers.atStep(9, () => core.jobs.cancel(jobId));
    const { runId, jobId } = await start(workspace);
    await core.jobs.ended(jobId);
    const checkpoints = listCheckpoints(runDirOf(core.paths, runId));
    const [whole, damaged] = [checkpoints.slice(0, -numDamaged), checkpoints.slice(-numDamaged)];
    for (const { dir } of damaged) damage(dir);
    const { jobId: resumed } = resumeRun(core, runId);
    const phases = new Set<string>();
    for await (const _ of core.jobs.news.since(0)) {
      phases.add(core.jobs.get(resumed).phase);
      if (getRun(core, runId).state !== "preparing") break;
    }
    const from = whole.length === 0 ? "the base model" : basename(whole.at(-1)!.dir);
    expect([...phases]).toContainEqual(expect.stringContaining(`starting the trainer from ${from}, because what is newer is not whole`));
    await core.jobs.ended(resumed);
    expect(getRun(core, runId).resumedAt).toEqual([whole.at(-1)?.step ?? 0]);
    await expectSame(runId);
  });

  it.each([
    ["its memory ran out", new AppError("E_OUT_OF_MEMORY", { detail: "std::bad_alloc" }), /Close other programs/],
    [
      "its graphics device was lost",
      new AppError("E_DEVICE_LOST", { detail: "Device is lost" }),
      /Resume the run: the device is opened again/,
    ],
    ["its disk was full", new AppError("E_CHECKPOINT_NO_SPACE", { step: 4, needed: "1 GB", path: "/d", free: "0 GB" }), /Free some space/],
  ])("interrupted because %s, says how to go on, and goes on to the same end", async (_, error, fix) => {
    const { core } = workspace;
    trainers.atStep(6, (_, tell) => tell({ type: "failed", requestId: null, error }));
    const { runId, jobId } = await start(workspace);
    expect(await core.jobs.ended(jobId)).toMatchObject({ state: "failed", error: { code: error.code } });
    const run = getRun(core, runId);
    expect(run).toMatchObject({
      state: "interrupted",
      error: { code: error.code, message: error.message, fix: expect.stringMatching(fix) as string },
    });
    expect(run.checkpoints.at(-1)!.step).toBeGreaterThanOrEqual(4);
    await core.jobs.ended(resumeRun(core, runId).jobId);
    await expectSame(runId);
  });

  it("goes on to the same end after the core was killed: its trainer saves and ends by itself", async () => {
    let killedAt = 0;
    const core = await workspace.reopen(async (workspaceDir) => {
      const settings = JSON.stringify({ ...SETTINGS, saveEverySteps: 100, baseModel: workspace.modelDir });
      const child = spawn(process.execPath, ["test/fixtures/coreProcess.ts", workspaceDir, settings], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      for await (const chunk of child.stdout) {
        killedAt = Math.max(killedAt, ...String(chunk).split("\n").map(Number));
        if (killedAt >= 2) child.kill("SIGKILL");
      }
    });
    const run = listRuns(core)[0]!;
    expect(run.state).toBe("interrupted");
    await core.jobs.ended(resumeRun(core, run.id).jobId);
    // Checkpoints come every 100 steps only: the one it went on from is the one that the orphaned trainer saved.
    expect(getRun(core, run.id).resumedAt[0]).toBeGreaterThanOrEqual(killedAt);
    await expectSame(run.id);
  });

  it("is interrupted when the core closes, and resumed by the next one", async () => {
    const closing = new Promise<void>((settle) => trainers.atStep(3, () => settle()));
    const { runId } = await start(workspace);
    await closing;
    const core = await workspace.reopen();
    expect(getRun(core, runId).state).toBe("interrupted");
    await core.jobs.ended(resumeRun(core, runId).jobId);
    await expectSame(runId);
  });
});

describe("a run in half precision", () => {
  it("leaves out the steps that overflow, shows them, and resumes with its loss scale to the same end", async () => {
    const workspace = await openedWorkspace();
    const { core, modelDir } = workspace;
    // large hidden states, large gradients of the head: 65,536 times as much is more than 16 bits hold
    const model = await loadModelFolder(modelDir);
    for (const { name, values } of model.parameters) if (name.endsWith("final_layer_norm.weight")) values.fill(60);
    await saveModelFolder(modelDir, model);
    const settings = { precision: "fp16", maxSteps: 8, saveEverySteps: 3 } as const;
    const whole = getRun(core, (await train(workspace, settings)).runId);
    expect(whole).toMatchObject({ state: "done", step: 8, skippedSteps: [], engine: { name: expect.stringMatching(/, fp16$/) as string } });
    expect(whole.overflowedSteps[0]).toBe(1);
    expect(whole.overflowedSteps.length).toBeLessThan(6);
    const { loss, gradNorm } = readRunPoints(core, whole.id, 0);
    expect(loss.every((value) => value !== null)).toBe(true);
    expect(gradNorm.map((value) => value === null)).toEqual(loss.map((_, i) => whole.overflowedSteps.includes(i + 1)));
    const scaleOf = async (run: string): Promise<unknown> => {
      const { dir } = listCheckpoints(runDirOf(core.paths, run)).at(-1)!;
      return (await readTrainerState(dir)).stateful_callbacks.callsmith.lossScale;
    };
    const numOverflows = whole.overflowedSteps.length;
    expect(await scaleOf(whole.id)).toEqual({ factor: 2 ** (16 - numOverflows), numGoodSteps: expect.any(Number), numOverflows });

    trainers.atStep(4, () => core.jobs.cancel(jobId));
    const { runId, jobId } = await start(workspace, settings);
    await core.jobs.ended(jobId);
    await core.jobs.ended(resumeRun(core, runId).jobId);
    expect(seriesOf(readRunPoints(core, runId, 0))).toEqual(seriesOf(readRunPoints(core, whole.id, 0)));
    expect(await weightsOf(workspace, runId)).toEqual(await weightsOf(workspace, whole.id));
    expect(await scaleOf(runId)).toEqual(await scaleOf(whole.id));
    expect(getRun(core, runId).overflowedSteps).toEqual(whole.overflowedSteps);
  });
});

describe("a run whose loss is not finite", () => {
  it("fails at the second such step with its weights untouched, and names the rows", async () => {
    const workspace = await openedWorkspace();
    const { core, modelDir } = workspace;
    const model = await loadModelFolder(modelDir);
    model.parameters.find(({ name }) => name.endsWith("layers.1.fc2.bias"))!.values[0] = Infinity;
    await saveModelFolder(modelDir, model);
    const { runId, job } = await train(workspace);
    expect(job).toMatchObject({ state: "failed", error: { code: "E_LOSS_NOT_FINITE" } });
    const run = getRun(core, runId);
    expect(run).toMatchObject({ state: "failed", step: 2, skippedSteps: [1, 2], lastLoss: null, error: { code: "E_LOSS_NOT_FINITE" } });
    expect(readRunPoints(core, runId, 0)).toMatchObject({ step: [1, 2], loss: [null, null] });
    const { rows } = readStepRows(core, runId, 2);
    expect(rows).toHaveLength(8);
    expect(rows.every(({ loss }) => loss === null)).toBe(true);
  });
});

describe("a checkpoint", () => {
  it("names the file that is cut, altered or gone", async () => {
    const workspace = await openedWorkspace();
    const { runId, job } = await train(workspace, { maxSteps: 1 });
    expect(job).toMatchObject({ state: "done", error: null });
    const { dir } = listCheckpoints(runDirOf(workspace.core.paths, runId)).at(-1)!;
    const damaged = (change: (copy: string) => void): Promise<unknown> => {
      const copy = `${dir}-copy`;
      cpSync(dir, copy, { recursive: true });
      change(copy);
      return verifyCheckpoint(copy);
    };
    const corrupt = (detail: RegExp) => ({ code: "E_CHECKPOINT_CORRUPT", params: { detail: expect.stringMatching(detail) } });
    await expect(damaged((copy) => truncateSync(join(copy, "model.safetensors"), 10))).rejects.toMatchObject(
      corrupt(/^model.safetensors has 10 bytes/),
    );
    await expect(damaged((copy) => turnBit(join(copy, "optimizer.safetensors")))).rejects.toMatchObject(
      corrupt(/^optimizer.safetensors does not match/),
    );
    await expect(damaged((copy) => writeFileSync(join(copy, "trainer_state.json"), "{"))).rejects.toMatchObject(
      corrupt(/^trainer_state.json/),
    );
    await expect(verifyCheckpoint(dir)).resolves.toMatchObject({ global_step: 1 });
  });
});
