/** @file Ids of trajectories as people write them. */

const DIGITS = 5;

export function trajectoryIdOf(number: number): string {
  return `T-${String(number).padStart(DIGITS, "0")}`;
}

export interface AskedId {
  readonly id: string;
  /** A bare number may also be a word to search for. */
  readonly isOnlyNumber: boolean;
}

/** The trajectory that a text names: `T-00012`, `t12`, `#12` or `12`; null where it names none. */
export function trajectoryIdIn(text: string): AskedId | null {
  const match = /^(t-?|#)?(\d{1,10})$/i.exec(text.trim());
  const number = Number(match?.[2] ?? 0);
  return number === 0 ? null : { id: trajectoryIdOf(number), isOnlyNumber: match![1] === undefined };
}
