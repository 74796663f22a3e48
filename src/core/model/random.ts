/** @file A small seeded generator: the same numbers on every machine, so that runs can be repeated to the bit. */

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

/** Fills with draws from a normal distribution of mean 0 (Box and Muller 1958). */
export function fillNormal(values: Float32Array, standardDeviation: number, seed: number): void {
  const uniform = randomUniform(seed);
  for (let i = 0; i < values.length; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
