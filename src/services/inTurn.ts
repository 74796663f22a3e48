/**
 * @file Long questions, one after another, with a turn of the event loop before each: in it a newer question takes back those that nobody
 * waits for any more, and what takes no time is answered between two that do.
 */
import type { Core } from "./core.ts";

const last = new WeakMap<Core, Promise<unknown>>();

/** Answers in turn. A question whose signal was aborted by then is not worked on: it rejects with the signal's reason. */
export function inTurn<Answer>(core: Core, signal: AbortSignal | undefined, work: () => Answer): Promise<Answer> {
  const before = last.get(core) ?? Promise.resolve();
  const mine = before.then(nextTurn).then(() => {
    signal?.throwIfAborted();
    return work();
  });
  // the next one waits for this one's end, not for its success
  last.set(
    core,
    mine.then(
      () => undefined,
      () => undefined,
    ),
  );
  return mine;
}

// behind everything that has arrived by now
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
