import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { MIGRATIONS } from "./migrations/index.ts";
import { openDatabase } from "./openDatabase.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "callsmith-db-"));
  path = join(folder, "workspace.sqlite");
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const version = (file: string): unknown => {
  const db = new Database(file, { readonly: true });
  const found = db.pragma("user_version", { simple: true });
  db.close();
  return found;
};

describe("opening a workspace database", () => {
  it("makes a new one with the newest schema, write-ahead logging and foreign keys", () => {
    const db = openDatabase(path);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
    expect(db.pragma("user_version", { simple: true })).toBe(MIGRATIONS.length);
    db.close();
    openDatabase(path).close();
  });

  it("finds what an undo asks for without reading every change there was", () => {
    const db = openDatabase(path);
    const plan = (sql: string): string =>
      db
        .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail)
        .join();
    expect(plan("SELECT * FROM change INDEXED BY change_applying WHERE state = 'applying' ORDER BY id")).toMatch(
      /^SCAN change USING INDEX change_applying$/,
    );
    expect(
      plan("SELECT * FROM change INDEXED BY change_redoable WHERE author = '' AND state = 'undone' AND superseded = 0 ORDER BY id"),
    ).toMatch(/^SEARCH change USING INDEX change_redoable/);
    db.close();
  });

  it("brings an older one forward and keeps a copy of it as it was", () => {
    const first = openDatabase(path, { migrations: ["CREATE TABLE noun (word TEXT)"] });
    first.exec("INSERT INTO noun VALUES ('call')");
    first.close();
    const second = openDatabase(path, { migrations: ["CREATE TABLE noun (word TEXT)", "ALTER TABLE noun ADD COLUMN plural TEXT"] });
    expect(second.prepare("SELECT * FROM noun").all()).toEqual([{ word: "call", plural: null }]);
    second.close();
    const backups = readdirSync(join(folder, "backups"));
    expect(backups).toHaveLength(1);
    const backup = new Database(join(folder, "backups", backups[0]!), { readonly: true });
    expect(backup.prepare("SELECT * FROM noun").all()).toEqual([{ word: "call" }]);
    backup.close();
  });

  it("leaves the database as it was when a migration fails half way", () => {
    openDatabase(path, { migrations: ["CREATE TABLE noun (word TEXT)"] }).close();
    const broken = ["CREATE TABLE noun (word TEXT)", "CREATE TABLE verb (word TEXT); INSERT INTO nowhere VALUES (1)"];
    expect(() => openDatabase(path, { migrations: broken })).toThrow("nowhere");
    const db = openDatabase(path, { migrations: ["CREATE TABLE noun (word TEXT)"] });
    expect(db.prepare("SELECT name FROM sqlite_master").pluck().all()).toEqual(["noun"]);
    db.close();
  });

  it("refuses one from a newer version without changing a byte", () => {
    openDatabase(path, { migrations: [...MIGRATIONS, "CREATE TABLE later (x)"] }).close();
    const before = readFileSync(path);
    expect(() => openDatabase(path)).toThrow(
      expect.objectContaining({ code: "E_DATABASE_NEWER", params: { path, found: MIGRATIONS.length + 1, known: MIGRATIONS.length } }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(version(path)).toBe(MIGRATIONS.length + 1);
  });

  it("refuses what is no database", () => {
    writeFileSync(path, "rows, but not of a table\n".repeat(100));
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: "E_DATABASE_CORRUPT" }));
  });

  it("refuses a database of another program", () => {
    const other = new Database(path);
    other.exec("CREATE TABLE invoice (id INTEGER)");
    other.close();
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: "E_DATABASE_CORRUPT" }));
  });

  it("refuses one that was cut short", () => {
    openDatabase(path).close();
    truncateSync(path, 40_960);
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: "E_DATABASE_CORRUPT" }));
  });

  it("refuses one with an overwritten page, and leaves it for the person to restore", () => {
    const db = openDatabase(path);
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 3, 4096 * 5);
    writeFileSync(path, bytes);
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: "E_DATABASE_CORRUPT" }));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});
