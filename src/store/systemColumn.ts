/** @file The system text of every content, in memory, by content id: which of 200,000 have one of these texts is then no query. */
import { withRoom } from "./growing.ts";
import type { Db } from "./openDatabase.ts";

/** Contents are long: more than so many are read from the index, which holds nothing but these two numbers. */
const FEW = 500;

export function systemColumn(db: Db) {
  const few = db
    .prepare<[number], [content: number, system: number]>("SELECT id, system_id FROM content WHERE id > ? AND system_id > 0")
    .raw();
  const all = db
    .prepare<[], [content: number, system: number]>("SELECT id, system_id FROM content INDEXED BY content_by_system WHERE system_id > 0")
    .raw();
  let systems = new Int32Array();
  /** Contents up to this one are there. */
  let seen = 0;

  /** Reads only: ids of system texts, 0 where a content has none, up to a content that exists; good until the next call. */
  return (last: number): Int32Array => {
    if (last <= seen) return systems;
    systems = withRoom(systems, last + 1);
    // contents beyond the last one may have come meanwhile: they are read again in their turn
    for (const [content, system] of last - seen > FEW ? all.all() : few.all(seen)) if (content <= last) systems[content] = system;
    seen = last;
    return systems;
  };
}
