/** @file Who has revised which trajectory since its import, in memory: a byte a trajectory for each person, by trajectory id. */
import { withRoom } from "./growing.ts";
import type { Db } from "./openDatabase.ts";

export type Editors = ReadonlyMap<string, Uint8Array>;

export function editorColumns(db: Db) {
  const between = db
    .prepare<[number, number], [trajectory: number, author: string]>(
      "SELECT trajectory_id, author FROM revision WHERE sequence > ? AND sequence <= ? AND number > 1",
    )
    .raw();
  const editors = new Map<string, Uint8Array>();
  let seen = 0;

  /** Reads only: by author, as of a number of the sequence of revisions that the database has reached. */
  const read = (sequence: number): Editors => {
    if (sequence === seen) return editors;
    for (const [trajectory, author] of between.iterate(seen, sequence)) {
      const revised = withRoom(editors.get(author) ?? new Uint8Array(), trajectory + 1);
      revised[trajectory] = 1;
      editors.set(author, revised);
    }
    seen = sequence;
    return editors;
  };
  return {
    read,

    /** Reads only: a stretch of revisions that were not looked at yet, up to a number; false where there are none. */
    readSome(sequence: number, limit: number): boolean {
      read(Math.max(seen, Math.min(sequence, seen + limit)));
      return seen < sequence;
    },
  };
}
