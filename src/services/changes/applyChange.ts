/** @file Applies a change to what was chosen for it, batch by batch; stopped anywhere, it goes on from there. */
import type { Store } from "#store/index.ts";
import type { TaskControl } from "../dataTask.ts";
import { operate } from "./operate.ts";

/** A batch holds the database's write lock; the core waits no longer than this to write something itself. */
const BATCH_MS = 25;
/** Rows have changed in every batch; whoever looks at them needs to know now and then. */
const NEWS_MS = 1000;
const PAGE = 64;

export interface AppliedChange {
  readonly changeId: number;
  readonly changed: number;
  readonly skipped: number;
}

/** The rest of a change, in short transactions. */
export function applyChange(store: Store, changeId: number, control: TaskControl): AppliedChange {
  const { title, numTrajectories, numSkipped } = store.changes.get(changeId);
  const total = store.changes.numLeft(changeId) + numTrajectories + numSkipped;
  let done = numTrajectories + numSkipped;
  control.report({ phase: "changing", title, done, total });
  let toldAt = performance.now();
  for (let left = true; left;) {
    control.checkpoint();
    left = store.transaction(() => {
      const startedAt = performance.now();
      while (performance.now() - startedAt < BATCH_MS) {
        const applied = applyNext(store, changeId, PAGE);
        done += applied;
        if (applied === 0) return false;
      }
      return true;
    });
    const now = performance.now();
    control.report({ done, total }, now - toldAt > NEWS_MS);
    if (now - toldAt > NEWS_MS) toldAt = now;
  }
  store.transaction(() => store.changes.finish(changeId));
  const applied = store.changes.get(changeId);
  return { changeId, changed: applied.numTrajectories, skipped: applied.numSkipped };
}

/** Writes: the next of the chosen trajectories. Returns how many they were. Call inside a transaction. */
export function applyNext(store: Store, changeId: number, limit: number): number {
  const targets = store.changes.nextTargets(changeId, limit);
  if (targets.length === 0) return 0;
  const change = store.changes.get(changeId);
  for (const trajectory of targets) {
    const outcome = operate(store, change, trajectory, store.changes.state(trajectory));
    if ("skip" in outcome) store.changes.skip(changeId, trajectory, outcome.skip);
    else store.changes.revise(change, trajectory, outcome.state);
  }
  return targets.length;
}
