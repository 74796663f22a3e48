/** @file Rate and time left of a job, from what it reported lately. */

interface Reported {
  readonly at: number;
  readonly done: number;
}

/** Rates are over this much of the past, so that a slow start is soon forgotten. */
const WINDOW_MS = 15_000;
/** Below this a rate would be mostly noise. */
const SHORTEST_MS = 200;

export class JobRate {
  #reports: Reported[] = [];

  /** Units a second over the window, or null while it is too short. `now` in milliseconds. */
  report(done: number, now: number): number | null {
    const last = this.#reports.at(-1);
    if (last !== undefined && done < last.done) this.restart();
    this.#reports.push({ at: now, done });
    while (this.#reports.length > 2 && this.#reports[1]!.at < now - WINDOW_MS) this.#reports.shift();
    const first = this.#reports[0]!;
    const elapsedMs = now - first.at;
    return elapsedMs < SHORTEST_MS ? null : ((done - first.done) / elapsedMs) * 1000;
  }

  /** Forgets the past: after a pause, or when another phase counts something else. */
  restart(): void {
    this.#reports = [];
  }
}

export function secondsLeft(done: number, total: number | null, unitsPerSecond: number | null): number | null {
  if (total === null || unitsPerSecond === null || unitsPerSecond <= 0) return null;
  return Math.max(0, total - done) / unitsPerSecond;
}
