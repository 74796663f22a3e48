/** @file What somebody was writing when the page went away: one draft a person and trajectory. */
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import type { Db } from "./openDatabase.ts";
import { takeTurn, type WriteTurn } from "./writeTurn.ts";

export interface Draft {
  /** The revision that was being edited. */
  readonly baseRevision: number;
  readonly content: TrajectoryContent;
  readonly at: string;
}

export type DraftRepository = ReturnType<typeof draftRepository>;

export function draftRepository(db: Db, turn: WriteTurn) {
  const upsert = db.prepare<[number, string, number, string, string]>(
    "INSERT OR REPLACE INTO draft (trajectory_id, author, base_revision, content, at) VALUES (?, ?, ?, ?, ?)",
  );
  const select = db.prepare<[number, string], { base_revision: number; content: string; at: string }>(
    "SELECT base_revision, content, at FROM draft WHERE trajectory_id = ? AND author = ?",
  );
  const remove = db.prepare<[number, string]>("DELETE FROM draft WHERE trajectory_id = ? AND author = ?");
  const selectAll = db.prepare<[string], { trajectory_id: number; at: string }>(
    "SELECT trajectory_id, at FROM draft WHERE author = ? ORDER BY at DESC",
  );

  return {
    /** Writes. */
    save(trajectory: number, author: string, { baseRevision, content, at }: Draft): void {
      takeTurn(turn, () => upsert.run(trajectory, author, baseRevision, JSON.stringify(content), at));
    },
    /** Reads only: the draft, or null. */
    get(trajectory: number, author: string): Draft | null {
      const row = select.get(trajectory, author);
      if (row === undefined) return null;
      return { baseRevision: row.base_revision, content: JSON.parse(row.content) as TrajectoryContent, at: row.at };
    },
    /** Writes. */
    remove(trajectory: number, author: string): void {
      takeTurn(turn, () => remove.run(trajectory, author));
    },
    /** Reads only: an author's drafts, newest first. */
    list(author: string): readonly { readonly trajectory: number; readonly at: string }[] {
      return selectAll.all(author).map((row) => ({ trajectory: row.trajectory_id, at: row.at }));
    },
  };
}
