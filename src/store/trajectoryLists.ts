/**
 * @file Filtered lists of trajectories: how many, which ones at an offset, where one of them lies, and counts by source and split.
 *
 * Without a search text everything comes from narrow indexes. A search runs once and its result, three numbers a trajectory, is kept
 * until the database changes: scrolling through it and counting it cost nothing more.
 */
import type { Facet, TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import { numberOfId } from "./ids.ts";
import type { Db } from "./openDatabase.ts";
import type { SearchIndex } from "./searchIndex.ts";

/** Aligned columns, ordered by id. */
interface Matches {
  readonly ids: Int32Array;
  readonly sources: Int32Array;
  readonly splits: Uint8Array;
}

interface Conditions {
  /** -1: of a source that does not exist. */
  readonly source: number | null;
  readonly split: number | null;
}

export interface TrajectoryList {
  readonly total: number;
  /** Numbers of the trajectories on the page. */
  readonly numbers: readonly number[];
}

const REMEMBERED_SEARCHES = 4;

export type TrajectoryLists = ReturnType<typeof trajectoryLists>;

export function trajectoryLists(db: Db, search: SearchIndex) {
  const sourceId = db.prepare<[string], number>("SELECT id FROM source WHERE name = ?").pluck();
  const sourceNames = db.prepare<[], { id: number; name: string }>("SELECT id, name FROM source");
  const countGroups = db.prepare<[], { source_id: number; split: number; count: number }>(
    "SELECT source_id, split, count(*) AS count FROM trajectory GROUP BY source_id, split",
  );
  const ownChanges = db.prepare<[], number>("SELECT total_changes()").pluck();
  /** Changes whenever this connection or another one has written. */
  const version = (): string => `${ownChanges.get()}/${String(db.pragma("data_version", { simple: true }))}`;

  const searches = new Map<string, Matches>();
  let searchedAt = "";
  let groups: readonly { source_id: number; split: number; count: number }[] = [];
  let groupedAt = "";

  const matchesOf = (text: string): Matches => {
    const now = version();
    if (searchedAt !== now) searches.clear();
    searchedAt = now;
    const known = searches.get(text);
    if (known !== undefined) return known;
    const found = find(db, search.condition(text));
    searches.set(text, found);
    if (searches.size > REMEMBERED_SEARCHES) searches.delete(searches.keys().next().value!);
    return found;
  };
  const groupCounts = () => {
    const now = version();
    if (groupedAt !== now) groups = countGroups.all();
    groupedAt = now;
    return groups;
  };
  const conditionsOf = (filter: TrajectoryFilter): Conditions => ({
    source: filter.source === undefined ? null : (sourceId.get(filter.source) ?? -1),
    split: filter.split === undefined ? null : SPLITS.indexOf(filter.split),
  });

  return {
    /** Reads only: the page of a filtered list, in order of id. */
    page(filter: TrajectoryFilter, offset: number, limit: number): TrajectoryList {
      const conditions = conditionsOf(filter);
      const text = filter.text?.trim() ?? "";
      if (text !== "") {
        const { ids } = restricted(matchesOf(text), conditions);
        return { total: ids.length, numbers: [...ids.subarray(offset, offset + limit)] };
      }
      const { sql, params } = where(conditions);
      const numbers = db.prepare<number[], number>(`SELECT id FROM trajectory ${sql} ORDER BY id LIMIT ? OFFSET ?`).pluck();
      const total = groupCounts().reduce((sum, g) => sum + (holds(conditions, g.source_id, g.split) ? g.count : 0), 0);
      return { total, numbers: numbers.all(...params, limit, offset) };
    },

    /** Reads only: how many trajectories precede one in a filtered list; null where the filter leaves it out. */
    offsetOf(id: string, filter: TrajectoryFilter): number | null {
      const number = numberOfId("trajectory", id);
      if (number === null) return null;
      const conditions = conditionsOf(filter);
      const text = filter.text?.trim() ?? "";
      if (text !== "") {
        const at = restricted(matchesOf(text), conditions).ids.indexOf(number);
        return at < 0 ? null : at;
      }
      const { sql, params } = where(conditions, "id = ?");
      if (db.prepare(`SELECT 1 FROM trajectory ${sql}`).get(...params, number) === undefined) return null;
      const before = where(conditions, "id < ?");
      return Number(
        db
          .prepare(`SELECT count(*) FROM trajectory ${before.sql}`)
          .pluck()
          .get(...before.params, number),
      );
    },

    /** Reads only: counts by source and by split, each under all conditions but its own. */
    facets(filter: TrajectoryFilter): { readonly sources: readonly Facet[]; readonly splits: readonly Facet[] } {
      const conditions = conditionsOf(filter);
      const text = filter.text?.trim() ?? "";
      const counts = text === "" ? groupCounts() : grouped(matchesOf(text));
      const bySource = new Map<number, number>();
      const bySplit = new Map<number, number>();
      for (const { source_id, split, count } of counts) {
        if (conditions.split === null || conditions.split === split) bySource.set(source_id, (bySource.get(source_id) ?? 0) + count);
        if (conditions.source === null || conditions.source === source_id) bySplit.set(split, (bySplit.get(split) ?? 0) + count);
      }
      const names = new Map(sourceNames.all().map(({ id, name }) => [id, name]));
      return {
        sources: [...bySource].sort(([a], [b]) => a - b).map(([id, count]) => ({ value: names.get(id)!, count })),
        splits: SPLITS.flatMap((value, i) => (bySplit.has(i) ? [{ value, count: bySplit.get(i)! }] : [])),
      };
    },
  };
}

function find(db: Db, condition: { readonly sql: string; readonly params: readonly string[] } | null): Matches {
  const rows =
    condition === null
      ? []
      : (db
          .prepare(
            `SELECT t.id, t.source_id, t.split FROM trajectory t JOIN content c ON c.id = t.content_id WHERE ${condition.sql} ORDER BY t.id`,
          )
          .raw()
          .all(...condition.params) as [number, number, number][]);
  const matches = { ids: new Int32Array(rows.length), sources: new Int32Array(rows.length), splits: new Uint8Array(rows.length) };
  rows.forEach(([id, source, split], i) => {
    matches.ids[i] = id;
    matches.sources[i] = source;
    matches.splits[i] = split;
  });
  return matches;
}

function holds({ source, split }: Conditions, itsSource: number, itsSplit: number): boolean {
  return (source === null || source === itsSource) && (split === null || split === itsSplit);
}

function restricted(matches: Matches, conditions: Conditions): { readonly ids: Int32Array } {
  if (conditions.source === null && conditions.split === null) return matches;
  return { ids: matches.ids.filter((_, i) => holds(conditions, matches.sources[i]!, matches.splits[i]!)) };
}

function grouped(matches: Matches): { source_id: number; split: number; count: number }[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < matches.ids.length; i++) {
    const key = matches.sources[i]! * SPLITS.length + matches.splits[i]!;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => ({ source_id: Math.floor(key / SPLITS.length), split: key % SPLITS.length, count }));
}

function where({ source, split }: Conditions, also?: string): { readonly sql: string; readonly params: readonly number[] } {
  const conditions = [
    ...(source === null ? [] : ["source_id = ?"]),
    ...(split === null ? [] : ["split = ?"]),
    ...(also === undefined ? [] : [also]),
  ];
  return {
    sql: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`,
    params: [source, split].filter((value) => value !== null),
  };
}
