/**
 * @file The full-text index over turns. Contents are append-only, so the index is too: it covers all contents up to a number, and
 * is continued from there by a job.
 */
import { searchTextOf } from "./contentCodec.ts";
import { trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";
import { termFrequency } from "./termFrequency.ts";
import { quotedTerm } from "./searchTerms.ts";
import { systemColumn } from "./systemColumn.ts";
import { searchTerms } from "#contracts/searchText.ts";
import type { TrajectoryId } from "#contracts/trajectory.ts";

export interface IndexProgress {
  /** Contents in the index, and contents there are. */
  readonly done: number;
  readonly total: number;
}

export interface SimilarTrajectory {
  readonly trajectoryId: TrajectoryId;
  readonly contentId: number;
  readonly title: string;
  /** BM25, higher is closer; comparable within one search only. */
  readonly score: number;
}

/** Hits of other splits, and those left out, fall away after ranking. */
const HITS_PER_RESULT = 8;
const INDEXED = "search.lastContent";
const INDEXED_SYSTEM = "search.lastSystemPart";

export type SearchIndex = ReturnType<typeof searchIndex>;

export function searchIndex(db: Db) {
  const setting = db.prepare<[string], string>("SELECT value FROM setting WHERE key = ?").pluck();
  const setSetting = db.prepare<[string, string]>("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)");
  const lastContent = db.prepare<[], number | null>("SELECT max(id) FROM content").pluck();
  const lastSystemPart = db.prepare<[], number | null>("SELECT max(id) FROM part").pluck();
  const nextContents = db.prepare<[number, number], { id: number; body: string }>(
    "SELECT id, body FROM content WHERE id > ? ORDER BY id LIMIT ?",
  );
  const nextSystemParts = db.prepare<[number, number], { id: number; kind: string; body: string }>(
    "SELECT id, kind, body FROM part WHERE id > ? ORDER BY id LIMIT ?",
  );
  const insertTurns = db.prepare<[number, string]>("INSERT INTO turn_text (rowid, text) VALUES (?, ?)");
  const insertSystem = db.prepare<[number, string]>("INSERT INTO system_text (rowid, text) VALUES (?, ?)");
  const findSystem = db.prepare<[string], number>("SELECT rowid FROM system_text WHERE system_text MATCH ?").pluck();
  const findTurns = db.prepare<[string, number], number>("SELECT rowid FROM turn_text WHERE turn_text MATCH ? AND rowid > ?").pluck();
  const systemOf = systemColumn(db);
  const selectSimilar = db.prepare<
    [string, number, string, string, number],
    { id: number; content_id: number; title: string; rank: number }
  >(`
    WITH hit AS MATERIALIZED (SELECT rowid AS content_id, rank FROM turn_text WHERE turn_text MATCH ? ORDER BY rank LIMIT ?)
    SELECT min(t.id) AS id, hit.content_id, c.title, hit.rank AS rank
    FROM hit JOIN trajectory t ON t.content_id = hit.content_id JOIN content c ON c.id = hit.content_id
    WHERE t.removed = 0 AND t.split IN (SELECT value FROM json_each(?)) AND t.id NOT IN (SELECT value FROM json_each(?))
    GROUP BY hit.content_id ORDER BY hit.rank LIMIT ?`);
  const frequency = termFrequency(db);

  const indexedUpTo = (key: string): number => Number(setting.get(key) ?? 0);

  return {
    /** Reads only: how far the index is; ids are dense, so they count. */
    progress(): IndexProgress {
      const total = lastContent.get() ?? 0;
      return { done: Math.min(indexedUpTo(INDEXED), total), total };
    },

    /** Reads only: false while a search may miss rows. */
    isComplete(): boolean {
      return indexedUpTo(INDEXED) >= (lastContent.get() ?? 0) && indexedUpTo(INDEXED_SYSTEM) >= (lastSystemPart.get() ?? 0);
    },

    /** Writes: the next contents, in one transaction. Returns false when there was nothing left. */
    indexNext(limit: number): boolean {
      return db
        .transaction(() => {
          // A content brings at most two parts, written before it: with all of them there, what matches among earlier contents stays as it was.
          const parts = nextSystemParts.all(indexedUpTo(INDEXED_SYSTEM), 2 * limit);
          for (const part of parts) if (part.kind === "system") insertSystem.run(part.id, part.body);
          if (parts.length > 0) setSetting.run(INDEXED_SYSTEM, String(parts.at(-1)!.id));
          const rows = nextContents.all(indexedUpTo(INDEXED), limit);
          for (const row of rows) insertTurns.run(row.id, searchTextOf(row.body));
          if (rows.length > 0) setSetting.run(INDEXED, String(rows.at(-1)!.id));
          return rows.length > 0 || parts.length > 0;
        })
        .immediate();
    },

    /** Reads only: whether a system text holds the term; it is then looked up by itself. */
    isInSystem: (term: string): boolean => findSystem.get(quotedTerm(term)) !== undefined,

    /**
     * Reads only: one byte a content, 1 where its turns hold all of the terms; of a single term also where its system text holds it, for
     * system texts are indexed once for all their trajectories. With an earlier result, looks through the contents that came since.
     */
    hitsOf(
      terms: readonly string[],
      earlier: { readonly hits: Uint8Array; readonly upTo: number } = { hits: new Uint8Array(), upTo: 0 },
    ): Uint8Array {
      const { upTo } = earlier;
      const hits = new Uint8Array(Math.max((lastContent.get() ?? 0) + 1, earlier.hits.length));
      hits.set(earlier.hits.subarray(0, upTo + 1));
      for (const id of findTurns.all(terms.map(quotedTerm).join(" AND "), upTo)) hits[id] = 1;
      const parts = terms.length === 1 ? findSystem.all(quotedTerm(terms[0]!)) : [];
      if (parts.length === 0) return hits;
      const systems = systemOf(hits.length - 1);
      const holds = new Uint8Array(Math.max(...parts) + 1);
      for (const part of parts) holds[part] = 1;
      for (let id = upTo + 1; id < hits.length; id++) if (holds[systems[id]!] === 1) hits[id] = 1;
      return hits;
    },

    /** Reads only: contents up to this one are in the index. */
    indexedUpTo(): number {
      return indexedUpTo(INDEXED);
    },

    /** Reads only: changes whenever the index has grown. */
    version(): string {
      return `${indexedUpTo(INDEXED)}/${indexedUpTo(INDEXED_SYSTEM)}`;
    },

    /** Reads only: those of the words that few texts hold, rarest first. */
    rare: (words: readonly string[]): readonly string[] => frequency.rare(words, indexedUpTo(INDEXED)),

    /** Reads only: trajectories whose turns hold most of the telling words, closest first; equal contents come once. */
    similar(
      words: readonly string[],
      options: { readonly limit: number; readonly splits?: readonly number[]; readonly without?: readonly number[] },
    ): readonly SimilarTrajectory[] {
      const terms = frequency.telling(words.flatMap((word) => searchTerms(`"${word.replaceAll('"', " ")}"`))).map(quotedTerm);
      if (terms.length === 0) return [];
      const numHits = options.limit * HITS_PER_RESULT;
      return selectSimilar
        .all(terms.join(" OR "), numHits, JSON.stringify(options.splits ?? [0]), JSON.stringify(options.without ?? []), options.limit)
        .map((row) => ({ trajectoryId: trajectoryIdOf(row.id), contentId: row.content_id, title: row.title, score: -row.rank }));
    },
  };
}
