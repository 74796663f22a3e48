/** @file Conflicts that a merge found: theirs is kept beside ours until somebody chooses. */
import type { MergedField } from "#contracts/merging.ts";
import { AppError } from "#contracts/errors.ts";
import type { Db } from "./openDatabase.ts";

export interface NewConflict {
  readonly trajectory: number;
  readonly changeId: number;
  readonly author: string;
  readonly field: MergedField;
  /** Content and annotations by their ids here, the rest in words. */
  readonly theirs: string;
  readonly at: string;
}

export interface StoredConflict extends NewConflict {
  readonly id: number;
  readonly resolution: "mine" | "theirs" | null;
}

const COLUMNS = "id, trajectory_id AS trajectory, change_id AS changeId, author, field, theirs, at, resolution";

export type ConflictRepository = ReturnType<typeof conflictRepository>;

export function conflictRepository(db: Db) {
  const insert = db.prepare<[number, number, string, string, string, string]>(
    "INSERT OR IGNORE INTO conflict (trajectory_id, change_id, author, field, theirs, at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const select = db.prepare<[number], StoredConflict>(`SELECT ${COLUMNS} FROM conflict WHERE id = ?`);
  const selectOpen = db.prepare<[number, number], StoredConflict>(
    `SELECT ${COLUMNS} FROM conflict WHERE resolution IS NULL ORDER BY trajectory_id, id LIMIT ? OFFSET ?`,
  );
  const countOpen = db.prepare<[], number>("SELECT count(*) FROM conflict WHERE resolution IS NULL").pluck();
  const resolve = db.prepare<["mine" | "theirs", number]>("UPDATE conflict SET resolution = ? WHERE id = ?");

  return {
    /** Writes: a conflict, unless the same one is open. */
    add({ trajectory, changeId, author, field, theirs, at }: NewConflict): void {
      insert.run(trajectory, changeId, author, field, theirs, at);
    },
    /** Reads only: one conflict; throws `E_NOT_FOUND`. */
    get(id: number): StoredConflict {
      const conflict = select.get(id);
      if (conflict === undefined) throw new AppError("E_NOT_FOUND", { what: "conflict", id });
      return conflict;
    },
    /** Reads only: those that nobody has settled. */
    open(offset: number, limit: number): { readonly total: number; readonly rows: readonly StoredConflict[] } {
      return { total: countOpen.get()!, rows: selectOpen.all(limit, offset) };
    },
    /** Writes: which side was chosen. */
    resolve(id: number, side: "mine" | "theirs"): void {
      resolve.run(side, id);
    },
  };
}
