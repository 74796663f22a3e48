/**
 * @file One writer for each workspace. The lock is an SQLite transaction on a file of its own: the operating system lets go of it
 * when the process ends, however it ends, so that no stale lock is ever left behind.
 */
import Database from "better-sqlite3";
import { AppError } from "#contracts/errors.ts";

export interface WorkspaceLock {
  release(): void;
}

/** Takes the lock in `path`, or throws `E_DATABASE_LOCKED` at once, naming `workspace`. */
export function lockWorkspace(path: string, workspace: string): WorkspaceLock {
  const db = new Database(path, { timeout: 0 });
  try {
    // Without a journal file of its own, nothing but the lock file appears in the folder.
    db.pragma("journal_mode = MEMORY");
    db.exec("BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS owner (pid INTEGER); DELETE FROM owner;");
    db.prepare("INSERT INTO owner VALUES (?)").run(process.pid);
    db.exec("COMMIT; BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
      throw new AppError("E_DATABASE_LOCKED", { path: workspace }, { cause: error });
    }
    throw error;
  }
  return { release: () => db.close() };
}
