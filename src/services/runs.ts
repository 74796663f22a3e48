/** @file Questions about runs: the list, one of them in full, its points, its planned learning rate, the rows behind a step. */
import type { RunDetail, RunPoints, RunSummary, StepRows } from "#contracts/procedures/runs.ts";
import { AppError } from "#contracts/errors.ts";
import type { LossSum } from "#contracts/run.ts";
import { learningRateAt } from "#core/training/schedule.ts";
import type { RunRecord } from "#store/runs.ts";
import type { Core } from "./core.ts";

/** Newest first. */
export function listRuns(core: Core): readonly RunSummary[] {
  return core.store.runs.list().map(summaryOf);
}

export function getRun(core: Core, id: string): RunDetail {
  const { runs, runPoints } = core.store;
  const run = runs.get(id);
  const summary = summaryOf(run);
  const { config, plan, phase, error, model, engine } = run;
  return {
    ...summary,
    config,
    plan,
    phase,
    error,
    model,
    engine,
    checkpoints: runs.checkpoints(id),
    evals: runPoints.evals(id),
    resumedAt: runs.resumedAt(id),
    skippedSteps: runPoints.skippedSteps(id),
    overflowedSteps: runPoints.overflowedSteps(id),
    secondsLeft: summary.jobId === null ? null : core.jobs.get(summary.jobId).secondsLeft,
  };
}

export function readRunPoints(core: Core, id: string, afterStep: number): RunPoints {
  core.store.runs.get(id);
  return core.store.runPoints.points(id, afterStep);
}

/** Of every planned step; empty until the examples are counted. */
export function plannedLearningRate(core: Core, id: string): readonly number[] {
  const { config, plan } = core.store.runs.get(id);
  return Array.from({ length: plan?.numSteps ?? 0 }, (_, i) => learningRateAt(i + 1, config, plan!.numSteps));
}

/** A step with the trajectories that were in it; the hardest first. */
export function readStepRows(core: Core, id: string, step: number): StepRows {
  const { runs, runPoints, trajectories } = core.store;
  runs.get(id);
  const metrics = runPoints.point(id, step);
  if (metrics === null) throw new AppError("E_NOT_FOUND", { what: `step of run ${id}`, id: step });
  const rows = metrics.examples.flatMap(({ index, loss }) =>
    runPoints.origins(id, "train", index).map(({ trajectoryId, numSupervisedTokens }) => ({
      example: index,
      trajectoryId,
      title: trajectories.summary(trajectoryId).title,
      loss: meanOf(loss),
      numSupervisedTokens,
    })),
  );
  // A loss that is not finite is what one looks for first.
  rows.sort((a, b) => (b.loss ?? Infinity) - (a.loss ?? Infinity));
  return { step, metrics, rows };
}

/** A sum that was not finite comes out of the database as null. */
function meanOf({ sum, count }: LossSum): number | null {
  return Number.isFinite(sum) && count > 0 ? sum / count : null;
}

function summaryOf(run: RunRecord): RunSummary {
  const { id, state, config, step, numSteps, lastLoss, lastEvalLoss, createdAt, endedAt, jobId } = run;
  const { preset, baseModel } = config;
  const isGoing = state === "preparing" || state === "compiling" || state === "running" || state === "paused";
  return { id, state, preset, baseModel, step, numSteps, lastLoss, lastEvalLoss, createdAt, endedAt, jobId: isGoing ? jobId : null };
}
