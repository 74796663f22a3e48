/** @file Export as a job: the filtered trajectories as files of a format others read, with a ledger of what it cannot carry. */
import { resolve } from "node:path";
import { EXPORT_FORMATS, type ExportFormat } from "#contracts/imports.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Core } from "./core.ts";
import type { StartedJob } from "./jobs.ts";
import { runDataTask } from "./runDataTask.ts";

export interface ExportRequest {
  readonly format: ExportFormat;
  readonly directory: string;
  readonly filter: TrajectoryFilter;
}

export function startExport(core: Core, request: ExportRequest, restartOf?: string): StartedJob {
  const directory = resolve(request.directory);
  const { format, filter } = request;
  const spec = {
    kind: "export",
    title: `Export as ${EXPORT_FORMATS[format]}`,
    unit: "trajectories",
    subject: directory,
    canPause: true,
    resumeHint: "Resume it: the files are written anew; earlier ones stay until they are complete.",
    params: { format, directory, filter: filter as JsonObject },
    ...(restartOf === undefined ? {} : { restartOf }),
  } as const;
  return core.jobs.start(spec, (handle) => {
    const task = { type: "export", format, directory, filter, sourcesDir: core.paths.sources } as const;
    return runDataTask(core, task, handle, () => undefined);
  });
}

export function registerExportRestart(core: Core): void {
  core.jobs.onRestart("export", (job, params) => void startExport(core, params as unknown as ExportRequest, job.id));
}
