/** @file Filters kept under a name. */
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Db } from "./openDatabase.ts";

export type SavedViewRepository = ReturnType<typeof savedViewRepository>;

export function savedViewRepository(db: Db) {
  const select = db.prepare<[], { name: string; filter: string }>("SELECT name, filter FROM saved_view ORDER BY name");
  const upsert = db.prepare<[string, string, string]>("INSERT OR REPLACE INTO saved_view (name, filter, saved_at) VALUES (?, ?, ?)");
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
    /** Writes: forgets a view; one that is not there is no error. */
    remove(name: string): void {
      remove.run(name);
    },
  };
}
