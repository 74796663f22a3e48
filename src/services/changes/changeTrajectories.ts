/**
 * @file Changes as people ask for them: to a few trajectories at once, in one transaction; to many as a job that survives a kill.
 *
 * What was chosen is written down before the first trajectory is touched, so that a change which alters what a filter lets through still
 * does what was asked, and one that was killed goes on to the same end.
 */
import type { Operation, StartedChange } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import type { Selection } from "#contracts/procedures/changes.ts";
import type { StoredChange } from "#store/index.ts";
import type { Core } from "../core.ts";
import { readScheme } from "../review.ts";
import { runDataTask } from "../runDataTask.ts";
import { indexSoon } from "../startIndexing.ts";
import { applyNext } from "./applyChange.ts";
import { chosenBy } from "./chosenBy.ts";
import { requireValid } from "./bulkEditOf.ts";
import { changeTitle } from "./changeTitle.ts";

export interface Author {
  readonly author: string;
  readonly reason: string;
  readonly request?: string | undefined;
}

/** Up to so many trajectories change at once; a decision is never a job. */
const AT_ONCE = 100;

export function changeTrajectories(core: Core, selection: Selection, operation: Operation, author: Author): StartedChange {
  const { changes } = core.store;
  requireValid(core.store, operation);
  const chosen = chosenBy(core, selection);
  const start = (): number => {
    // a decision on a few goes on beside a long change; two long ones would wait for each other's locks
    if (chosen.length > AT_ONCE) requireIdle(core);
    const title = changeTitle(operation, chosen.length, chosen[0], () => readScheme(core));
    const changeId = changes.start({ kind: operation.type, title, operation, ...author, at: new Date().toISOString() });
    changes.choose(changeId, chosen);
    return changeId;
  };
  return startChange(core, author, start, chosen.length);
}

/** Takes back the author's last change, or makes the one undone last again; the whole of it. */
export function reverseChange(core: Core, direction: "undo" | "redo", { author, request }: Omit<Author, "reason">): StartedChange {
  const { changes } = core.store;
  let numChosen = 0;
  let isWritten = false;
  const start = (): number => {
    requireIdle(core);
    const of = changes.next(author, direction);
    if (of === null) throw new AppError("E_NOTHING_TO_UNDO", { author, direction });
    const title = `${direction === "undo" ? "Undid" : "Redid"}: ${of.title}`;
    const operation = { type: direction, of: of.id };
    const changeId = changes.start({
      kind: direction,
      title,
      operation,
      author,
      reason: "",
      request,
      of: of.id,
      at: new Date().toISOString(),
    });
    changes.chooseTouched(changeId, of.id);
    numChosen = changes.numLeft(changeId);
    isWritten = of.kind === "write";
    return changeId;
  };
  const begun = startChange(core, { author, request }, start, () => numChosen);
  if (isWritten) core.jobs.news.rowsChanged("cases", "sources");
  return begun;
}

/** Whether a change is being applied that everything after it would have to wait for. */
export function requireIdle(core: Core): void {
  const busy = core.store.changes.applying()[0];
  if (busy !== undefined) throw new AppError("E_CHANGE_BUSY", { title: busy.title });
}

function startChange(
  core: Core,
  { request }: Pick<Author, "author" | "request">,
  start: () => number,
  numChosen: number | (() => number),
): StartedChange {
  const { store } = core;
  const known = request === undefined ? null : store.changes.byRequest(request);
  if (known !== null) return started(core, known.id, known.numTrajectories + known.numSkipped + store.changes.numLeft(known.id));
  const changeId = store.transaction(() => {
    const id = start();
    if (store.changes.numLeft(id) <= AT_ONCE) {
      while (applyNext(store, id, AT_ONCE) > 0);
      store.changes.finish(id);
    }
    return id;
  });
  if (store.changes.get(changeId).state === "applying") startChangeJob(core, changeId);
  trajectoriesChanged(core);
  return started(core, changeId, typeof numChosen === "number" ? numChosen : numChosen());
}

function started(core: Core, changeId: number, numChosen: number): StartedChange {
  const change = shown(core.store.changes.get(changeId));
  if (change.state !== "applying") return { changeId, numChosen, jobId: null, change };
  const job = core.jobs.list().find((each) => each.kind === "change" && each.subject === String(changeId));
  return { changeId, numChosen, jobId: job?.id ?? null, change: null };
}

/** A change as a page sees it. */
export function shown({ operation: _operation, ...change }: StoredChange) {
  return change;
}

export function trajectoriesChanged(core: Core): void {
  core.jobs.news.rowsChanged("trajectories", "changes");
  indexSoon(core);
}

/** The job of a change; started again, it goes on where it was. */
function startChangeJob(core: Core, changeId: number, restartOf?: string): void {
  const change = core.store.changes.get(changeId);
  const { ended } = core.jobs.start(
    {
      kind: "change",
      title: change.title,
      unit: "trajectories",
      subject: String(changeId),
      canPause: true,
      resumeHint: "Resume it: it goes on with the trajectories that are left. Until then no other change can be made.",
      params: { changeId },
      ...(restartOf === undefined ? {} : { restartOf }),
    },
    async (handle) => {
      const rowsChanged = () => core.jobs.news.rowsChanged("trajectories", "changes");
      try {
        return await runDataTask(core, { type: "change", changeId }, handle, rowsChanged);
      } finally {
        // Cancelled by a person: what it did stays and can be undone. By the end of the core: it goes on with the next start.
        if (handle.signal.aborted && !core.isClosing()) core.store.transaction(() => core.store.changes.finish(changeId));
        if (!core.isClosing()) trajectoriesChanged(core);
      }
    },
  );
  void ended;
}

/** Goes on with changes that a kill left unfinished: they were asked for and are not lost. */
export function registerChangeRestart(core: Core): void {
  core.jobs.onRestart("change", (job, params) => {
    const changeId = Number(params["changeId"]);
    if (core.store.changes.get(changeId).state === "applying") startChangeJob(core, changeId, job.id);
  });
  for (const { id } of core.store.changes.applying()) {
    const interrupted = core.jobs.list().find((job) => job.kind === "change" && job.subject === String(id));
    startChangeJob(core, id, interrupted?.id);
  }
}
