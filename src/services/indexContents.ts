/** @file Brings the full-text index up to the newest content, batch by batch; stopped anywhere, it goes on from there. */
import type { Store } from "#store/index.ts";
import type { TaskControl } from "./dataTask.ts";

/** A batch holds the database's write lock; the core waits no longer than this to write something itself. */
const BATCH_MS = 60;

export interface IndexResult {
  readonly indexed: number;
  readonly total: number;
}

export function indexContents(store: Store, control: TaskControl): IndexResult {
  let limit = 32;
  let { done, total } = store.search.progress();
  control.report({ phase: "indexing text", done, total });
  for (;;) {
    control.checkpoint();
    const startedAt = performance.now();
    const hasMore = store.search.indexNext(limit);
    const ms = performance.now() - startedAt;
    if (!hasMore) return { indexed: done, total };
    limit = Math.max(8, Math.min(4096, Math.round((limit * BATCH_MS) / Math.max(ms, 1))));
    ({ done, total } = store.search.progress());
    control.report({ done, total });
  }
}
