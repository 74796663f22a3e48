/**
 * @file Facts of contents that lists filter by, derived once and stored beside them.
 *
 * Contents are append-only and facts are written in order of id, so facts are there for all contents up to a number. A tool that becomes
 * known later turns "invented" into "not offered": contents with that finding are looked at again when the known tools have grown.
 */
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import type { IndexProgress } from "./searchIndex.ts";
import type { Db } from "./openDatabase.ts";
import { remembered } from "./remembered.ts";
import type { ToolListRepository } from "./toolLists.ts";

export interface ContentFact {
  readonly contentId: number;
  readonly findings: readonly FailureCode[];
  readonly offered: readonly string[];
  readonly called: readonly string[];
  /** One for each tool called. */
  readonly calls: readonly {
    readonly tool: string;
    readonly numCalls: number;
    readonly numFaulty: number;
    readonly numAnswered: number;
    readonly numFailed: number;
  }[];
}

export const FINDING_CODES = Object.keys(FAILURE_CODES) as readonly FailureCode[];
/** The bit of a code in `content_fact.findings`. */
export const findingBit = (code: FailureCode): number => 1 << FINDING_CODES.indexOf(code);

const VERSION = "facts.version";
const EPOCH = "facts.epoch";
const NUM_TOOLS = "facts.numToolNames";
const REMEMBERED_SETS = 5000;

export type ContentFactRepository = ReturnType<typeof contentFactRepository>;

export function contentFactRepository(db: Db, toolLists: ToolListRepository) {
  const setting = db.prepare<[string], string>("SELECT value FROM setting WHERE key = ?").pluck();
  const setSetting = db.prepare<[string, string]>("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)");
  const lastContent = db.prepare<[], number | null>("SELECT max(id) FROM content").pluck();
  const lastFact = db.prepare<[], number | null>("SELECT max(content_id) FROM content_fact").pluck();
  const countTools = db.prepare<[], number>("SELECT count(*) FROM tool_name").pluck();
  const nextContents = db.prepare<[number, number], number>("SELECT id FROM content WHERE id > ? ORDER BY id LIMIT ?").pluck();
  const selectInvented = db.prepare<[number], number>("SELECT content_id FROM content_fact WHERE findings & ? ORDER BY content_id").pluck();
  const findSet = db.prepare<[string], number>("SELECT id FROM tool_set WHERE names = ?").pluck();
  const insertSet = db.prepare<[string]>("INSERT INTO tool_set (names) VALUES (?)");
  const write = db
    .prepare<[number, number, number, number], number>(
      `INSERT OR REPLACE INTO content_fact (content_id, num_turns, num_calls, num_unreadable, findings, offered_id, called_id, tools_id)
       SELECT id, num_turns, num_calls, num_unreadable, ?, ?, ?, tools_id FROM content WHERE id = ? RETURNING tools_id`,
    )
    .pluck();
  const deleteCalls = db.prepare<[number]>("DELETE FROM content_call WHERE content_id = ?");
  const insertCall = db.prepare<[number, number, number, number, number, number, number]>(
    "INSERT INTO content_call (content_id, tool_id, is_offered, num_calls, num_faulty, num_answered, num_failed) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const deleteAll = db.prepare<[]>("DELETE FROM content_fact");
  const deleteAllCalls = db.prepare<[]>("DELETE FROM content_call");
  const setIds = new Map<string, number>();

  const idOfSet = (names: readonly string[]): number => {
    const key = JSON.stringify(names);
    return remembered(setIds, key, REMEMBERED_SETS, () => findSet.get(key) ?? Number(insertSet.run(key).lastInsertRowid));
  };
  const grow = (key: string): void => void setSetting.run(key, String(Number(setting.get(key) ?? 0) + 1));
  const isOf = (version: number): boolean => Number(setting.get(VERSION) ?? 0) === version;

  return {
    /** Reads only: how many contents have facts of this version; ids are dense, so they count. */
    progress(version: number): IndexProgress {
      return { done: isOf(version) ? (lastFact.get() ?? 0) : 0, total: lastContent.get() ?? 0 };
    },

    /** Reads only: false while a filter may miss rows. */
    isComplete(version: number): boolean {
      const { done, total } = this.progress(version);
      return done >= total && (total === 0 || Number(setting.get(NUM_TOOLS) ?? 0) === countTools.get());
    },

    /** Writes: forgets facts that another version made. */
    begin(version: number): void {
      if (isOf(version)) return;
      db.transaction(() => {
        deleteAll.run();
        deleteAllCalls.run();
        setSetting.run(VERSION, String(version));
        setSetting.run(NUM_TOOLS, "0");
        grow(EPOCH);
      }).immediate();
    },

    /** Reads only: contents that have none yet. */
    missing(limit: number): readonly number[] {
      return nextContents.all(lastFact.get() ?? 0, limit);
    },

    /** Reads only: contents to look at again since more tools are known now; empty where none are. */
    outdated(): readonly number[] {
      return Number(setting.get(NUM_TOOLS) ?? 0) === countTools.get() ? [] : selectInvented.all(findingBit("F02"));
    },

    /** Writes: facts, in one transaction. `numTools`: how many tools were known, once every content was judged by them. */
    write(
      facts: readonly ContentFact[],
      { isRepeat = false, numTools }: { readonly isRepeat?: boolean; readonly numTools?: number } = {},
    ): void {
      const all = db.transaction(() => {
        let lastList = 0;
        for (const { contentId, findings, offered, called, calls } of facts) {
          const bits = findings.reduce((sum, code) => sum | findingBit(code), 0);
          lastList = Math.max(lastList, write.get(bits, idOfSet(offered), idOfSet(called), contentId) ?? 0);
          if (isRepeat) deleteCalls.run(contentId);
          for (const { tool, numCalls, numFaulty, numAnswered, numFailed } of calls) {
            const isOffered = offered.includes(tool) ? 1 : 0;
            insertCall.run(contentId, toolLists.idOfTool(tool), isOffered, numCalls, numFaulty, numAnswered, numFailed);
          }
        }
        toolLists.takeApart(lastList);
        if (isRepeat) grow(EPOCH);
        if (numTools !== undefined) setSetting.run(NUM_TOOLS, String(numTools));
      });
      try {
        all.immediate();
      } catch (error) {
        setIds.clear();
        toolLists.forget();
        throw error;
      }
    },

    /** Reads only: how many tools are known. */
    numToolNames(): number {
      return countTools.get()!;
    },
  };
}
