/** @file Brings the full-text index and the facts up to the newest content, batch by batch; stopped anywhere, it goes on from there. */
import { FACTS_VERSION } from "#core/trajectories/contentFacts.ts";
import type { Store } from "#store/index.ts";
import type { TaskControl } from "./dataTask.ts";
import { indexFacts } from "./indexFacts.ts";

/** A batch holds the database's write lock; the core waits no longer than this to write something itself. */
const BATCH_MS = 60;

export interface IndexResult {
  readonly indexed: number;
  readonly total: number;
}

export function indexContents(store: Store, control: TaskControl): IndexResult {
  let limit = 32;
  const progress = () => store.search.progress();
  control.report({ phase: "indexing text", ...progress() });
  for (;;) {
    control.checkpoint();
    const startedAt = performance.now();
    const hasMore = store.search.indexNext(limit);
    const ms = performance.now() - startedAt;
    if (!hasMore) break;
    limit = Math.max(8, Math.min(4096, Math.round((limit * BATCH_MS) / Math.max(ms, 1))));
    control.report(progress());
  }
  const { done: indexed, total } = progress();
  control.report({ phase: "checking calls", done: store.facts.progress(FACTS_VERSION).done, total }, true);
  indexFacts(store, (done) => {
    control.checkpoint();
    control.report({ done, total: progress().total });
  });
  return { indexed, total };
}

/** Whether a search or a filter may miss something. */
export function isIndexed(store: Store): boolean {
  return store.search.isComplete() && store.facts.isComplete(FACTS_VERSION);
}
