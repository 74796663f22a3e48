/** @file Typed arrays that grow. */

/** The array, or a copy with room for `needed`, at least doubled so that growing row by row stays cheap. */
export function withRoom<T extends Int32Array | Uint8Array>(array: T, needed: number): T {
  if (needed <= array.length) return array;
  const Type = array.constructor as new (length: number) => T;
  const larger = new Type(Math.max(FIRST_CAPACITY, needed, 2 * array.length));
  larger.set(array);
  return larger;
}

const FIRST_CAPACITY = 4096;
