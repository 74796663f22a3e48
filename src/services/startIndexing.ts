/** @file Keeps the full-text index up with the contents: one visible job at a time, started whenever something is missing. */
import type { Job } from "#contracts/jobs.ts";
import type { Core } from "./core.ts";
import type { StartedJob } from "./jobs.ts";
import { runDataTask } from "./runDataTask.ts";

const running = new WeakMap<Core, StartedJob>();

/** Starts the job, unless the index is whole or a job is at it; null where there is nothing to do. */
export function startIndexing(core: Core): StartedJob | null {
  const known = running.get(core);
  if (known !== undefined) return known;
  if (core.isClosing() || core.store.search.isComplete()) return null;
  // One line in the list of jobs, however often the index had to wait.
  const stopped = lastIndexJob(core, (job) => job.state !== "done");
  const spec = {
    kind: "index",
    title: "Index text for search",
    unit: "trajectories",
    canPause: true,
    resumeHint: "Resume it: the index goes on where it stopped. Until then a search may miss trajectories.",
    ...(stopped === undefined ? {} : { restartOf: stopped.id }),
  } as const;
  const rowsChanged = () => core.jobs.news.rowsChanged("trajectories");
  const started = core.jobs.start(spec, (handle) => runDataTask(core, { type: "index" }, handle, rowsChanged).finally(rowsChanged));
  running.set(core, started);
  void started.ended.then(({ state }) => {
    running.delete(core);
    // Contents that came in while the last batch was written.
    if (state === "done") keepIndexing(core);
  });
  return started;
}

const lastIndexJob = (core: Core, holds: (job: Job) => boolean = () => true): Job | undefined =>
  core.jobs.list().find((job) => job.kind === "index" && holds(job));

/** Goes on with an index that a crash or a closed shell left behind; one that a person stopped, or that failed, stays as it is. */
export function continueIndexing(core: Core): void {
  const last = lastIndexJob(core)?.state;
  if (last !== "cancelled" && last !== "failed") keepIndexing(core);
}

/** Starts the job where it is due and can be started; a page that searches says that the index is not whole until then. */
export function keepIndexing(core: Core): void {
  try {
    startIndexing(core);
  } catch {
    // A full disk: the next import, or the next start, tries again.
  }
}

export function registerIndexRestart(core: Core): void {
  core.jobs.onRestart("index", () => void startIndexing(core));
}
