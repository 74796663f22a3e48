/**
 * @file Keeps the index up with the contents, started whenever something is missing: one visible job at a time, but for a few contents
 * that were just edited.
 */
import type { Job } from "#contracts/jobs.ts";
import { FACTS_VERSION } from "#core/trajectories/contentFacts.ts";
import type { Core } from "./core.ts";
import type { StartedJob } from "./jobs.ts";
import { indexContents, isIndexed } from "./indexContents.ts";
import { runDataTask } from "./runDataTask.ts";

const running = new WeakMap<Core, StartedJob>();

/** Starts the job, unless the index is whole or a job is at it; null where there is nothing to do. */
export function startIndexing(core: Core): StartedJob | null {
  const known = running.get(core);
  if (known !== undefined) return known;
  if (core.isClosing() || isIndexed(core.store)) return null;
  // One line in the list of jobs, however often the index had to wait.
  const stopped = lastIndexJob(core, (job) => job.state !== "done");
  const spec = {
    kind: "index",
    title: "Index text and tools",
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

/** So few contents, and so little text, are indexed in the core itself, after the answer to whoever changed them. */
const FEW = 8;
const FEW_CHARACTERS = 400_000;
const AFTER_ANSWER_MS = 10;
const waiting = new WeakSet<Core>();
const NO_CONTROL = { report: () => undefined, checkpoint: () => undefined };

/** After a change: a few new contents at once and unseen, so that what was just edited is found; many by the job. */
export function indexSoon(core: Core): void {
  if (waiting.has(core) || core.isClosing()) return;
  waiting.add(core);
  setTimeout(() => {
    waiting.delete(core);
    if (core.isClosing() || running.has(core) || isIndexed(core.store)) return;
    if (!isLittle(core) || !indexAtOnce(core)) keepIndexing(core);
  }, AFTER_ANSWER_MS).unref();
}

function isLittle({ store }: Core): boolean {
  const from = Math.min(store.search.progress().done, store.facts.progress(FACTS_VERSION).done);
  const { total } = store.search.progress();
  return total - from <= FEW && store.facts.outdated().length <= FEW && store.contents.numCharactersAfter(from) <= FEW_CHARACTERS;
}

function indexAtOnce(core: Core): boolean {
  try {
    indexContents(core.store, NO_CONTROL);
    core.jobs.news.rowsChanged("trajectories");
    return true;
  } catch {
    // A job holds the write lock, or the disk is full.
    return false;
  }
}

export function registerIndexRestart(core: Core): void {
  core.jobs.onRestart("index", () => void startIndexing(core));
}
