import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Experiment, ExperimentResult, ExperimentSpec } from "#contracts/experiments.ts";
import type { RunConfig } from "#contracts/run.ts";
import { openTinyWorkspace, type TinyWorkspace } from "../../../test/fixtures/tinyWorkspace.ts";
import { getCase } from "../cases/caseViews.ts";
import { makeCases } from "../cases/makeCases.ts";
import type { Core } from "../core.ts";
import { listEvaluations, startEvaluation } from "../evaluateRun.ts";
import { startRun } from "../startRun.ts";
import { confirmedTrajectories } from "../tracing/confirmed.ts";
import { forkTrainer } from "../trainerHost.ts";
import { endAbandonedExperiments } from "./runExperiment.ts";
import { exportNotebook } from "./exportNotebook.ts";
import { notebookOf, startFromNotebook, writeHypothesis } from "./notebook.ts";

const SETTINGS: Partial<RunConfig> = {
  learningRate: 0.01,
  epochs: 1,
  microBatchSize: 4,
  gradientAccumulationSteps: 1,
  maxLength: 320,
  evalEverySteps: 50,
  saveEverySteps: 6,
  keepCheckpoints: 2,
};

/** A tiny run, which is wrong of course, and one of its wrong outputs as a case. */
async function openWithCase(): Promise<TinyWorkspace & { readonly runId: string; readonly caseId: string }> {
  const workspace = await openTinyWorkspace({ spawn: forkTrainer(resolve("src/worker/trainer.ts")) });
  onTestFinished(() => workspace.close());
  const { core, modelDir } = workspace;
  const { runId, jobId } = await startRun(core, { overrides: { ...SETTINGS, baseModel: modelDir } });
  await core.jobs.ended(jobId);
  await startEvaluation(core, { runId, suite: "heldout", maxPrompts: null }).ended;
  const { made } = await makeCases(core, { failures: { runId }, author: "Ada", note: "" });
  return { ...workspace, runId, caseId: made[0]! };
}

async function made(core: Core, caseId: string, spec: ExperimentSpec): Promise<Experiment & { readonly result: ExperimentResult }> {
  const { id, jobId } = await startFromNotebook(core, { caseId, spec, hypothesis: null, author: "Ada" });
  const job = await core.jobs.ended(jobId!);
  expect(job.error).toBeNull();
  const { result, ...experiment } = core.store.experiments.get(id);
  expect(experiment).toMatchObject({ state: "done", error: null });
  return { ...experiment, result: result! };
}

const trained = (core: Core, runId: string, count: number): string[] => [...core.store.runPoints.trainedOn(runId)].sort().slice(0, count);

describe("an experiment on training data", () => {
  it("patches the model away from examples and leaves it as it was", async () => {
    const { core, runId, caseId } = await openWithCase();
    const trajectories = trained(core, runId, 3);
    const { result, verdict } = await made(core, caseId, { kind: "patch", trajectories, numSteps: 1 });
    const [before, after] = result.reactions;
    expect(result.reactions).toHaveLength(2);
    expect(before).toMatchObject({ label: "as it was", isSame: true, text: getCase(core, caseId).text });
    expect(after!.badLogProb).not.toBeCloseTo(before!.badLogProb!, 4);
    expect(result.randomChanges).toHaveLength(5);
    expect(new Set(result.randomChanges).size).toBeGreaterThan(1);
    expect(verdict).not.toBeNull();
    // asked in another way, and after the patch: the same weights
    const again = await made(core, caseId, { kind: "checkpoints" });
    expect(again.result.reactions[0]!.badLogProb).toBeCloseTo(before!.badLogProb!, 3);
    expect(again.result.reactions[0]!.rightLogProb).toBeCloseTo(before!.rightLogProb!, 3);
    expect(again.result.reactions[0]!.text).toBe(before!.text);

    const twice = await made(core, caseId, { kind: "patch", trajectories, numSteps: 2 });
    expect(twice.result.reactions[0]).toEqual(before);
    expect(twice.result.reactions[1]!.badLogProb).not.toBe(after!.badLogProb);
    const smallest = await made(core, caseId, { kind: "smallestSet", trajectories });
    expect(smallest.result.reactions[0]!.badLogProb).toBeCloseTo(before!.badLogProb!, 5);
    const set = smallest.result.smallestSet;
    expect(set === null || set.every((id) => trajectories.includes(id))).toBe(true);
    expect(smallest.result.isFixed).toBe(set !== null);
  });

  it("retrains without them, on the data as of then, and compares on what is held out", async () => {
    const { core, runId, caseId } = await openWithCase();
    const { store } = core;
    const trajectories = trained(core, runId, 3);
    const { result } = await made(core, caseId, { kind: "retrain", trajectories, change: "without", maxSteps: null });
    const [before, after] = [store.runs.get(runId), store.runs.get(result.runId!)];
    expect(after.config).toMatchObject({ seed: before.config.seed, dataVersion: runId, withoutTrajectories: trajectories });
    expect(after.plan!.refused).toEqual(
      trajectories.map((trajectoryId) => ({ trajectoryId, code: "E_EXAMPLE_LEFT_OUT", reason: expect.any(String) as string })),
    );
    const left = new Set(trained(core, runId, 1000).filter((id) => !trajectories.includes(id)));
    expect(store.runPoints.trainedOn(after.id)).toEqual(left);
    expect(result.reactions).toMatchObject([{ label: "as it was", isSame: true }, { label: `${after.id}, retrained without them` }]);
    expect(result.heldOut!.numPrompts).toBe(listEvaluations(core, runId)[0]!.prompts);
    expect(store.cases.events(caseId).map(({ kind, runId: run }) => [kind, run])).toEqual([
      ["opened", null],
      ["note", after.id],
    ]);
    expect(confirmedTrajectories(core, caseId)).toEqual(new Set(result.isFixed === true ? trajectories : []));
    expect(listEvaluations(core, after.id)[0]!.cases).toEqual({ verified: [], regressed: [], stillFailing: [], unjudged: [] });
  });

  it("refuses examples that the run was not trained on, before anything is written", async () => {
    const { core, runId, caseId } = await openWithCase();
    const known = core.store.runPoints.trainedOn(runId);
    const stranger = [...core.store.trajectories.each("validation")].map(({ trajectory }) => trajectory.id).find((id) => !known.has(id))!;
    const specs: ExperimentSpec[] = [
      { kind: "patch", trajectories: [stranger], numSteps: 1 },
      { kind: "retrain", trajectories: [stranger], change: "without", maxSteps: null },
    ];
    for (const spec of specs) {
      await expect(startFromNotebook(core, { caseId, spec, hypothesis: null, author: "Ada" })).rejects.toMatchObject({
        code: "E_EXPERIMENT_INVALID",
        message: expect.stringContaining(`${runId} was trained on none of ${stranger}`) as string,
      });
    }
    expect(core.store.experiments.ofCase(caseId)).toEqual([]);
  });
});

describe("the notebook of a case", () => {
  it("keeps hypotheses with their experiments, suggests others, and is exported as one page", async () => {
    const { core, runId, caseId } = await openWithCase();
    core.store.cases.addEvent(caseId, { kind: "traced", at: "2026-01-01", author: "Ada", trajectories: trained(core, runId, 3) });
    const causes = (): string[] => notebookOf(core, caseId).suggested.map(({ cause, spec }) => `${cause} ${spec.kind}`);
    const before = causes();
    expect(before).toEqual(
      expect.arrayContaining([
        "data patch",
        "data retrain",
        "data smallestSet",
        "prompt tools",
        "trainingStage checkpoints",
        "evaluation checker",
      ]),
    );

    const hypothesis = { cause: "prompt", statement: "The <tools> mislead it." } as const;
    const { jobId } = await startFromNotebook(core, { caseId, spec: { kind: "tools" }, hypothesis, author: "Ada" });
    await core.jobs.ended(jobId!);
    await made(core, caseId, { kind: "checker" });
    await made(core, caseId, { kind: "constrained" });
    const book = notebookOf(core, caseId);
    expect(book.hypotheses).toMatchObject([{ ...hypothesis, experiments: [{ state: "done", spec: { kind: "tools" } }] }]);
    expect(book.experiments.map(({ spec }) => spec.kind)).toEqual(["constrained", "checker"]);
    expect(causes()).toEqual(before.filter((one) => !/tools|checker|constrained/.test(one)));
    const [tools] = book.hypotheses[0]!.experiments;
    expect(tools!.result!.reactions.map(({ label }) => label)).toEqual(expect.arrayContaining(["as it was", "descriptions shortened"]));
    const constrained = book.experiments[0]!.result!.reactions[1]!;
    // what an untrained model writes: a name that is offered, or no call at all
    expect(/^Action: (.*)$/m.exec(constrained.text)?.[1] ?? "get_weather").toBe("get_weather");

    const { id } = book.hypotheses[0]!;
    const written = writeHypothesis(core, { caseId, id, ...hypothesis, verdict: "contradicts", note: "It <did> not.", author: "Ada" });
    expect(written.hypotheses).toMatchObject([{ id, verdict: "contradicts", note: "It <did> not." }]);
    const path = join(core.paths.exports, "case", "page.html");
    const { numBytes } = exportNotebook(core, { caseId, path });
    const page = readFileSync(path, "utf8");
    expect(Buffer.byteLength(page)).toBe(numBytes);
    expect(page).toContain("The &lt;tools&gt; mislead it.");
    expect(page).not.toMatch(/<script|src=|href=|<tools>|<did>/);
    expect(existsSync(`${path}.unfinished`)).toBe(false);
    expect(() => writeHypothesis(core, { caseId, id: "H-0099", ...hypothesis, verdict: null, note: "", author: "Ada" })).toThrow(/H-0099/);
  });

  it("says of an experiment that was cut off how it goes on, and goes on with its run", async () => {
    const { core, runId, caseId } = await openWithCase();
    const spec: ExperimentSpec = { kind: "retrain", trajectories: trained(core, runId, 2), change: "without", maxSteps: null };
    const done = await made(core, caseId, spec);
    // as a killed core leaves it: under way, with a run, and nobody at it
    const { experiments, jobs } = core.store;
    experiments.update(done.id, { state: "running", result: null });
    const { job, params } = jobs.find(done.jobId!)!;
    jobs.save({ ...job, state: "interrupted" }, params);
    endAbandonedExperiments(core);
    expect(experiments.get(done.id)).toMatchObject({ state: "failed", error: expect.stringMatching(/Resume its job/) as string });
    const numRuns = core.store.runs.list().length;
    core.jobs.resume(done.jobId!);
    expect(experiments.get(done.id)).toMatchObject({ state: "running", error: null });
    await core.jobs.ended(done.jobId!);
    expect(experiments.get(done.id)).toMatchObject({ state: "done", result: { runId: done.result.runId } });
    expect(core.store.runs.list()).toHaveLength(numRuns);
  });
});
