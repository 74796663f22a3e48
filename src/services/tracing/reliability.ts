/**
 * @file How far tracing can be trusted on a run: a copy of it is trained with canaries among its own examples, and what shows is traced. A job as long
 * as the run itself.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { TraceReliability } from "#contracts/tracing.ts";
import type { Core } from "../core.ts";
import type { JobHandle, StartedJob } from "../jobs.ts";
import { modelDirOf } from "../models.ts";
import { trainedTrajectories, versionTrainedOn } from "../trainedTrajectories.ts";
import { measureCanaries } from "./canaries.ts";

export interface ReliabilityRequest {
  readonly runId: string;
  readonly author: string;
}

/** @throws E_NOT_FOUND; E_EXPERIMENT_INVALID where what the run was trained on was not frozen */
export function measureReliability(core: Core, { runId, author }: ReliabilityRequest, restartOf?: string): StartedJob {
  const run = core.store.runs.get(runId);
  dataOf(core, run.id);
  return core.jobs.start(
    {
      kind: "reliability",
      title: `Measure tracing on ${run.id}`,
      unit: "parts",
      subject: run.id,
      resumeHint: "Start it again: it begins anew.",
      params: { runId: run.id, author },
      ...(restartOf === undefined ? {} : { restartOf }),
    },
    (handle) => measure(core, handle, run.id),
  );
}

export function registerReliabilityRestart(core: Core): void {
  core.jobs.onRestart("reliability", (job, { runId, author }) => {
    measureReliability(core, { runId: String(runId), author: String(author) }, job.id);
  });
}

/** Null where it was never measured. @throws E_NOT_FOUND */
export const reliabilityOf = (core: Core, runId: string): TraceReliability | null =>
  core.store.experiments.reliability(core.store.runs.get(runId).id);

function dataOf({ store }: Core, runId: string): RunConfig {
  const { config } = store.runs.get(runId);
  const version = versionTrainedOn(store, runId);
  if (version !== null) return { ...config, dataVersion: version.name };
  throw new AppError("E_EXPERIMENT_INVALID", { detail: `what ${runId} was trained on was not frozen; train it again first` });
}

/** Clean prompts asked besides, so that right answers say what is noise. */
const NUM_CLEAN = 24;

async function measure(core: Core, handle: JobHandle, runId: string): Promise<{ readonly run: string }> {
  const { store, paths } = core;
  const { engine } = store.runs.get(runId);
  const data = dataOf(core, runId);
  const source = trainedTrajectories(store, data);
  const trajectories = [];
  for (const { trajectory, status } of source.each("train")) {
    const { id, split: _split, ...content } = trajectory;
    if (status !== "rejected" && !source.isLeftOut(id)) trajectories.push({ id: id as string, content });
  }
  const clean = [];
  for (const { trajectory } of source.each("validation")) {
    if (clean.length === NUM_CLEAN) break;
    const { id: _id, split: _split, ...content } = trajectory;
    clean.push(content);
  }
  const config: RunConfig = {
    ...data,
    baseModel: modelDirOf(paths, data.baseModel),
    engine: engine?.id ?? data.engine,
    keepCheckpoints: 1,
    dataVersion: null,
    repairedTrajectories: [],
    withoutTrajectories: [],
  };
  const folder = join(paths.workspace, "canaries", runId);
  // of an attempt that was cut off
  await rm(folder, { recursive: true, force: true });
  const scratch = core.openBeside(folder);
  try {
    const { planted: _planted, ...measured } = await measureCanaries(scratch, { handle, config, trajectories, clean });
    store.experiments.setReliability({ runId, ...measured });
    core.jobs.news.rowsChanged("runs", "cases");
    return { run: runId };
  } finally {
    await scratch.close();
    await rm(folder, { recursive: true, force: true });
  }
}
