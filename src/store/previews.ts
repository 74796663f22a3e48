/** @file Previews of changes: written once by whoever walks the trajectories, read in pages, gone with the next few. */
import type { ContentHit, ContentOperation } from "#contracts/bulk.ts";
import { AppError } from "#contracts/errors.ts";
import type { PreviewCounts, PreviewRow } from "#contracts/preview.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import { trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

/** What was found for one trajectory. */
export interface PreviewFinding {
  readonly trajectory: number;
  readonly outcome: "same" | "changes" | "skipped";
  readonly exceptions: readonly string[];
  readonly hits: readonly ContentHit[];
}

export interface StoredPreview {
  readonly id: number;
  readonly operation: ContentOperation;
  readonly isDone: boolean;
  readonly numChosen: number;
  readonly counts: PreviewCounts;
  readonly numListed: number;
}

interface Row {
  readonly id: number;
  readonly operation: string;
  readonly done: number;
  readonly num_chosen: number;
  readonly counts: string;
}

const EXCEPTION = 0;
const HIT = 1;
const OUTCOMES = { same: 1, changes: 2, skipped: 3 } as const;
/** A window or two of the same workspace, each with a dialog open. */
const KEPT = 3;
/** Rows that a preview lists of each kind; all are counted. */
const MOST_LISTED = 100_000;
/** Of one trajectory, so that a page of text does not crowd out the others. */
const MOST_OF_ONE = 1000;
/** Rows removed at once: the lock is not held for longer than a page waits. */
const MOST_FORGOTTEN = 2000;

export const NO_COUNTS: PreviewCounts = {
  numWalked: 0,
  numChanged: 0,
  numSkipped: 0,
  numHits: 0,
  hitsByPart: {},
  numLeft: 0,
  changedBySplit: { train: 0, validation: 0, test: 0 },
};

export type PreviewRepository = ReturnType<typeof previewRepository>;

export function previewRepository(db: Db) {
  const insert = db.prepare<[string, string]>("INSERT INTO preview (operation, counts) VALUES (?, ?)");
  const select = db.prepare<[number], Row>("SELECT * FROM preview WHERE id = ?");
  const oldest = db.prepare<[number], number>("SELECT id FROM preview WHERE id <= ? ORDER BY id LIMIT 1").pluck();
  const deleteRows = db.prepare<[number, number, number]>(
    "DELETE FROM preview_row WHERE preview_id = ? AND position < (SELECT min(position) FROM preview_row WHERE preview_id = ?) + ?",
  );
  const deleteTargets = db.prepare<[number, number, number]>(
    `DELETE FROM preview_target WHERE preview_id = ? AND trajectory_id IN (SELECT trajectory_id FROM preview_target WHERE preview_id = ? LIMIT ?)`,
  );
  const deleteOne = db.prepare<[number]>("DELETE FROM preview WHERE id = ?");
  const deleteUnfinished = db.prepare<[]>("DELETE FROM preview WHERE done = 0");
  const insertTarget = db.prepare<[number, number]>("INSERT OR IGNORE INTO preview_target (preview_id, trajectory_id) VALUES (?, ?)");
  const setChosen = db.prepare<[number]>(
    "UPDATE preview SET num_chosen = (SELECT count(*) FROM preview_target WHERE preview_id = id) WHERE id = ?",
  );
  const nextTargets = db
    .prepare<[number, number, number], number>(
      "SELECT trajectory_id FROM preview_target WHERE preview_id = ? AND trajectory_id > ? ORDER BY trajectory_id LIMIT ?",
    )
    .pluck();
  const setOutcome = db.prepare<[number, number, number]>(
    "UPDATE preview_target SET outcome = ? WHERE preview_id = ? AND trajectory_id = ?",
  );
  const lastPosition = db
    .prepare<[number, number], number | null>("SELECT max(position) FROM preview_row WHERE preview_id = ? AND kind = ?")
    .pluck();
  const insertRow = db.prepare<[number, number, number, number, string]>(
    "INSERT INTO preview_row (preview_id, kind, position, trajectory_id, body) VALUES (?, ?, ?, ?, ?)",
  );
  const setCounts = db.prepare<[string, number, number]>("UPDATE preview SET counts = ?, done = ? WHERE id = ?");
  const selectRows = db.prepare<[number, number, number, number], { trajectory_id: number; split: number; body: string }>(
    `SELECT r.trajectory_id, t.split, r.body FROM preview_row r JOIN trajectory t ON t.id = r.trajectory_id
     WHERE r.preview_id = ? AND r.kind = ? AND r.position >= ? ORDER BY r.position LIMIT ?`,
  );
  const selectActing = db
    .prepare<[number], number>("SELECT trajectory_id FROM preview_target WHERE preview_id = ? AND outcome >= 2 ORDER BY trajectory_id")
    .pluck();

  const numRows = (id: number, kind: number): number => (lastPosition.get(id, kind) ?? -1) + 1;

  return {
    /** Writes: a preview to be made of these trajectories. Call inside a transaction. */
    start(operation: ContentOperation, trajectories: Iterable<number>): number {
      const id = Number(insert.run(JSON.stringify(operation), JSON.stringify(NO_COUNTS)).lastInsertRowid);
      for (const trajectory of trajectories) insertTarget.run(id, trajectory);
      setChosen.run(id);
      return id;
    },

    /** Reads only: throws `E_NOT_FOUND`. */
    get(id: number): StoredPreview {
      const row = select.get(id);
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "preview", id });
      return {
        id,
        operation: JSON.parse(row.operation) as ContentOperation,
        isDone: row.done === 1,
        numChosen: row.num_chosen,
        counts: JSON.parse(row.counts) as PreviewCounts,
        numListed: numRows(id, EXCEPTION) + numRows(id, HIT),
      };
    },

    /** Reads only: the next trajectories to look at. */
    nextTargets(id: number, after: number, limit: number): readonly number[] {
      return nextTargets.all(id, after, limit);
    },

    /** Writes: what was found, with the counts as they stand then. Call inside a transaction. */
    write(id: number, findings: readonly PreviewFinding[], counts: PreviewCounts): void {
      const next = { [EXCEPTION]: numRows(id, EXCEPTION), [HIT]: numRows(id, HIT) };
      const list = (kind: typeof EXCEPTION | typeof HIT, trajectory: number, body: unknown): void => {
        if (next[kind] < MOST_LISTED) insertRow.run(id, kind, next[kind]++, trajectory, JSON.stringify(body));
      };
      for (const { trajectory, outcome, exceptions, hits } of findings) {
        setOutcome.run(OUTCOMES[outcome], id, trajectory);
        for (const exception of exceptions) list(EXCEPTION, trajectory, exception);
        for (const hit of hits.slice(0, MOST_OF_ONE)) list(HIT, trajectory, hit);
      }
      setCounts.run(JSON.stringify(counts), 0, id);
    },

    /** Writes: that its counts are final. */
    finish(id: number, counts: PreviewCounts): void {
      setCounts.run(JSON.stringify(counts), 1, id);
    },

    /** Reads only: a page, exceptions first. */
    rows(id: number, offset: number, limit: number): readonly PreviewRow[] {
      const numExceptions = numRows(id, EXCEPTION);
      const exceptions = offset < numExceptions ? selectRows.all(id, EXCEPTION, offset, limit) : [];
      const left = limit - exceptions.length;
      const hits = left > 0 ? selectRows.all(id, HIT, Math.max(0, offset - numExceptions), left) : [];
      const place = (row: { trajectory_id: number; split: number }) => ({
        trajectoryId: trajectoryIdOf(row.trajectory_id),
        split: SPLITS[row.split]!,
      });
      return [
        ...exceptions.map((row) => ({ ...place(row), exception: JSON.parse(row.body) as string, hit: null })),
        ...hits.map((row) => ({ ...place(row), exception: null, hit: JSON.parse(row.body) as ContentHit })),
      ];
    },

    /** Reads only: trajectories that would change, or are left alone for a reason. */
    acting(id: number): readonly number[] {
      return selectActing.all(id);
    },

    /** Writes: forgets a few thousand rows of a preview that nobody looks at any more. Returns whether there was one. */
    forgetSome(newest: number): boolean {
      const id = oldest.get(newest - KEPT);
      if (id === undefined) return false;
      const { changes: numRowsGone } = deleteRows.run(id, id, MOST_FORGOTTEN);
      if (numRowsGone > 0 || deleteTargets.run(id, id, MOST_FORGOTTEN).changes > 0) return true;
      deleteOne.run(id);
      return true;
    },

    /** Writes: forgets what a kill left half made; it is made anew when it is wanted. */
    removeUnfinished(): void {
      deleteUnfinished.run();
    },
  };
}
