/**
 * @file What lists filter and count by, four numbers a trajectory, kept in memory: new trajectories are appended as they come.
 *
 * 200,000 trajectories take 3 MB. Every filter is then a walk over typed arrays instead of a query.
 */
import type { Db } from "./openDatabase.ts";

/** Aligned columns, ordered by id; good until the next refresh. */
export interface Columns {
  readonly length: number;
  readonly ids: Int32Array;
  readonly sources: Int32Array;
  readonly splits: Uint8Array;
  readonly contents: Int32Array;
  /** Differs whenever anything in the columns does. */
  readonly version: string;
}

const FIRST_CAPACITY = 4096;

export function trajectoryColumns(db: Db) {
  const newest = db.prepare<[], number | null>("SELECT max(id) FROM trajectory").pluck();
  const changes = db.prepare<[], string>("SELECT value FROM setting WHERE key = 'trajectory.changes'").pluck();
  const after = db
    .prepare<[number], [number, number, number, number]>("SELECT id, source_id, split, content_id FROM trajectory WHERE id > ? ORDER BY id")
    .raw();

  let capacity = 0;
  let length = 0;
  let ids = new Int32Array();
  let sources = new Int32Array();
  let splits = new Uint8Array();
  let contents = new Int32Array();
  let seenChanges: string | undefined;

  const reserve = (needed: number): void => {
    if (needed <= capacity) return;
    capacity = Math.max(FIRST_CAPACITY, needed, 2 * capacity);
    ids = grown(ids, new Int32Array(capacity));
    sources = grown(sources, new Int32Array(capacity));
    splits = grown(splits, new Uint8Array(capacity));
    contents = grown(contents, new Int32Array(capacity));
  };

  /** Reads only: the columns as the database is now. */
  return (): Columns => {
    const nowChanges = changes.get();
    if (nowChanges !== seenChanges) length = 0;
    seenChanges = nowChanges;
    const last = length === 0 ? 0 : ids[length - 1]!;
    if ((newest.get() ?? 0) > last) {
      const rows = after.all(last);
      reserve(length + rows.length);
      for (const [id, source, split, content] of rows) {
        ids[length] = id;
        sources[length] = source;
        splits[length] = split;
        contents[length++] = content;
      }
    }
    return { length, ids, sources, splits, contents, version: `${nowChanges ?? 0}/${length}` };
  };
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
