/**
 * @file Opens a workspace database: checks before the first write, migrates with a backup, refuses what it does not know.
 *
 * Nothing is ever repaired silently: a damaged file or one from a newer version is left as it is and named in the error.
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { AppError } from "#contracts/errors.ts";
import { MIGRATIONS } from "./migrations/index.ts";

export type Db = Database.Database;

/** "CsM1": marks a database as a Callsmith workspace. */
const APPLICATION_ID = 0x43734d31;
const SQLITE_MAGIC = "SQLite format 3\0";
/** Reading a bigger database page by page would delay every start; its size and schema are checked all the same. */
const FULL_CHECK_BYTES = 64 * 2 ** 20;

export interface OpenDatabaseOptions {
  /** Default: every migration there is. Tests pass fewer. */
  readonly migrations?: readonly string[];
  /** Copies of the database before a migration go here. Default: `backups` beside the file. */
  readonly backupDir?: string;
}

/** Opens or creates the database at `path`, brought to the newest schema. */
export function openDatabase(path: string, options: OpenDatabaseOptions = {}): Db {
  const migrations = options.migrations ?? MIGRATIONS;
  const size = existsSync(path) ? statSync(path).size : 0;
  if (size > 0) checkHeader(path);
  const db = named(path, () => new Database(path, { timeout: 5000 }));
  try {
    return named(path, () => {
      if (size > 0) checkContents(db, path, size, migrations.length);
      db.pragma("journal_mode = WAL");
      db.pragma("foreign_keys = ON");
      db.pragma("synchronous = NORMAL");
      db.pragma("cache_size = -65536");
      db.pragma("temp_store = MEMORY");
      // Moving a long log into the database waits for the disk: workers do that, and the core only where none has been at it for long.
      db.pragma("wal_autocheckpoint = 8000");
      migrate(db, path, migrations, options.backupDir ?? join(dirname(path), "backups"));
      return db;
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A second connection to a database that this process, or its parent, has opened and migrated. */
export function openWorkerConnection(path: string): Db {
  return named(path, () => {
    const db = new Database(path, { timeout: 10_000, fileMustExist: true });
    db.pragma("foreign_keys = ON");
    db.pragma("synchronous = NORMAL");
    db.pragma("cache_size = -65536");
    db.pragma("temp_store = MEMORY");
    // The worker writes in bulk: moving the log into the database less often writes each page fewer times.
    db.pragma("wal_autocheckpoint = 8000");
    return db;
  });
}

/** Moves what it can of the log into the database; for a worker that has written much and is done. */
export function checkpointLog(db: Db): void {
  db.pragma("wal_checkpoint(PASSIVE)");
}

/** A whole copy of a database that somebody else may have open, made without writing to it; it is checked when it is opened. */
export function copyDatabase(from: string, to: string): void {
  checkHeader(from);
  named(from, () => {
    const db = new Database(from, { readonly: true, fileMustExist: true, timeout: 5000 });
    try {
      db.prepare("VACUUM INTO ?").run(to);
    } finally {
      db.close();
    }
  });
}

/** What SQLite throws, in our words and with the database's path. */
export function databaseError(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof Database.SqliteError)) return thrown;
  const code = thrown.code;
  const because = { cause: thrown };
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return new AppError("E_DATABASE_CORRUPT", { path, detail: thrown.message }, because);
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return new AppError("E_DATABASE_LOCKED", { path }, because);
  if (code === "SQLITE_FULL") return new AppError("E_DISK_FULL", { path }, because);
  if (code === "SQLITE_CANTOPEN" || code === "SQLITE_READONLY" || code === "SQLITE_PERM") {
    return new AppError("E_FILE_NO_ACCESS", { path }, because);
  }
  return thrown;
}

function named<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw databaseError(error, path);
  }
}

function checkHeader(path: string): void {
  const header = Buffer.alloc(SQLITE_MAGIC.length);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString("latin1") !== SQLITE_MAGIC) throw new AppError("E_DATABASE_CORRUPT", { path, detail: "it is not an SQLite file" });
}

function checkContents(db: Db, path: string, size: number, known: number): void {
  const corrupt = (detail: string) => new AppError("E_DATABASE_CORRUPT", { path, detail });
  const found = Number(db.pragma("user_version", { simple: true }));
  if (found > known) throw new AppError("E_DATABASE_NEWER", { path, found, known });
  const numTables = Number(db.prepare("SELECT count(*) FROM sqlite_master").pluck().get());
  if (Number(db.pragma("application_id", { simple: true })) !== APPLICATION_ID && numTables > 0) {
    throw corrupt("it holds tables, but not those of a workspace");
  }
  const pages = Number(db.pragma("page_count", { simple: true })) * Number(db.pragma("page_size", { simple: true }));
  // Pages that only the write-ahead log holds yet are counted above and not in the file.
  if (pages > size && !existsSync(`${path}-wal`)) throw corrupt(`it should hold ${pages} bytes and has ${size}`);
  if (size <= FULL_CHECK_BYTES) {
    const verdict = String(db.pragma("quick_check(1)", { simple: true }));
    if (verdict !== "ok") throw corrupt(verdict);
  }
}

function migrate(db: Db, path: string, migrations: readonly string[], backupDir: string): void {
  const found = Number(db.pragma("user_version", { simple: true }));
  if (found === migrations.length) return;
  if (found > 0) backUp(db, path, found, backupDir);
  db.transaction(() => {
    for (let i = found; i < migrations.length; i++) db.exec(migrations[i]!);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

function backUp(db: Db, path: string, schema: number, backupDir: string): void {
  mkdirSync(backupDir, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  db.prepare("VACUUM INTO ?").run(join(backupDir, `${basename(path, ".sqlite")}-schema${schema}-${stamp}.sqlite`));
}
