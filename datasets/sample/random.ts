/** @file Seeded randomness of the generator: one stream per purpose, so that adding draws in one place moves nothing elsewhere. */

export interface Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** Uniform integer in [0, bound). */
  readonly below: (bound: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly chance: (probability: number) => boolean;
  readonly shuffle: <T>(from: readonly T[]) => T[];
}

/** FNV-1a over UTF-16 code units: a stream's name as a 32-bit number. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * A generator of 32-bit xorshift-multiply type (splitmix32): the state walks by the golden ratio, each state is mixed.
 *
 * @param seed number of the whole data set
 * @param stream name of the purpose, for example "trajectory 17"
 */
export function createRandom(seed: number, stream: string): Random {
  let state = (hashName(stream) ^ Math.imul(seed + 1, 0x9e3779b9)) >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 0x100000000;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  const pick = <T>(from: readonly T[]): T => {
    const chosen = from[below(from.length)];
    if (chosen === undefined) throw new RangeError("cannot pick from an empty list");
    return chosen;
  };
  const shuffle = <T>(from: readonly T[]): T[] => {
    const order = [...from];
    for (let i = order.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  };
  return { next, below, pick, chance: (probability) => next() < probability, shuffle };
}
