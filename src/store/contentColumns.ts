/** @file Facts of contents in memory, by content id: 28 bytes a content, continued as facts are written. */
import { withRoom } from "./growing.ts";
import type { Db } from "./openDatabase.ts";

/** Indexed by content id; a content without facts has zeros. Good until the next refresh. */
export interface ContentColumns {
  /** One more than the last content with facts. */
  readonly length: number;
  readonly turns: Int32Array;
  readonly calls: Int32Array;
  readonly unreadable: Int32Array;
  /** See `findingBit`. */
  readonly findings: Int32Array;
  /** Tools offered and tools called, as places in `toolSets`. */
  readonly offered: Int32Array;
  readonly called: Int32Array;
  /** The tool list, as the id of its part. */
  readonly toolLists: Int32Array;
  readonly toolSets: readonly (readonly string[])[];
  /** Differs whenever anything in the columns does. */
  readonly version: string;
}

type Row = [
  content: number,
  turns: number,
  calls: number,
  unreadable: number,
  findings: number,
  offered: number,
  called: number,
  list: number,
];

/** Of rows: no limit. */
const ALL = -1;

export function contentColumns(db: Db) {
  const lastFact = db.prepare<[], number | null>("SELECT max(content_id) FROM content_fact").pluck();
  const selectEpoch = db.prepare<[], string>("SELECT value FROM setting WHERE key = 'facts.epoch'").pluck();
  const after = db
    .prepare<[number, number], Row>(
      "SELECT content_id, num_turns, num_calls, num_unreadable, findings, offered_id, called_id, coalesce(tools_id, 0) FROM content_fact WHERE content_id > ? ORDER BY content_id LIMIT ?",
    )
    .raw();
  const setsAfter = db.prepare<[number], [number, string]>("SELECT id, names FROM tool_set WHERE id > ? ORDER BY id").raw();

  let epoch = "";
  let length = 0;
  let turns = new Int32Array();
  let calls = new Int32Array();
  let unreadable = new Int32Array();
  let findings = new Int32Array();
  let offered = new Int32Array();
  let called = new Int32Array();
  let toolLists = new Int32Array();
  const toolSets: string[][] = [[]];

  const renew = (): void => {
    const now = selectEpoch.get() ?? "";
    if (now === epoch) return;
    length = 0;
    for (const column of [turns, calls, unreadable, findings, offered, called, toolLists]) column.fill(0);
    epoch = now;
  };
  const append = (last: number, limit: number): number => {
    const room = last + 1;
    turns = withRoom(turns, room);
    calls = withRoom(calls, room);
    unreadable = withRoom(unreadable, room);
    findings = withRoom(findings, room);
    offered = withRoom(offered, room);
    called = withRoom(called, room);
    toolLists = withRoom(toolLists, room);
    for (const [id, names] of setsAfter.all(toolSets.length - 1)) toolSets[id] = JSON.parse(names) as string[];
    let numRows = 0;
    for (const row of after.iterate(length - 1, limit)) {
      const i = row[0];
      turns[i] = row[1];
      calls[i] = row[2];
      unreadable[i] = row[3];
      findings[i] = row[4];
      offered[i] = row[5];
      called[i] = row[6];
      toolLists[i] = row[7];
      length = i + 1;
      numRows++;
    }
    return numRows;
  };

  return {
    /** Reads only: the columns as the database is now. */
    read(): ContentColumns {
      renew();
      const last = lastFact.get() ?? 0;
      if (last >= length) append(last, ALL);
      return { length, turns, calls, unreadable, findings, offered, called, toolLists, toolSets, version: `${epoch}/${length}` };
    },

    /** Reads only: a stretch of contents that are not there yet; false where there are none. */
    readSome(limit: number): boolean {
      renew();
      const last = lastFact.get() ?? 0;
      return last >= length && append(last, limit) === limit;
    },
  };
}
