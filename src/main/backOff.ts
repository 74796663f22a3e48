/** @file How long to wait before starting something again that keeps ending. */

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** What has run this long was well: counting begins anew. */
const STABLE_MS = 60_000;

/** Doubles with every quick end: 0.25, 0.5, 1 ... 30 s. */
export class BackOff {
  #ends = 0;

  /** Milliseconds to wait, given how long the thing ran. */
  next(ranForMs: number): number {
    if (ranForMs >= STABLE_MS) this.#ends = 0;
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#ends++);
  }
}
