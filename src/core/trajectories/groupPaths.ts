/**
 * @file Puts the rows of one path back together.
 *
 * ToolBench explodes a path of k steps into k rows, each of which is the beginning of the next. Rows of a path stand next to or near
 * each other, so only the most recent paths are kept open; a row that comes later begins a path of its own. Rows that are equal are
 * two rows of the file and count twice: the second one begins a path as well.
 */

/** The bounds of what is held: paths, and characters of their longest rows together. */
export const MAX_OPEN_PATHS = 64;
export const MAX_OPEN_CHARACTERS = 32 * 1024 * 1024;

export interface PathItem {
  readonly from: string;
  readonly value: string;
}

export interface PathRow {
  readonly items: readonly PathItem[];
}

/** Rows in the order of the file; `items` are those of the longest. */
export interface Path<Row extends PathRow> {
  readonly items: readonly PathItem[];
  readonly rows: readonly Row[];
}

interface OpenPath<Row extends PathRow> {
  readonly key: string;
  items: readonly PathItem[];
  readonly rows: Row[];
  numCharacters: number;
}

export interface PathGrouper<Row extends PathRow> {
  /** `key` is equal for rows of one path and cheap to compare. Returns paths that are now closed. */
  push(key: string, row: Row): readonly Path<Row>[];
  finish(): readonly Path<Row>[];
}

export function createPathGrouper<Row extends PathRow>({
  maxPaths = MAX_OPEN_PATHS,
  maxCharacters = MAX_OPEN_CHARACTERS,
}: { readonly maxPaths?: number; readonly maxCharacters?: number } = {}): PathGrouper<Row> {
  /** In order of last use, the oldest first. */
  const open = new Set<OpenPath<Row>>();
  const byKey = new Map<string, OpenPath<Row>[]>();
  let numCharacters = 0;

  function push(key: string, row: Row): readonly Path<Row>[] {
    const candidates = byKey.get(key) ?? [];
    // the youngest first: rows of a path follow each other
    let path = candidates.findLast((candidate) => belongs(candidate, row));
    if (path === undefined) {
      path = { key, items: [], rows: [], numCharacters: 0 };
      byKey.set(key, [...candidates, path]);
    }
    path.rows.push(row);
    if (row.items.length > path.items.length) {
      const before = path.numCharacters;
      for (let i = path.items.length; i < row.items.length; i++) path.numCharacters += row.items[i]!.value.length;
      numCharacters += path.numCharacters - before;
      path.items = row.items;
    }
    open.delete(path);
    open.add(path);
    const closed: OpenPath<Row>[] = [];
    for (const oldest of open) {
      if (open.size <= maxPaths && numCharacters <= maxCharacters) break;
      close(oldest);
      closed.push(oldest);
    }
    return closed;
  }

  function close(path: OpenPath<Row>): void {
    open.delete(path);
    numCharacters -= path.numCharacters;
    const others = byKey.get(path.key)!.filter((other) => other !== path);
    if (others.length > 0) byKey.set(path.key, others);
    else byKey.delete(path.key);
  }

  function finish(): readonly Path<Row>[] {
    const rest = [...open];
    rest.forEach(close);
    return rest;
  }

  return { push, finish };
}

/** Whether the row is the beginning of the path or continues it, and its last turn is no row's yet. */
function belongs<Row extends PathRow>(path: OpenPath<Row>, row: Row): boolean {
  if (path.rows.some((other) => other.items.length === row.items.length)) return false;
  const shared = Math.min(path.items.length, row.items.length);
  // from the end: paths that differ usually differ late
  for (let i = shared - 1; i >= 0; i--) {
    const a = path.items[i]!;
    const b = row.items[i]!;
    if (a.from !== b.from || a.value !== b.value) return false;
  }
  return true;
}
