/** @file Questions in SQL that a person writes: on a connection that cannot write, answered in part where the answer is long. */
import Database from "better-sqlite3";
import { AppError } from "#contracts/errors.ts";
import type { SqlColumn, SqlResult, SqlTable, SqlValue } from "#contracts/procedures/finding.ts";
import type { Db } from "./openDatabase.ts";

type SqliteError = InstanceType<typeof Database.SqliteError>;

const MOST_CELL_CHARACTERS = 2_000;
const MOST_CHARACTERS = 8 * 2 ** 20;
const SHOWN_BYTES = 32;

/** Reads only: answers one statement. Throws `E_SQL_REFUSED` for what is no question, `E_SQL_FAILED` with the place for what SQLite refuses. */
export function readOnlyQuery(path: string, sql: string, limit: number): SqlResult {
  const startedAt = performance.now();
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    db.pragma("query_only = ON");
    db.pragma("cache_size = -16384");
    const statement = prepare(db, sql);
    const columns = statement.columns().map(({ name, column, table }): SqlColumn => {
      const isTrajectory = (table === "trajectory" && column === "id") || column === "trajectory_id" || name === "trajectory_id";
      return { name, isTrajectory };
    });
    const rows: SqlValue[][] = [];
    let numCharacters = 0;
    let numCutCells = 0;
    let isCut = false;
    for (const row of statement.raw().safeIntegers().iterate() as Iterable<unknown[]>) {
      if (rows.length === limit || numCharacters > MOST_CHARACTERS) {
        isCut = true;
        break;
      }
      const values = row.map((value) => {
        const shown = shownValue(value);
        if (typeof shown !== "string" || shown.length <= MOST_CELL_CHARACTERS) return shown;
        numCutCells++;
        return `${shown.slice(0, MOST_CELL_CHARACTERS)}…`;
      });
      for (const value of values) numCharacters += typeof value === "string" ? value.length : 8;
      rows.push(values);
    }
    return { columns, rows, cut: cutSentence(isCut ? rows.length : null, numCutCells), ms: performance.now() - startedAt };
  } catch (error) {
    throw error instanceof Database.SqliteError ? failed(error, sql, db) : error;
  } finally {
    db.close();
  }
}

function cutSentence(numRows: number | null, numCells: number): string | null {
  const rows = numRows === null ? [] : [`Only the first ${numRows.toLocaleString("en")} rows are shown`];
  const cells = numCells === 0 ? [] : [`${numCells.toLocaleString("en")} long texts are shown up to ${MOST_CELL_CHARACTERS} characters`];
  return rows.length + cells.length === 0 ? null : `${[...rows, ...cells].join("; ")}.`;
}

function prepare(db: Db, sql: string): Database.Statement {
  const refuse = (detail: string): AppError => new AppError("E_SQL_REFUSED", { detail });
  const first = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|;)*([a-z]*)/i.exec(sql)![1]!.toLowerCase();
  if (first === "") throw refuse("there is no statement");
  if (first === "pragma") throw refuse("PRAGMA is left out; pragma_table_info('trajectory') can be selected from");
  let statement: Database.Statement;
  try {
    statement = db.prepare(sql);
  } catch (error) {
    // better-sqlite3's own word for more than one statement, or for none
    if (error instanceof RangeError) throw refuse("one statement at a time can be asked");
    throw error;
  }
  if (!statement.reader || !statement.readonly) throw refuse(`${first.toUpperCase()} would change something or gives no rows`);
  return statement;
}

function shownValue(value: unknown): SqlValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  const bytes = value as Buffer;
  return `x'${bytes.toString("hex", 0, SHOWN_BYTES)}${bytes.length > SHOWN_BYTES ? "…" : ""}' (${bytes.length} bytes)`;
}

function failed(error: SqliteError, sql: string, db: Db): AppError {
  const offset = offsetOf(error.message, sql, db);
  const before = sql.slice(0, offset ?? 0).split("\n");
  const place = offset === null ? "" : ` (line ${before.length}, character ${before.at(-1)!.length + 1})`;
  return new AppError("E_SQL_FAILED", { detail: error.message, place, ...(offset === null ? {} : { offset }) }, { cause: error });
}

/** Where the word that SQLite names stands; of several, the last one that everything in front of is still good. */
function offsetOf(message: string, sql: string, db: Db): number | null {
  const near = /^near "([\s\S]+)": syntax error$/.exec(message)?.[1];
  const named = near ?? /^(?:no such (?:column|table|function)|ambiguous column name): (?:\w+\.)*(.+)$/.exec(message)?.[1];
  if (named === undefined) return null;
  const places: number[] = [];
  for (let at = sql.indexOf(named); at >= 0; at = sql.indexOf(named, at + 1)) places.push(at);
  if (near === undefined) return places[0] ?? null;
  return places.findLast((at) => !isSyntaxError(db, sql.slice(0, at))) ?? null;
}

function isSyntaxError(db: Db, sql: string): boolean {
  try {
    db.prepare(sql);
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith("near ");
  }
}

/** Reads only: the tables that a question can be about, without those that a full-text index keeps for itself. */
export function describeTables(db: Db): readonly SqlTable[] {
  const select = db.prepare<[], { table: string; column: string; type: string }>(`
    SELECT t.name AS "table", c.name AS "column", c.type FROM pragma_table_list t JOIN pragma_table_info(t.name) c
    WHERE t.schema = 'main' AND t.type IN ('table', 'virtual', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY t.name, c.cid`);
  const tables = new Map<string, { name: string; columns: { name: string; type: string }[] }>();
  for (const { table, column, type } of select.all()) {
    const known = tables.get(table) ?? { name: table, columns: [] };
    known.columns.push({ name: column, type });
    tables.set(table, known);
  }
  return [...tables.values()];
}
