/**
 * @file The run of a case again, with some of its training examples left out or repaired: the experiment that says most.
 *
 * Nothing else differs: same settings, seed, engine and base model, and the data as of when the run was trained. It is evaluated during
 * training once, at its end, which leaves the weights alone. One retraining may serve many cases of a run.
 */
import { setTimeout as delay } from "node:timers/promises";
import { AppError, type ErrorCode } from "#contracts/errors.ts";
import type { HeldOutChange, Reaction } from "#contracts/experiments.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { Job } from "#contracts/jobs.ts";
import { listCheckpoints } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import { startEvaluation } from "../evaluateRun.ts";
import type { JobHandle } from "../jobs.ts";
import { readModelFolder, runDirOf } from "../models.ts";
import { resumeRun } from "../resumeRun.ts";
import { startRun } from "../startRun.ts";
import { versionTrainedOn } from "../trainedTrajectories.ts";
import { askCase, AS_IT_WAS, invalid, isFixed, openCase } from "./askCase.ts";

export interface Retraining {
  readonly handle: JobHandle;
  /** The run that was wrong. */
  readonly runId: string;
  readonly trajectories: readonly string[];
  readonly change: "without" | "repaired";
  readonly maxSteps: number | null;
  /** That an interrupted experiment had begun: it goes on. */
  readonly begun?: string | null;
  /** Told before its first step. */
  readonly onRun?: (runId: string) => void;
}

/** @throws E_EXPERIMENT_INVALID */
export function retrainConfig(core: Core, { runId, trajectories, change, maxSteps }: Omit<Retraining, "handle">): RunConfig {
  const { store } = core;
  const { config, plan, engine } = store.runs.get(runId);
  const version = versionTrainedOn(store, runId);
  if (version === null) throw invalid(`what ${runId} was trained on was not frozen; train it again first`);
  const trained: ReadonlySet<string> = store.runPoints.trainedOn(runId);
  const unknown = trajectories.filter((id) => !trained.has(id));
  if (unknown.length === trajectories.length) throw invalid(`${runId} was trained on none of ${trajectories.slice(0, 5).join(", ")}`);
  const numSteps = plan?.numSteps ?? config.evalEverySteps;
  const named = [...new Set(trajectories)];
  return {
    ...config,
    engine: engine?.id ?? config.engine,
    maxSteps: maxSteps ?? config.maxSteps,
    evalEverySteps: Math.max(config.evalEverySteps, numSteps),
    keepCheckpoints: 1,
    captureFeatures: false,
    dataVersion: version.name,
    repairedTrajectories: change === "repaired" ? [...new Set([...config.repairedTrajectories, ...named])] : config.repairedTrajectories,
    withoutTrajectories: change === "without" ? [...new Set([...config.withoutTrajectories, ...named])] : config.withoutTrajectories,
  };
}

/** Trains to the end. @returns the new run's id */
export async function retrain(core: Core, retraining: Retraining): Promise<string> {
  const { handle, begun = null, onRun } = retraining;
  if (begun !== null && core.store.runs.get(begun).state === "done") return begun;
  const { runId, jobId } = begun === null ? await startRun(core, { overrides: retrainConfig(core, retraining) }) : resumeRun(core, begun);
  onRun?.(runId);
  await untilDone(core, handle, jobId, `training ${runId}`);
  return runId;
}

const LOOK_EVERY_MS = 500;

/** Waits for another job, tells its progress as one's own, and cancels it where one is cancelled. */
export async function untilDone(core: Core, handle: JobHandle, jobId: string, phase: string): Promise<Job> {
  const cancel = (): void => void core.jobs.cancel(jobId);
  handle.signal.addEventListener("abort", cancel);
  if (handle.signal.aborted) cancel();
  const ended = core.jobs.ended(jobId);
  let isOver = false;
  void ended.then(() => (isOver = true));
  try {
    while (!isOver) {
      const { done, total, unit } = core.jobs.get(jobId);
      handle.report({ phase, done, total, unit });
      await Promise.race([ended, delay(LOOK_EVERY_MS)]);
    }
    const job = await ended;
    if (job.state === "done") return job;
    if (job.error !== null) throw new AppError("E_EXPERIMENT_STEP", { what: job.title, detail: job.error.message.replace(/\.$/, "") });
    throw new AppError("E_CANCELLED" satisfies ErrorCode, { what: job.title });
  } finally {
    handle.signal.removeEventListener("abort", cancel);
  }
}

/** Of prompts that are evaluated on both sides. */
const MAX_PROMPTS = 500;

/** What else changed on the held-out set, each prompt of one run against the same prompt of the other. */
export async function compareHeldOut(
  core: Core,
  handle: JobHandle,
  before: { readonly runId: string; readonly checkpointStep: number | null },
  runId: string,
): Promise<HeldOutChange> {
  const { evaluations } = core.store;
  const evaluate = async (run: string, checkpointStep: number | null): Promise<string> => {
    const { id } = startEvaluation(core, { runId: run, suite: "heldout", maxPrompts: MAX_PROMPTS, checkpointStep });
    const { result } = await untilDone(core, handle, id, `evaluating ${run}`);
    return (result as { readonly evaluation: string }).evaluation;
  };
  const outcomesOf = (evaluationId: string): ReadonlyMap<string, Outcome> =>
    new Map(
      evaluations.predictions(evaluationId).map(({ trajectoryId, turnIndex, contentId, exact, code }) => {
        const turn = core.store.contents.read(contentId).content.turns[turnIndex];
        const isCall = turn?.role === "assistant" && turn.calls.length > 0;
        return [`${trajectoryId} ${turnIndex} ${contentId}`, { isRight: code === null, isExactCall: isCall && exact, isCall }];
      }),
    );
  const step = before.checkpointStep ?? listCheckpoints(runDirOf(core.paths, before.runId)).at(-1)?.step ?? null;
  const after = outcomesOf(await evaluate(runId, null));
  const keys = [...after.keys()];
  const known = evaluations
    .list(before.runId)
    .filter(({ measures, checkpointStep }) => measures !== null && checkpointStep === step)
    .map(({ id }) => outcomesOf(id))
    .find((outcomes) => keys.every((key) => outcomes.has(key)));
  const earlier = known ?? outcomesOf(await evaluate(before.runId, step));
  const both = keys.flatMap((key) => (earlier.has(key) ? [{ was: earlier.get(key)!, is: after.get(key)! }] : []));
  const count = (holds: (pair: { readonly was: Outcome; readonly is: Outcome }) => boolean): number => both.filter(holds).length;
  const numCalls = Math.max(
    1,
    count(({ is }) => is.isCall),
  );
  return {
    numPrompts: both.length,
    numFixed: count(({ was, is }) => !was.isRight && is.isRight),
    numBroken: count(({ was, is }) => was.isRight && !is.isRight),
    exactCallRateBefore: count(({ was }) => was.isExactCall) / numCalls,
    exactCallRateAfter: count(({ is }) => is.isExactCall) / numCalls,
  };
}

interface Outcome {
  readonly isRight: boolean;
  readonly isExactCall: boolean;
  readonly isCall: boolean;
}

export interface RetrainedCase {
  readonly before: Reaction;
  readonly after: Reaction;
  readonly isFixed: boolean;
}

/** Retrains once and asks every one of the cases, which are all of the run that is retrained. */
export async function retrainForCases(
  core: Core,
  caseIds: readonly string[],
  retraining: Retraining,
): Promise<{ readonly runId: string; readonly cases: ReadonlyMap<string, RetrainedCase> }> {
  const { handle } = retraining;
  const opened = await Promise.all(caseIds.map((id) => openCase(core, id)));
  const stranger = opened.find(({ record }) => record.runId !== retraining.runId);
  if (stranger !== undefined) throw invalid(`${stranger.record.id} is no output of ${retraining.runId}`);
  const runId = await retrain(core, retraining);
  const dir = listCheckpoints(runDirOf(core.paths, runId)).at(-1)?.dir;
  if (dir === undefined) throw new AppError("E_RUN_NO_CHECKPOINT", { run: runId });
  const model = await readModelFolder(dir);
  const cases = new Map<string, RetrainedCase>();
  // one model after the other: the trainer keeps one loaded
  const before: Reaction[] = [];
  for (const one of opened) {
    handle.report({ phase: "asking the case", unit: "questions", done: before.length, total: 2 * opened.length });
    before.push(await askCase(core, one, AS_IT_WAS, handle.signal));
  }
  const label = `${runId}, retrained ${retraining.change === "without" ? "without them" : "with them repaired"}`;
  for (const [i, one] of opened.entries()) {
    handle.report({ phase: "asking the case", unit: "questions", done: opened.length + i, total: 2 * opened.length });
    const after = await askCase(core, one, { label, model }, handle.signal);
    cases.set(one.record.id, { before: before[i]!, after, isFixed: isFixed(one.record, after) });
  }
  return { runId, cases };
}
