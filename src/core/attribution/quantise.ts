/**
 * @file Feature vectors in a byte a number, and the search through them.
 *
 *   v / |v|  ≈  scale * q,   q in -127 .. 127,   scale = 1 / |q|
 *
 * The scale makes what is stored a unit vector again, so that inner products of stored vectors are cosines and that of one with itself is 1.
 */

const LARGEST = 127;

export interface QuantisedVector {
  readonly values: Int8Array;
  /** 0 where the vector is all zeros. */
  readonly scale: number;
  /** Length of the vector before it was made a unit vector. */
  readonly norm: number;
}

/** Length of a vector, summed in double precision. */
export function vectorNorm(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}

/** Rounds to a byte a number; the largest becomes 127. */
export function quantise(vector: Float32Array): QuantisedVector {
  const values = new Int8Array(vector.length);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const norm = vectorNorm(vector);
  if (!(norm > 0)) return { values, scale: 0, norm: 0 };
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const rounded = Math.round((vector[i]! / largest) * LARGEST);
    values[i] = rounded;
    squares += rounded * rounded;
  }
  return { values, scale: 1 / Math.sqrt(squares), norm };
}

/** The unit vector that is stored. */
export const dequantise = ({ values, scale }: Pick<QuantisedVector, "values" | "scale">): Float32Array =>
  Float32Array.from(values, (value) => value * scale);

/** Cosine of two stored vectors. Products of two bytes are summed as integers, exactly. */
export function cosineOfQuantised(a: Pick<QuantisedVector, "values" | "scale">, b: Pick<QuantisedVector, "values" | "scale">): number {
  return integerDot(a.values, b.values, 0) * a.scale * b.scale;
}

/** Four sums side by side: with one, each addition would wait for the one before. 32 bits hold 133,000 products each. */
function integerDot(query: Int8Array, rows: Int8Array, start: number): number {
  const end = query.length - (query.length % 4);
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (let i = 0; i < end; i += 4) {
    const at = start + i;
    sum0 = (sum0 + Math.imul(query[i]!, rows[at]!)) | 0;
    sum1 = (sum1 + Math.imul(query[i + 1]!, rows[at + 1]!)) | 0;
    sum2 = (sum2 + Math.imul(query[i + 2]!, rows[at + 2]!)) | 0;
    sum3 = (sum3 + Math.imul(query[i + 3]!, rows[at + 3]!)) | 0;
  }
  for (let i = end; i < query.length; i++) sum0 += query[i]! * rows[start + i]!;
  return sum0 + sum1 + sum2 + sum3;
}

function floatDot(query: Float32Array, rows: Int8Array, start: number): number {
  const end = query.length - (query.length % 4);
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (let i = 0; i < end; i += 4) {
    const at = start + i;
    sum0 += query[i]! * rows[at]!;
    sum1 += query[i + 1]! * rows[at + 1]!;
    sum2 += query[i + 2]! * rows[at + 2]!;
    sum3 += query[i + 3]! * rows[at + 3]!;
  }
  for (let i = end; i < query.length; i++) sum0 += query[i]! * rows[start + i]!;
  return sum0 + sum1 + sum2 + sum3;
}

/** Rows of stored vectors as they lie in a file or in memory: each `stride` bytes after the one before. */
export interface QuantisedRows {
  readonly values: Int8Array;
  readonly stride: number;
  /** Where the vector starts within a row. */
  readonly offset: number;
  readonly scales: ArrayLike<number>;
}

/**
 * Cosine of a query with every row.
 *
 * @param query   stored, or in full precision: any length, made a unit vector here
 * @param scores  one for each row, overwritten
 */
export function scanRows(
  query: QuantisedVector | Float32Array,
  { values, stride, offset, scales }: QuantisedRows,
  scores: Float64Array,
): void {
  if (query instanceof Float32Array) {
    const norm = vectorNorm(query);
    const inverse = norm > 0 ? 1 / norm : 0;
    for (let row = 0; row < scores.length; row++) scores[row] = floatDot(query, values, row * stride + offset) * scales[row]! * inverse;
  } else {
    for (let row = 0; row < scores.length; row++)
      scores[row] = integerDot(query.values, values, row * stride + offset) * scales[row]! * query.scale;
  }
}
