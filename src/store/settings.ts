/** @file Facts about the workspace itself: its name, whether it is the sample. */
import type { Db } from "./openDatabase.ts";

export type SettingRepository = ReturnType<typeof settingRepository>;

export function settingRepository(db: Db) {
  const select = db.prepare<[string], string>("SELECT value FROM setting WHERE key = ?").pluck();
  const upsert = db.prepare<[string, string]>("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)");
  return {
    /** Reads only: a setting, or null. */
    get(key: string): string | null {
      return select.get(key) ?? null;
    },
    /** Writes: one setting. */
    set(key: string, value: string): void {
      upsert.run(key, value);
    },
  };
}
