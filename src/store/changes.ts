/**
 * @file Changes and the revisions they write: append-only, so that undo is a change like any other.
 *
 * A revision holds the whole state of its trajectory. What a change did to one is the difference between its revision and the one before.
 */
import { STATE_FIELDS, type Change, type ChangeState, type Operation, type RevisionEntry, type StateField } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import { STATUSES, type Status } from "#contracts/review.ts";
import { SPLITS, type Split } from "#contracts/trajectory.ts";
import type { AnnotatorRepository } from "./annotators.ts";
import { trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

/** All that editing and review change of a trajectory; parts of it by the numbers they are stored under. */
export interface TrajectoryState {
  readonly contentId: number;
  readonly split: Split;
  readonly status: Status;
  readonly assigneeId: number | null;
  readonly annotationsId: number | null;
  /** It was written here, and that is undone. */
  readonly isRemoved: boolean;
}

/** A state in a history that another workspace may have too. */
export interface HistoricState {
  readonly author: string;
  readonly at: string;
  /** SHA-256, in hexadecimal: equal in every workspace. */
  readonly contentHash: string;
  readonly state: TrajectoryState;
}

export interface NewChange {
  readonly kind: string;
  readonly title: string;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
  readonly request?: string;
  readonly operation?: StoredOperation;
  readonly of?: number;
}

/** What a change does, as it is kept until it is done. */
export type StoredOperation = Operation | { readonly type: "undo" | "redo"; readonly of: number };

export interface StoredChange extends Change {
  readonly operation: StoredOperation | null;
}

interface ChangeRow {
  readonly id: number;
  readonly kind: string;
  readonly title: string;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
  readonly state: ChangeState;
  readonly operation: string | null;
  readonly of: number | null;
  readonly num_trajectories: number;
  readonly num_skipped: number;
  readonly first_trajectory: number | null;
}

interface StateRow {
  readonly content_id: number;
  readonly split: number;
  readonly status: number;
  readonly assignee_id: number | null;
  readonly annotations_id: number | null;
  readonly removed: number;
}

interface HistoryRow extends StateRow {
  readonly number: number;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
  readonly change_id: number | null;
}

const STATE_COLUMNS = "content_id, split, status, assignee_id, annotations_id, removed";
const UNDOABLE = "kind NOT IN ('undo', 'redo') AND state = 'applied' AND num_trajectories > 0";
/** Counts every revision of the workspace. */
export const NEXT_SEQUENCE = "(SELECT coalesce(max(sequence), 0) + 1 FROM revision)";

export type ChangeRepository = ReturnType<typeof changeRepository>;

export function changeRepository(db: Db, annotators: AnnotatorRepository) {
  const insert = db.prepare(
    "INSERT INTO change (request, kind, title, author, reason, at, state, operation, of) VALUES (?, ?, ?, ?, ?, ?, 'applying', ?, ?)",
  );
  const select = db.prepare<[number], ChangeRow>("SELECT * FROM change WHERE id = ?");
  const selectByRequest = db.prepare<[string], ChangeRow>("SELECT * FROM change WHERE request = ?");
  const selectRecent = db.prepare<[number, number], ChangeRow>(
    "SELECT * FROM change WHERE id < ? AND (num_trajectories > 0 OR num_skipped > 0 OR state = 'applying') ORDER BY id DESC LIMIT ?",
  );
  const selectApplying = db.prepare<[], ChangeRow>("SELECT * FROM change INDEXED BY change_applying WHERE state = 'applying' ORDER BY id");
  const setState = db.prepare<[ChangeState, number]>("UPDATE change SET state = ? WHERE id = ?");
  const finish = db.prepare<[number]>("UPDATE change SET state = 'applied', operation = NULL WHERE id = ?");
  const supersede = db.prepare<[string]>(
    "UPDATE change INDEXED BY change_redoable SET superseded = 1 WHERE author = ? AND state = 'undone' AND superseded = 0",
  );
  const count = db.prepare<[number, number, number, number]>(
    "UPDATE change SET num_trajectories = num_trajectories + ?, num_skipped = num_skipped + ?, first_trajectory = coalesce(first_trajectory, ?) WHERE id = ?",
  );
  const undoable = db.prepare<[string], ChangeRow>(
    `SELECT * FROM change INDEXED BY change_by_author WHERE author = ? AND ${UNDOABLE} ORDER BY id DESC LIMIT 1`,
  );
  const redoable = db.prepare<[string], ChangeRow>(
    "SELECT * FROM change INDEXED BY change_redoable WHERE author = ? AND state = 'undone' AND superseded = 0 ORDER BY id LIMIT 1",
  );
  const insertTargets = db.prepare<[number, string]>(
    "INSERT OR IGNORE INTO change_target (change_id, trajectory_id) SELECT ?, value FROM json_each(?)",
  );
  const insertTargetsOf = db.prepare<[number, number]>(
    "INSERT OR IGNORE INTO change_target (change_id, trajectory_id) SELECT DISTINCT ?, trajectory_id FROM revision WHERE change_id = ?",
  );
  const countTargets = db.prepare<[number], number>("SELECT count(*) FROM change_target WHERE change_id = ?").pluck();
  const nextTargets = db
    .prepare<[number, number], number>("SELECT trajectory_id FROM change_target WHERE change_id = ? ORDER BY trajectory_id LIMIT ?")
    .pluck();
  const deleteTarget = db.prepare<[number, number]>("DELETE FROM change_target WHERE change_id = ? AND trajectory_id = ?");
  const deleteTargets = db.prepare<[number]>("DELETE FROM change_target WHERE change_id = ?");
  const insertSkip = db.prepare<[number, number, string]>(
    "INSERT OR REPLACE INTO change_skip (change_id, trajectory_id, reason) VALUES (?, ?, ?)",
  );
  const selectSkips = db.prepare<[number, number], { trajectory_id: number; reason: string }>(
    "SELECT trajectory_id, reason FROM change_skip WHERE change_id = ? ORDER BY trajectory_id LIMIT ?",
  );
  const selectState = db.prepare<[number], StateRow & { revision: number }>(
    `SELECT revision, ${STATE_COLUMNS} FROM trajectory WHERE id = ?`,
  );
  const selectRevisionState = db.prepare<[number, number], StateRow>(
    `SELECT ${STATE_COLUMNS} FROM revision WHERE trajectory_id = ? AND number = ?`,
  );
  const updateTrajectory = db.prepare<[number, number, number, number, number | null, number | null, number, number]>(
    "UPDATE trajectory SET revision = ?, content_id = ?, split = ?, status = ?, assignee_id = ?, annotations_id = ?, removed = ? WHERE id = ?",
  );
  const insertRevision = db.prepare(
    `INSERT INTO revision (trajectory_id, number, author, reason, at, change_id, ${STATE_COLUMNS}, sequence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${NEXT_SEQUENCE})`,
  );
  const revisionsOfChange = db.prepare<[number, number], { first: number | null; last: number | null }>(
    "SELECT min(number) AS first, max(number) AS last FROM revision WHERE change_id = ? AND trajectory_id = ?",
  );
  const selectHistory = db.prepare<[number], HistoryRow>(
    `SELECT number, author, reason, at, change_id, ${STATE_COLUMNS} FROM revision WHERE trajectory_id = ? ORDER BY number`,
  );
  const selectStates = db.prepare<[number], HistoryRow & { hash: Buffer }>(
    `SELECT r.author, r.at, r.content_id, r.split, r.status, r.assignee_id, r.annotations_id, r.removed, c.hash
     FROM revision r JOIN content c ON c.id = r.content_id WHERE r.trajectory_id = ? ORDER BY r.number`,
  );
  const lastContentAuthor = db
    .prepare<[number, number], string>(
      `SELECT r.author FROM revision r JOIN revision b ON b.trajectory_id = r.trajectory_id AND b.number = r.number - 1
       WHERE r.trajectory_id = ? AND r.number > ? AND r.content_id <> b.content_id ORDER BY r.number DESC LIMIT 1`,
    )
    .pluck();

  const find = (id: number): StoredChange => {
    const row = select.get(id);
    if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "change", id });
    return changeOf(row);
  };

  return {
    /** Writes: a change that is being applied. Returns its number. Call inside a transaction. */
    start({ kind, title, author, reason, at, request, operation, of }: NewChange): number {
      const stored = operation === undefined ? null : JSON.stringify(operation);
      return Number(insert.run(request ?? null, kind, title, author, reason, at, stored, of ?? null).lastInsertRowid);
    },

    /** Reads only: a change; throws `E_NOT_FOUND`. */
    get: find,

    /** Reads only: the change that a request made, or null. */
    byRequest(request: string): StoredChange | null {
      const row = selectByRequest.get(request);
      return row === undefined ? null : changeOf(row);
    },

    /** Reads only: newest first, older than `before`. */
    recent(limit: number, before = Number.MAX_SAFE_INTEGER): readonly StoredChange[] {
      return selectRecent.all(before, limit).map(changeOf);
    },

    /** Reads only: changes that a kill left unfinished, and those at work now. */
    applying(): readonly StoredChange[] {
      return selectApplying.all().map(changeOf);
    },

    /** Reads only: what `author` would undo, or make again; null where there is nothing. */
    next(author: string, direction: "undo" | "redo"): StoredChange | null {
      const row = (direction === "undo" ? undoable : redoable).get(author);
      return row === undefined ? null : changeOf(row);
    },

    /** Writes: what the change is to be applied to. */
    choose(changeId: number, trajectories: Iterable<number>): void {
      insertTargets.run(changeId, JSON.stringify([...trajectories]));
    },

    /** Writes: to all that another change has touched. */
    chooseTouched(changeId: number, other: number): void {
      insertTargetsOf.run(changeId, other);
    },

    /** Reads only: how many of the chosen are still to do. */
    numLeft(changeId: number): number {
      return countTargets.get(changeId)!;
    },

    /** Reads only: the next of them. */
    nextTargets(changeId: number, limit: number): readonly number[] {
      return nextTargets.all(changeId, limit);
    },

    /** Reads only: a trajectory's state now; throws `E_NOT_FOUND`. */
    state(trajectory: number): TrajectoryState & { readonly revision: number } {
      const row = selectState.get(trajectory);
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "trajectory", id: trajectoryIdOf(trajectory) });
      return { ...stateOf(row), revision: row.revision };
    },

    /** Reads only: the state of one that is there for a person; throws `E_NOT_FOUND`, `E_TAKEN_BACK`. */
    presentState(trajectory: number): TrajectoryState & { readonly revision: number } {
      const state = this.state(trajectory);
      if (state.isRemoved) throw new AppError("E_TAKEN_BACK", { trajectory: trajectoryIdOf(trajectory) });
      return state;
    },

    /** Reads only: its state in a revision; throws `E_NOT_FOUND`. */
    stateAt(trajectory: number, revision: number): TrajectoryState {
      const row = selectRevisionState.get(trajectory, revision);
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "revision", id: `${revision} of ${trajectoryIdOf(trajectory)}` });
      return stateOf(row);
    },

    /** Reads only: what a change did to a trajectory: its state before and after. Null where it left it alone. */
    effect(changeId: number, trajectory: number): { readonly before: TrajectoryState; readonly after: TrajectoryState } | null {
      const { first, last } = revisionsOfChange.get(changeId, trajectory)!;
      if (first === null || last === null) return null;
      const after = this.stateAt(trajectory, last);
      // before its first revision it was not there
      return { before: first === 1 ? { ...after, isRemoved: true } : this.stateAt(trajectory, first - 1), after };
    },

    /** Reads only: who changed the content of a trajectory last since a revision, or null. */
    contentAuthorSince(trajectory: number, revision: number): string | null {
      return lastContentAuthor.get(trajectory, revision) ?? null;
    },

    /** Writes: a new revision of one of the chosen trajectories, or leaves it alone where nothing differs. Returns whether it did. */
    revise(change: Pick<StoredChange, "id" | "author" | "reason" | "at">, trajectory: number, next: TrajectoryState): boolean {
      deleteTarget.run(change.id, trajectory);
      const now = this.state(trajectory);
      if (changedFields(now, next).length === 0) return false;
      const number = now.revision + 1;
      const split = SPLITS.indexOf(next.split);
      const status = STATUSES.indexOf(next.status);
      const { contentId, assigneeId, annotationsId, isRemoved } = next;
      const removed = isRemoved ? 1 : 0;
      insertRevision.run(
        ...[trajectory, number, change.author, change.reason, change.at, change.id],
        ...[contentId, split, status, assigneeId, annotationsId, removed],
      );
      updateTrajectory.run(number, contentId, split, status, assigneeId, annotationsId, removed, trajectory);
      count.run(1, 0, trajectory, change.id);
      return true;
    },

    /** Writes: that the change brought a trajectory into being. */
    wrote(changeId: number, trajectory: number): void {
      count.run(1, 0, trajectory, changeId);
    },

    /** Writes: that the change leaves a chosen trajectory as it is, and why. */
    skip(changeId: number, trajectory: number, reason: string): void {
      deleteTarget.run(changeId, trajectory);
      insertSkip.run(changeId, trajectory, reason);
      count.run(0, 1, trajectory, changeId);
    },

    /** Reads only: the first of the trajectories it left alone. */
    skipped(changeId: number, limit: number): readonly { readonly trajectoryId: string; readonly reason: string }[] {
      return selectSkips.all(changeId, limit).map((row) => ({ trajectoryId: trajectoryIdOf(row.trajectory_id), reason: row.reason }));
    },

    /** Writes: that the change is done, or has been stopped: what it did stays and can be undone. */
    finish(changeId: number): void {
      const { kind, author, of, numTrajectories } = find(changeId);
      deleteTargets.run(changeId);
      finish.run(changeId);
      if (kind === "undo") setState.run("undone", of!);
      else if (kind === "redo") setState.run("applied", of!);
      else if (numTrajectories > 0) supersede.run(author);
    },

    /** Reads only: every state a trajectory had, oldest first. */
    states(trajectory: number): readonly HistoricState[] {
      return selectStates.all(trajectory).map((row) => ({
        author: row.author,
        at: row.at,
        contentHash: row.hash.toString("hex"),
        state: stateOf(row),
      }));
    },

    /** Reads only: the history of a trajectory, oldest first. */
    history(trajectory: number): readonly RevisionEntry[] {
      const rows = selectHistory.all(trajectory);
      return rows.map((row, i): RevisionEntry => {
        const state = stateOf(row);
        const change = row.change_id === null ? null : find(row.change_id);
        return {
          number: row.number,
          author: row.author,
          reason: row.reason,
          at: row.at,
          change: change && pick(change),
          changed: i === 0 ? [] : changedFields(stateOf(rows[i - 1]!), state),
          split: state.split,
          status: state.status,
          assignee: annotators.nameOf(state.assigneeId),
          isRemoved: state.isRemoved,
        };
      });
    },
  };
}

const pick = ({ id, kind, title, state, numTrajectories }: StoredChange) => ({ id, kind, title, state, numTrajectories });

/** Where each field of a state lies. */
const VALUE: Readonly<Record<StateField, keyof TrajectoryState>> = {
  content: "contentId",
  split: "split",
  status: "status",
  assignee: "assigneeId",
  annotations: "annotationsId",
  presence: "isRemoved",
};

export function changedFields(before: TrajectoryState, after: TrajectoryState): StateField[] {
  return STATE_FIELDS.filter((field) => before[VALUE[field]] !== after[VALUE[field]]);
}

const stateOf = (row: StateRow): TrajectoryState => ({
  contentId: row.content_id,
  split: SPLITS[row.split]!,
  status: STATUSES[row.status]!,
  assigneeId: row.assignee_id,
  annotationsId: row.annotations_id,
  isRemoved: row.removed === 1,
});

function changeOf(row: ChangeRow): StoredChange {
  const { id, kind, title, author, reason, at, state, of } = row;
  return {
    id,
    kind,
    title,
    author,
    reason,
    at,
    state,
    numTrajectories: row.num_trajectories,
    numSkipped: row.num_skipped,
    firstTrajectory: row.first_trajectory === null ? null : trajectoryIdOf(row.first_trajectory),
    of,
    operation: row.operation === null ? null : (JSON.parse(row.operation) as StoredOperation),
  };
}
