/**
 * @file What lists filter and count by, a few numbers a trajectory, kept in memory and brought up to date by the sequence of revisions.
 *
 * 200,000 trajectories take 5 MB. Every filter is then a walk over typed arrays instead of a query, and an edit costs one row.
 */
import type { Db } from "./openDatabase.ts";

/** Aligned columns, ordered by id; good until the next refresh. */
export interface Columns {
  readonly length: number;
  readonly ids: Int32Array;
  readonly sources: Int32Array;
  readonly splits: Uint8Array;
  readonly statuses: Uint8Array;
  readonly contents: Int32Array;
  /** 0: nobody. */
  readonly assignees: Int32Array;
  /** 0: none. */
  readonly annotations: Int32Array;
  readonly revisions: Int32Array;
  /** Differs whenever anything in the columns does: the number of the last revision. */
  readonly version: number;
}

type Row = [
  id: number,
  source: number,
  split: number,
  status: number,
  content: number,
  assignee: number,
  annotations: number,
  revision: number,
  removed: number,
];

const FIRST_CAPACITY = 4096;
/** Of rows: no limit. */
const ALL = -1;
const ROW = "id, source_id, split, status, content_id, coalesce(assignee_id, 0), coalesce(annotations_id, 0), revision, removed";

export function trajectoryColumns(db: Db) {
  const newest = db.prepare<[], number | null>("SELECT max(sequence) FROM revision").pluck();
  const after = db.prepare<[number, number], Row>(`SELECT ${ROW} FROM trajectory WHERE id > ? AND removed = 0 ORDER BY id LIMIT ?`).raw();
  const changed = db
    .prepare<[number, number], Row>(
      `SELECT ${ROW} FROM trajectory WHERE id <= ? AND id IN (SELECT trajectory_id FROM revision WHERE sequence > ?)`,
    )
    .raw();

  let capacity = 0;
  let length = 0;
  let version = 0;
  /** No row is older than this number of the sequence; equal to the version once all are read. */
  let since = 0;
  let ids = new Int32Array();
  let sources = new Int32Array();
  let splits = new Uint8Array();
  let statuses = new Uint8Array();
  let contents = new Int32Array();
  let assignees = new Int32Array();
  let annotations = new Int32Array();
  let revisions = new Int32Array();

  const reserve = (needed: number): void => {
    if (needed <= capacity) return;
    capacity = Math.max(FIRST_CAPACITY, needed, 2 * capacity);
    ids = grown(ids, new Int32Array(capacity));
    sources = grown(sources, new Int32Array(capacity));
    splits = grown(splits, new Uint8Array(capacity));
    statuses = grown(statuses, new Uint8Array(capacity));
    contents = grown(contents, new Int32Array(capacity));
    assignees = grown(assignees, new Int32Array(capacity));
    annotations = grown(annotations, new Int32Array(capacity));
    revisions = grown(revisions, new Int32Array(capacity));
  };
  const put = (i: number, [id, source, split, status, content, assignee, annotation, revision]: Row): void => {
    ids[i] = id;
    sources[i] = source;
    splits[i] = split;
    statuses[i] = status;
    contents[i] = content;
    assignees[i] = assignee;
    annotations[i] = annotation;
    revisions[i] = revision;
  };

  const lastId = (): number => (length === 0 ? 0 : ids[length - 1]!);
  const isInPlace = (row: Row): boolean => row.at(-1) === 0 && ids[placeOf(ids, length, row[0])] === row[0];
  const begin = (now: number): void => {
    if (now === since) return;
    // a changed row costs about what any other does
    const rowsChanged = now - since > length ? null : changed.all(lastId(), since);
    // one that is gone, or is back between others, moves all behind it
    if (rowsChanged?.every(isInPlace) === true) for (const row of rowsChanged) put(placeOf(ids, length, row[0]), row);
    else length = 0;
    since = now;
  };
  const append = (limit: number): number => {
    const rows = after.all(lastId(), limit);
    reserve(length + rows.length);
    for (const row of rows) put(length++, row);
    return rows.length;
  };

  return {
    /** Reads only: the columns as the database is now. */
    read(): Columns {
      const now = newest.get() ?? 0;
      if (now !== version) {
        begin(now);
        append(ALL);
        version = now;
      }
      return { length, ids, sources, splits, statuses, contents, assignees, annotations, revisions, version };
    },

    /** Reads only: a stretch of rows that are not there yet; false where there are none. */
    readSome(limit: number): boolean {
      const now = newest.get() ?? 0;
      if (now === version) return false;
      begin(now);
      return append(limit) === limit;
    },
  };
}

/** Where an id that is there lies in ascending ids; of one that is not there, a neighbour. */
export function placeOf(ids: Int32Array, length: number, id: number): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
