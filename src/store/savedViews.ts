/** @file Filters kept under a name. */
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Db } from "./openDatabase.ts";

export type SavedViewRepository = ReturnType<typeof savedViewRepository>;

export function savedViewRepository(db: Db) {
  const select = db.prepare<[], { name: string; filter: string }>("SELECT name, filter FROM saved_view ORDER BY name");
  const upsert = db.prepare<[string, string, string]>("INSERT OR REPLACE INTO saved_view (name, filter, saved_at) VALUES (?, ?, ?)");
  const find = db.prepare<[string], number>("SELECT 1 FROM saved_view WHERE name = ?").pluck();
  const rename = db.prepare<[string, string]>("UPDATE saved_view SET name = ? WHERE name = ?");
  const remove = db.prepare<[string]>("DELETE FROM saved_view WHERE name = ?");

  return {
    /** Reads only: all of them, by name. */
    list(): readonly { readonly name: string; readonly filter: TrajectoryFilter }[] {
      return select.all().map(({ name, filter }) => ({ name, filter: JSON.parse(filter) as TrajectoryFilter }));
    },
    /** Writes: the view, in place of one of the same name. */
    save(name: string, filter: TrajectoryFilter): void {
      upsert.run(name, JSON.stringify(filter), new Date().toISOString());
    },
    /** Reads only: whether there is one of this name, however it is written. */
    has(name: string): boolean {
      return find.get(name) !== undefined;
    },
    /** Writes: another name for a view; false where there is none. */
    rename(name: string, to: string): boolean {
      return rename.run(to, name).changes > 0;
    },
    /** Writes: forgets a view; one that is not there is no error. */
    remove(name: string): void {
      remove.run(name);
    },
  };
}
