/**
 * @file Random numbers of a run as pure functions of its seed and a position, so that nothing has to be carried over a restart.
 */

/** MurmurHash3's 32-bit finaliser: every input bit reaches every output bit. */
function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** One unsigned 32-bit number from a seed and a position (epoch, step, micro-batch ...); the order of the parts matters. */
export function hashSeed(...parts: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) h = mix32((h + Math.imul(part | 0, 0x9e3779b1)) ^ Math.floor(part / 2 ** 32));
  return h >>> 0;
}

/** sfc32 (Chris Doty-Humphrey, PractRand): uniform unsigned 32-bit numbers, period at least 2^32 for any seed. */
export function randomUint32(seed: number): () => number {
  let a = mix32(seed);
  let b = mix32(seed ^ 0x5bd1e995);
  let c = mix32(seed ^ 0x27d4eb2f);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** Fisher-Yates over 0 .. length-1; a pure function of length and seed. */
export function shuffledIndices(length: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const next = randomUint32(seed);
  for (let i = length - 1; i > 0; i--) {
    // Multiply-shift instead of modulo: the bias is below length / 2^32.
    const j = Math.floor((next() / 2 ** 32) * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
