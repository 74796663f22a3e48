/** @file Applies a change to what was chosen for it, batch by batch; stopped anywhere, it goes on from there. */
import type { Store } from "#store/index.ts";
import type { TaskControl } from "../dataTask.ts";
import { operate } from "./operate.ts";

/** A batch holds the database's write lock; the core waits no longer than this to write something itself. */
const BATCH_MS = 50;
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
  control.report({ phase: "changing", title, done: total - store.changes.numLeft(changeId), total });
  for (let left = true; left;) {
    control.checkpoint();
    left = store.transaction(() => {
      const startedAt = performance.now();
      while (performance.now() - startedAt < BATCH_MS) if (!applyNext(store, changeId, PAGE)) return false;
      return true;
    });
    control.report({ done: total - store.changes.numLeft(changeId), total }, true);
  }
  store.transaction(() => store.changes.finish(changeId));
  const done = store.changes.get(changeId);
  return { changeId, changed: done.numTrajectories, skipped: done.numSkipped };
}

/** Writes: the next of the chosen trajectories. False where none is left. Call inside a transaction. */
export function applyNext(store: Store, changeId: number, limit: number): boolean {
  const targets = store.changes.nextTargets(changeId, limit);
  if (targets.length === 0) return false;
  const change = store.changes.get(changeId);
  for (const trajectory of targets) {
    const outcome = operate(store, change, trajectory, store.changes.state(trajectory));
    if ("skip" in outcome) store.changes.skip(changeId, trajectory, outcome.skip);
    else store.changes.revise(change, trajectory, outcome.state);
  }
  return true;
}
