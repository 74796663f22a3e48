/** @file A small seeded generator: the same numbers on every machine, so that draws can be repeated to the bit. */

/**
 * Uniform 32-bit integers from a seed (mulberry32, Tommy Ettinger 2017, public domain). Not for secrets.
 *
 * @param seed  only its low 32 bits count
 */
export function randomIntegers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Uniform in [0, 1). */
export function randomUniform(seed: number): () => number {
  const next = randomIntegers(seed);
  return () => next() / 2 ** 32;
}

/** A seed for one of several independent streams, so that stream 3 does not depend on how much stream 2 consumed. */
export function mixSeeds(seed: number, stream: number): number {
  const next = randomIntegers(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b));
  next();
  return next();
}

/** Fisher-Yates over 0 .. length-1; a pure function of length and seed. */
export function shuffledIndices(length: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const uniform = randomUniform(seed);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
