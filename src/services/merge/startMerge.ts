/** @file Merging another workspace, as a job; and settling what it could not decide. */
import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { MergeConflictView } from "#contracts/merging.ts";
import { AppError } from "#contracts/errors.ts";
import type { Status } from "#contracts/review.ts";
import type { Split } from "#contracts/trajectory.ts";
import type { TrajectoryState } from "#store/index.ts";
import { copyDatabase } from "#store/openDatabase.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import type { StoredConflict } from "#store/conflicts.ts";
import type { Core } from "../core.ts";
import type { StartedJob } from "../jobs.ts";
import { requireIdle, trajectoriesChanged } from "../changes/changeTrajectories.ts";
import { runDataTask } from "../runDataTask.ts";

const DATABASE = "workspace.sqlite";

export interface MergeRequest {
  /** The other workspace's folder, or its database. */
  readonly path: string;
  readonly author: string;
}

/** @throws E_WORKSPACE_MISSING, E_CHANGE_BUSY */
export function startMerge(core: Core, { path, author }: MergeRequest): StartedJob {
  requireIdle(core);
  const given = resolve(path);
  const database = basename(given) === DATABASE ? given : join(given, DATABASE);
  if (!existsSync(database) || database === core.paths.database) throw new AppError("E_WORKSPACE_MISSING", { path: given });
  const name = basename(dirname(database));
  const spec = {
    kind: "merge",
    title: `Merge the workspace ${name}`,
    unit: "trajectories",
    subject: dirname(database),
    resumeHint: "Merge it again: what is here already is not merged twice.",
  } as const;
  return core.jobs.start(spec, async (handle) => {
    const copy = join(core.paths.logs, `merge-${process.pid}-${handle.id}.sqlite`);
    try {
      handle.report({ phase: "copying its database" });
      copyDatabase(database, copy);
      return await runDataTask(core, { type: "merge", copy, name, author }, handle, () =>
        core.jobs.news.rowsChanged("trajectories", "changes"),
      );
    } finally {
      for (const file of [copy, `${copy}-wal`, `${copy}-shm`]) rmSync(file, { force: true });
      if (!core.isClosing()) trajectoriesChanged(core);
    }
  });
}

export function listConflicts(core: Core, offset: number, limit: number) {
  const { total, rows } = core.store.conflicts.open(offset, limit);
  return { total, offset, rows: rows.map((row) => viewOf(core, row)) };
}

function viewOf(core: Core, { id, trajectory, author, field, theirs, at }: StoredConflict): MergeConflictView {
  const { store } = core;
  const now = store.changes.state(trajectory);
  const common = { id, trajectoryId: trajectoryIdOf(trajectory), author, at };
  switch (field) {
    case "content":
      return { ...common, field, mine: store.contents.read(now.contentId).content, theirs: store.contents.read(Number(theirs)).content };
    case "annotations":
      return {
        ...common,
        field,
        mine: store.annotations.read(now.annotationsId),
        theirs: store.annotations.read(theirs === "" ? null : Number(theirs)),
      };
    case "assignee":
      return { ...common, field, mine: store.annotators.nameOf(now.assigneeId) ?? "", theirs };
    default:
      return { ...common, field, mine: now[field], theirs };
  }
}

/** Keeps ours, or takes theirs as a new revision that can be undone. */
export function resolveConflict(
  core: Core,
  { id, side, author }: { readonly id: number; readonly side: "mine" | "theirs"; readonly author: string },
) {
  const { store } = core;
  store.transaction(() => {
    const conflict = store.conflicts.get(id);
    if (conflict.resolution !== null) return;
    store.conflicts.resolve(id, side);
    if (side === "mine") return;
    const title = `Took ${conflict.author}'s ${conflict.field} of ${trajectoryIdOf(conflict.trajectory)}`;
    const changeId = store.changes.start({ kind: "merge", title, author, reason: "", at: new Date().toISOString() });
    store.changes.revise(store.changes.get(changeId), conflict.trajectory, theirState(core, conflict));
    store.changes.finish(changeId);
  });
  trajectoriesChanged(core);
  return { resolved: true as const };
}

function theirState({ store }: Core, { trajectory, field, theirs }: StoredConflict): TrajectoryState {
  const { revision: _revision, ...now } = store.changes.state(trajectory);
  switch (field) {
    case "content":
      return { ...now, contentId: Number(theirs) };
    case "annotations":
      return { ...now, annotationsId: theirs === "" ? null : Number(theirs) };
    case "assignee":
      return { ...now, assigneeId: theirs === "" ? null : store.annotators.ensure(theirs) };
    case "split":
      return { ...now, split: theirs as Split };
    case "status":
      return { ...now, status: theirs as Status };
  }
}
