/** @file Continues a run that was stopped, interrupted or failed, from its newest whole checkpoint. */
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";
import type { StartedRun } from "./startRun.ts";
import { startTrainingJob } from "./trainingJob.ts";

/** @throws E_RUN_BUSY while it is going, E_RUN_DONE where nothing is left to do, E_NOT_FOUND */
export function resumeRun(core: Core, runId: string, restartOf?: string): StartedRun {
  const run = core.store.runs.get(runId);
  switch (run.state) {
    case "preparing":
    case "compiling":
    case "running":
    case "paused":
      throw new AppError("E_RUN_BUSY", { run: run.id });
    case "done":
      throw new AppError("E_RUN_DONE", { run: run.id, steps: run.step });
    case "stopped":
    case "interrupted":
    case "failed":
      return { runId: run.id, jobId: startTrainingJob(core, { runId: run.id, resume: true, restartOf }).id };
  }
}

/** Lets an interrupted, failed or cancelled training job be resumed by its id. */
export function registerTrainRestart(core: Core): void {
  core.jobs.onRestart("train", (job, params) => {
    resumeRun(core, String(params["runId"]), job.id);
  });
}
