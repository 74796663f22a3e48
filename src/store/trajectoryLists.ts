/**
 * @file Filtered lists of trajectories: how many, which ones at an offset, where one of them lies, and counts beside the filter.
 *
 * All of it comes from columns in memory. What a filter lets through is kept until something it could depend on changes: scrolling
 * through it costs nothing more.
 */
import type { TrajectoryFacets, TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { annotationColumns } from "./annotationColumns.ts";
import type { AnnotatorRepository } from "./annotators.ts";
import { contentColumns } from "./contentColumns.ts";
import { editorColumns } from "./editorColumns.ts";
import { facetCounts } from "./facetCounts.ts";
import { conditionsOf, passes, type FilterSources } from "./filterConditions.ts";
import { numberOfId } from "./ids.ts";
import { keptSearches } from "./keptSearches.ts";
import type { Db } from "./openDatabase.ts";
import type { SearchIndex } from "./searchIndex.ts";
import { toolColumns } from "./toolColumns.ts";
import { placeOf, trajectoryColumns, type Columns } from "./trajectoryColumns.ts";

export interface TrajectoryList {
  readonly total: number;
  /** Numbers of the trajectories on the page. */
  readonly numbers: readonly number[];
}

interface KeptList {
  readonly version: string;
  /** Numbers of all trajectories that pass, ascending. */
  readonly numbers: Int32Array;
}

interface KeptCounts {
  readonly version: string;
  readonly facets: TrajectoryFacets;
}

const KEPT_LISTS = 12;
const KEPT_COUNTS = 6;
/** Rows that are read in some twenty milliseconds. */
const WARMED_AT_ONCE = 8_000;

export type TrajectoryLists = ReturnType<typeof trajectoryLists>;

export function trajectoryLists(db: Db, search: SearchIndex, annotators: AnnotatorRepository) {
  const sourceId = db.prepare<[string], number>("SELECT id FROM source WHERE name = ?").pluck();
  const sourceNames = db.prepare<[], { id: number; name: string }>("SELECT id, name FROM source");
  const ofTrajectories = trajectoryColumns(db);
  const ofContents = contentColumns(db);
  const ofAnnotations = annotationColumns(db);
  const ofEditors = editorColumns(db);
  const { read: readColumns } = ofTrajectories;
  const { read: readContents } = ofContents;
  const { read: readAnnotations } = ofAnnotations;
  const readTools = toolColumns(db);
  const searchFor = keptSearches(search);
  const lists = new Map<string, KeptList>();
  const counts = new Map<string, KeptCounts>();

  const sourcesOf = (columns: Columns): FilterSources => ({
    columns,
    contents: readContents,
    annotations: readAnnotations,
    tools: () => readTools(readContents()),
    editors: () => ofEditors.read(columns.version),
    sourceId: (name) => sourceId.get(name),
    annotatorId: (name) => annotators.numberOf(name),
    hits: searchFor,
  });
  const versionOf = (columns: Columns): string => `${columns.version}/${readContents().version}/${search.version()}`;
  const numbersOf = (filter: TrajectoryFilter): Int32Array => {
    const columns = readColumns();
    const key = JSON.stringify(filter);
    const version = versionOf(columns);
    const known = lists.get(key);
    if (known?.version === version) return known.numbers;
    const conditions = conditionsOf(filter, sourcesOf(columns));
    const numbers = new Int32Array(columns.length);
    let total = 0;
    for (let i = 0; i < columns.length; i++) if (passes(conditions, i)) numbers[total++] = columns.ids[i]!;
    lists.delete(key);
    lists.set(key, { version, numbers: numbers.subarray(0, total) });
    if (lists.size > KEPT_LISTS) lists.delete(lists.keys().next().value!);
    return numbers.subarray(0, total);
  };

  /** What is taken back is in no list, whoever held on to it. */
  const thoseThere = (kept: readonly number[]): readonly number[] => {
    if (kept.length === 0) return kept;
    const { ids, length } = readColumns();
    return kept.filter((number) => length > 0 && ids[placeOf(ids, length, number)] === number);
  };

  return {
    /** Reads only: the page of a filtered list, in order of id. What is named in `keep` stays in it, whatever became of it. */
    page(filter: TrajectoryFilter, offset: number, limit: number, keep: readonly number[] = []): TrajectoryList {
      const numbers = withKept(numbersOf(filter), thoseThere(keep));
      return { total: numbers.length, numbers: [...numbers.subarray(offset, Math.min(numbers.length, offset + limit))] };
    },

    /** Reads only: how many pass a filter. */
    count(filter: TrajectoryFilter): number {
      return numbersOf(filter).length;
    },

    /** Reads only: how many trajectories precede one in a filtered list; null where the filter leaves it out. */
    offsetOf(id: string, filter: TrajectoryFilter, keep: readonly number[] = []): number | null {
      const number = numberOfId("trajectory", id);
      const numbers = withKept(numbersOf(filter), thoseThere(keep));
      if (number === null || numbers.length === 0) return null;
      const place = placeOf(numbers, numbers.length, number);
      return numbers[place] === number ? place : null;
    },

    /** Reads only: counts of the values that the list can be filtered by, and of what each condition leaves out. */
    facets(filter: TrajectoryFilter): TrajectoryFacets {
      const columns = readColumns();
      const key = JSON.stringify(filter);
      const version = versionOf(columns);
      const known = counts.get(key);
      if (known?.version === version) return known.facets;
      const conditions = conditionsOf(filter, sourcesOf(columns));
      const names = new Map(sourceNames.all().map(({ id, name }) => [id, name]));
      const facets = facetCounts(conditions, {
        columns,
        contents: readContents(),
        annotations: readAnnotations(),
        names: { source: (id) => names.get(id), annotator: (id) => annotators.nameOf(id) },
      });
      counts.delete(key);
      counts.set(key, { version, facets });
      if (counts.size > KEPT_COUNTS) counts.delete(counts.keys().next().value!);
      return facets;
    },

    /** Reads only: what the catalogue of tools is counted from. */
    toolSources() {
      const columns = readColumns();
      const contents = readContents();
      return { columns, contents, tools: readTools(contents), version: `${columns.version}/${contents.version}` };
    },

    /** Reads only: differs whenever a trajectory has other labels or notes than before. */
    annotationsKey(): string {
      const { length, ids, annotations } = readColumns();
      let key = 0x811c9dc5;
      for (let i = 0; i < length; i++) {
        // FNV-1a
        if (annotations[i]! > 0) for (const number of [ids[i]!, annotations[i]!]) key = Math.imul(key ^ number, 0x01000193);
      }
      return `${length}/${key >>> 0}`;
    },

    /**
     * Reads only: brings the next stretch of the columns into memory, so that the first question finds them there; false once all are. A
     * question in between reads the rest at once.
     */
    warmSome(): boolean {
      if (ofTrajectories.readSome(WARMED_AT_ONCE)) return true;
      const { version } = readColumns();
      return ofContents.readSome(WARMED_AT_ONCE) || ofAnnotations.readSome(WARMED_AT_ONCE) || ofEditors.readSome(version, WARMED_AT_ONCE);
    },
  };
}

/** Ascending numbers with others among them. */
function withKept(numbers: Int32Array, keep: readonly number[]): Int32Array {
  if (keep.length === 0) return numbers;
  const missing = [...new Set(keep)].filter(
    (number) => numbers.length === 0 || numbers[placeOf(numbers, numbers.length, number)] !== number,
  );
  if (missing.length === 0) return numbers;
  const all = new Int32Array(numbers.length + missing.length);
  all.set(numbers);
  all.set(missing, numbers.length);
  return all.sort();
}
