/** @file Export of a run's model as a job: a checkpoint as a folder that Hugging Face's libraries read. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { ExportDtype } from "#contracts/model.ts";
import { listCheckpoints, type CheckpointFolder } from "./checkpoints.ts";
import type { Core } from "./core.ts";
import type { StartedJob } from "./jobs.ts";
import { runDirOf } from "./models.ts";
import { runDataTask } from "./runDataTask.ts";

export interface ModelExportRequest {
  /** Of the run. */
  readonly id: string;
  /** Made by the export; may exist only if it is empty. */
  readonly directory: string;
  /** A step; the last checkpoint where absent. */
  readonly checkpoint?: number | undefined;
  readonly dtype: ExportDtype;
}

/** @throws E_NOT_FOUND, E_RUN_NO_CHECKPOINT, E_TARGET_EXISTS */
export function startModelExport(core: Core, request: ModelExportRequest, restartOf?: string): StartedJob {
  const run = core.store.runs.get(request.id);
  const { step, dir } = chooseCheckpoint(core, run.id, request.checkpoint);
  const directory = resolve(request.directory);
  requireFree(directory);
  const { dtype } = request;
  const spec = {
    kind: "exportModel",
    title: `Export the model of ${run.id}, step ${step}`,
    unit: "tensors",
    subject: directory,
    canPause: true,
    resumeHint: "Start it again: the folder is written anew and appears once it is whole.",
    // the step, not "the last": a run that goes on would change what is exported
    params: { id: run.id, directory, checkpoint: step, dtype } satisfies JsonObject,
    ...(restartOf === undefined ? {} : { restartOf }),
  } as const;
  return core.jobs.start(spec, (handle) => {
    // beside the target, so that renaming it does not copy; by the job's id, so that a restart clears away what a crash left
    const unfinished = join(dirname(directory), `.${basename(directory)}.unfinished-${handle.id}`);
    const task = { type: "model export", runId: run.id, step, checkpointDir: dir, directory, unfinished, dtype } as const;
    return runDataTask(core, task, handle, () => undefined);
  });
}

export function registerModelExportRestart(core: Core): void {
  core.jobs.onRestart("exportModel", (job, params) => void startModelExport(core, params as unknown as ModelExportRequest, job.id));
}

function chooseCheckpoint(core: Core, runId: string, step: number | undefined): CheckpointFolder {
  const checkpoints = listCheckpoints(runDirOf(core.paths, runId));
  const last = checkpoints.at(-1);
  if (last === undefined) throw new AppError("E_RUN_NO_CHECKPOINT", { run: runId });
  const chosen = step === undefined ? last : checkpoints.find((checkpoint) => checkpoint.step === step);
  if (chosen === undefined) throw new AppError("E_NOT_FOUND", { what: `checkpoint of ${runId} at step`, id: step! });
  return chosen;
}

/** @throws E_TARGET_EXISTS */
export function requireFree(directory: string): void {
  if (!existsSync(directory)) return;
  if (!statSync(directory).isDirectory() || readdirSync(directory).length > 0) throw new AppError("E_TARGET_EXISTS", { path: directory });
}
