/** @file Import as a job: the files are looked at at once, copied and read in the data worker, and indexed by a job that follows. */
import { AppError } from "#contracts/errors.ts";
import type { ImportCounts, ImportFormat } from "#contracts/imports.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { Core } from "./core.ts";
import { findInputFiles, type SkippedFile } from "./inputFiles.ts";
import type { StartedJob } from "./jobs.ts";
import { runDataTask } from "./runDataTask.ts";
import { keepIndexing } from "./startIndexing.ts";
import { warmListsSoon } from "./trajectories.ts";

export interface ImportRequest {
  /** Files and folders. */
  readonly paths: readonly string[];
  /** Absent: detected for each file. */
  readonly format?: ImportFormat | undefined;
}

/** What the job's result holds: what became of every row of its files, now or in an earlier import. Present after a cancel too. */
export interface ImportResult extends ImportCounts {
  readonly bytesPerSecond: number;
  readonly numBytes: number;
  readonly seconds: number;
  readonly sourceIds: readonly number[];
  readonly skipped: readonly SkippedFile[];
}

/** Throws `E_FILE_*` at once where a named path cannot be read; everything later is the job's. */
export function startImport(core: Core, request: ImportRequest, restartOf?: string): StartedJob {
  const { files, skipped } = findInputFiles(request.paths);
  if (files.length === 0)
    throw new AppError("E_FORMAT_UNKNOWN", { path: request.paths[0]!, detail: "it holds no .json, .jsonl, .csv or .parquet file" });
  for (const { path, reason } of skipped) core.store.sources.addSkipped(path, reason);
  const names = files.length === 1 ? files[0]!.name : `${files.length} files`;
  const params: JsonObject = { paths: [...request.paths], ...(request.format === undefined ? {} : { format: request.format }) };
  const spec = {
    kind: "import",
    title: `Import ${names}`,
    unit: "rows",
    phase: "opening",
    canPause: true,
    resumeHint: "Resume it, or import the same files again: it continues where it stopped, and no row comes in twice.",
    params,
    ...(restartOf === undefined ? {} : { restartOf }),
  } as const;
  const started = core.jobs.start(spec, async (handle) => {
    const task = { type: "import", files, format: request.format ?? null, sourcesDir: core.paths.sources } as const;
    const rowsChanged = () => core.jobs.news.rowsChanged("trajectories", "sources");
    try {
      const result = (await runDataTask(core, task, handle, rowsChanged)) as ImportResult;
      return { ...result, skipped: [...skipped, ...result.skipped] };
    } finally {
      rowsChanged();
    }
  });
  // What an import brought in before it was stopped is searchable too.
  void started.ended.then(({ state }) => {
    if (state === "interrupted") return;
    warmListsSoon(core);
    keepIndexing(core);
  });
  return started;
}

/** Lets an interrupted, failed or cancelled import be resumed by its id. */
export function registerImportRestart(core: Core): void {
  core.jobs.onRestart("import", (job, params) => {
    const { paths, format } = params as { paths: string[]; format?: ImportFormat };
    startImport(core, { paths, format }, job.id);
  });
}
