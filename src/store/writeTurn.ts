/**
 * @file Who may write next. SQLite has no queue: a worker that commits and begins again in the same millisecond keeps everybody else out, and
 * the core, which waits inside SQLite, keeps everybody waiting who asks it something. So the core says that it wants to write, and workers
 * let it go first.
 */

/** How many threads of the core's process want to write; shared with the workers. */
export type WriteTurn = Int32Array<SharedArrayBuffer>;

/** A worker that hears nothing goes on: what it waits for may have ended badly. */
const LONGEST_WAIT_MS = 2000;

export const createWriteTurn = (): WriteTurn => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** The core's side: writes as soon as a worker is done with its batch. */
export function takeTurn<T>(turn: WriteTurn, work: () => T): T {
  Atomics.add(turn, 0, 1);
  try {
    return work();
  } finally {
    Atomics.sub(turn, 0, 1);
    Atomics.notify(turn, 0);
  }
}

/** A worker's side, between two batches: waits while the core wants to write. */
export function giveTurn(turn: WriteTurn): void {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (let wanted = Atomics.load(turn, 0); wanted > 0 && performance.now() < until; wanted = Atomics.load(turn, 0)) {
    Atomics.wait(turn, 0, wanted, until - performance.now());
  }
}
