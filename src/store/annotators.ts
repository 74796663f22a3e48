/** @file The people of a workspace, by name: authors, annotators, owners of queues. */
import type { Db } from "./openDatabase.ts";

export type AnnotatorRepository = ReturnType<typeof annotatorRepository>;

export function annotatorRepository(db: Db) {
  const find = db.prepare<[string], number>("SELECT id FROM annotator WHERE name = ?").pluck();
  const insert = db.prepare<[string, string]>("INSERT INTO annotator (name, added_at) VALUES (?, ?)");
  const select = db.prepare<[], { id: number; name: string }>("SELECT id, name FROM annotator ORDER BY name");
  const selectName = db.prepare<[number], string>("SELECT name FROM annotator WHERE id = ?").pluck();

  return {
    /** Writes: a person, unless known by this name, upper and lower case aside. Returns the number. */
    ensure(name: string): number {
      return find.get(name) ?? Number(insert.run(name, new Date().toISOString()).lastInsertRowid);
    },
    /** Reads only: the person's number, or null. */
    numberOf(name: string): number | null {
      return find.get(name) ?? null;
    },
    /** Reads only. */
    nameOf(id: number | null): string | null {
      return id === null ? null : (selectName.get(id) ?? null);
    },
    /** Reads only: everybody, by name. */
    list(): readonly { readonly id: number; readonly name: string }[] {
      return select.all();
    },
  };
}
