/**
 * @file Filtered lists of trajectories: how many, which ones at an offset, where one of them lies, and counts by source and split.
 *
 * All of it comes from columns in memory. A full-text search runs once and is kept until trajectories or index change: scrolling
 * through its result and counting it cost nothing more.
 */
import type { Facet, TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import { numberOfId } from "./ids.ts";
import type { Db } from "./openDatabase.ts";
import type { SearchIndex } from "./searchIndex.ts";
import { trajectoryColumns, type Columns } from "./trajectoryColumns.ts";

export interface TrajectoryList {
  readonly total: number;
  /** Numbers of the trajectories on the page. */
  readonly numbers: readonly number[];
}

/** What a place in the columns has to satisfy. */
interface Conditions {
  /** -1: of a source that does not exist. */
  readonly source: number | null;
  readonly split: number | null;
  /** By content id; null: every content. */
  readonly hits: Uint8Array | null;
}

interface KeptSearch {
  readonly version: string;
  readonly hits: Uint8Array;
}

const KEPT_SEARCHES = 4;

export type TrajectoryLists = ReturnType<typeof trajectoryLists>;

export function trajectoryLists(db: Db, search: SearchIndex) {
  const sourceId = db.prepare<[string], number>("SELECT id FROM source WHERE name = ?").pluck();
  const sourceNames = db.prepare<[], { id: number; name: string }>("SELECT id, name FROM source");
  const readColumns = trajectoryColumns(db);
  const searches = new Map<string, KeptSearch>();

  const hitsOf = (text: string, columns: Columns): Uint8Array => {
    const version = `${columns.version}/${search.version()}`;
    const known = searches.get(text);
    if (known?.version === version) return known.hits;
    const hits = search.matching(text);
    searches.delete(text);
    searches.set(text, { version, hits });
    if (searches.size > KEPT_SEARCHES) searches.delete(searches.keys().next().value!);
    return hits;
  };
  const conditionsOf = (filter: TrajectoryFilter, columns: Columns): Conditions => {
    const text = filter.text?.trim() ?? "";
    return {
      source: filter.source === undefined ? null : (sourceId.get(filter.source) ?? -1),
      split: filter.split === undefined ? null : SPLITS.indexOf(filter.split),
      hits: text === "" ? null : hitsOf(text, columns),
    };
  };

  return {
    /** Reads only: the page of a filtered list, in order of id. */
    page(filter: TrajectoryFilter, offset: number, limit: number): TrajectoryList {
      const columns = readColumns();
      const conditions = conditionsOf(filter, columns);
      const numbers: number[] = [];
      let total = 0;
      for (let i = 0; i < columns.length; i++) {
        if (!holds(conditions, columns, i)) continue;
        if (total >= offset && numbers.length < limit) numbers.push(columns.ids[i]!);
        total++;
      }
      return { total, numbers };
    },

    /** Reads only: how many trajectories precede one in a filtered list; null where the filter leaves it out. */
    offsetOf(id: string, filter: TrajectoryFilter): number | null {
      const number = numberOfId("trajectory", id);
      const columns = readColumns();
      const conditions = conditionsOf(filter, columns);
      let before = 0;
      for (let i = 0; i < columns.length; i++) {
        if (!holds(conditions, columns, i)) continue;
        if (columns.ids[i] === number) return before;
        before++;
      }
      return null;
    },

    /** Reads only: counts by source and by split, each under all conditions but its own. */
    facets(filter: TrajectoryFilter): { readonly sources: readonly Facet[]; readonly splits: readonly Facet[] } {
      const columns = readColumns();
      const { source, split, hits } = conditionsOf(filter, columns);
      const bySource = new Map<number, number>();
      const bySplit = new Uint32Array(SPLITS.length);
      for (let i = 0; i < columns.length; i++) {
        if (hits !== null && hits[columns.contents[i]!] !== 1) continue;
        const itsSource = columns.sources[i]!;
        const itsSplit = columns.splits[i]!;
        if (split === null || split === itsSplit) bySource.set(itsSource, (bySource.get(itsSource) ?? 0) + 1);
        if (source === null || source === itsSource) bySplit[itsSplit]!++;
      }
      const names = new Map(sourceNames.all().map(({ id, name }) => [id, name]));
      return {
        sources: [...bySource].sort(([a], [b]) => a - b).map(([id, count]) => ({ value: names.get(id)!, count })),
        splits: SPLITS.flatMap((value, i) => (bySplit[i]! > 0 ? [{ value, count: bySplit[i]! }] : [])),
      };
    },
  };
}

function holds({ source, split, hits }: Conditions, columns: Columns, i: number): boolean {
  return (
    (source === null || source === columns.sources[i]) &&
    (split === null || split === columns.splits[i]) &&
    // Contents newer than the search have no byte.
    (hits === null || hits[columns.contents[i]!] === 1)
  );
}
