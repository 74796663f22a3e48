/** @file Calls by content and definitions by tool list, in memory: the catalogue of tools is a walk over them, not a query. */
import type { ContentColumns } from "./contentColumns.ts";
import { withRoom } from "./growing.ts";
import type { Db } from "./openDatabase.ts";

/** Aligned columns, one row for each tool that a content calls; ordered by content. */
export interface CallColumns {
  readonly length: number;
  readonly contents: Int32Array;
  readonly tools: Int32Array;
  readonly offered: Uint8Array;
  readonly numCalls: Int32Array;
  readonly numFaulty: Int32Array;
  readonly numAnswered: Int32Array;
  readonly numFailed: Int32Array;
}

/** Aligned columns, one row for each definition in a tool list; ordered by list. */
export interface ListColumns {
  readonly length: number;
  readonly lists: Int32Array;
  readonly definitions: Int32Array;
}

/** Good until the next refresh. */
export interface ToolColumns {
  /** By the number of the tool. */
  readonly names: readonly string[];
  numberOf(name: string): number | undefined;
  /** The tool of a definition, by the id of the definition. */
  readonly toolOf: Int32Array;
  readonly calls: CallColumns;
  readonly entries: ListColumns;
}

type CallRow = [content: number, tool: number, offered: number, calls: number, faulty: number, answered: number, failed: number];

export function toolColumns(db: Db) {
  const toolsAfter = db.prepare<[number], [number, string]>("SELECT id, name FROM tool WHERE id > ? ORDER BY id").raw();
  const definitionsAfter = db.prepare<[number], [number, number]>("SELECT id, tool_id FROM tool_definition WHERE id > ? ORDER BY id").raw();
  const entriesAfter = db.prepare<[number], [number, number]>("SELECT part_id, definition_id FROM tool_list WHERE part_id > ?").raw();
  const callsAfter = db
    .prepare<[number, number], CallRow>(
      "SELECT content_id, tool_id, is_offered, num_calls, num_faulty, num_answered, num_failed FROM content_call WHERE content_id > ? AND content_id <= ?",
    )
    .raw();

  const names: string[] = [""];
  const numbers = new Map<string, number>();
  let toolOf = new Int32Array();
  let numDefinitions = 1;
  let entries: ListColumns = { length: 0, lists: new Int32Array(), definitions: new Int32Array() };
  let calls: CallColumns = emptyCalls();
  /** Contents that have been read, and of which epoch of the facts. */
  let readTo = 0;
  let epoch = "";
  let version = "";

  const readCalls = (upTo: number): void => {
    let { contents, tools, offered, numCalls, numFaulty, numAnswered, numFailed, length } = calls;
    for (const row of callsAfter.iterate(readTo, upTo)) {
      if (length >= contents.length) {
        contents = withRoom(contents, length + 1);
        tools = withRoom(tools, length + 1);
        offered = withRoom(offered, length + 1);
        numCalls = withRoom(numCalls, length + 1);
        numFaulty = withRoom(numFaulty, length + 1);
        numAnswered = withRoom(numAnswered, length + 1);
        numFailed = withRoom(numFailed, length + 1);
      }
      [contents[length], tools[length], offered[length], numCalls[length], numFaulty[length], numAnswered[length], numFailed[length]] = row;
      length++;
    }
    readTo = upTo;
    calls = { length, contents, tools, offered, numCalls, numFaulty, numAnswered, numFailed };
  };
  const readLists = (): void => {
    for (const [id, name] of toolsAfter.all(names.length - 1)) {
      names[id] = name;
      numbers.set(name, id);
    }
    for (const [id, tool] of definitionsAfter.iterate(numDefinitions - 1)) {
      toolOf = withRoom(toolOf, id + 1);
      toolOf[id] = tool;
      numDefinitions = id + 1;
    }
    let { length, lists, definitions } = entries;
    for (const [list, definition] of entriesAfter.iterate(length === 0 ? 0 : lists[length - 1]!)) {
      lists = withRoom(lists, length + 1);
      definitions = withRoom(definitions, length + 1);
      lists[length] = list;
      definitions[length++] = definition;
    }
    entries = { length, lists, definitions };
  };

  /** Reads only: the columns as far as contents have facts. */
  return (contents: ContentColumns): ToolColumns => {
    if (contents.version !== version) {
      const [nowEpoch = ""] = contents.version.split("/");
      if (nowEpoch !== epoch) {
        calls = emptyCalls();
        readTo = 0;
        epoch = nowEpoch;
      }
      readLists();
      readCalls(contents.length - 1);
      version = contents.version;
    }
    return { names, numberOf: (name) => numbers.get(name), toolOf, calls, entries };
  };
}

const emptyCalls = (): CallColumns => ({
  length: 0,
  contents: new Int32Array(),
  tools: new Int32Array(),
  offered: new Uint8Array(),
  numCalls: new Int32Array(),
  numFaulty: new Int32Array(),
  numAnswered: new Int32Array(),
  numFailed: new Int32Array(),
});
