/**
 * @file Feature vectors in a byte a number, and the search through them.
 *
 *   v / |v|  ≈  scale * q |q|,   q = sign(v) round(127 sqrt(|v| / max |v|)),   scale = 1 / |q |q||
 *
 * A byte holds the root of a number: gradients have few numbers that are far larger than all others, and with steps of equal width the many
 * small ones, which tell examples apart, would round to nothing. The squared error is 4 E|v| / max|v| of that of equal steps. The scale makes
 * what is stored a unit vector again, so that its product with a unit vector is their cosine.
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

/** The largest becomes 127. */
export function quantise(vector: Float32Array): QuantisedVector {
  const values = new Int8Array(vector.length);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const norm = vectorNorm(vector);
  if (!(norm > 0)) return { values, scale: 0, norm: 0 };
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const root = Math.round(Math.sqrt(Math.abs(vector[i]!) / largest) * LARGEST);
    values[i] = vector[i]! < 0 ? -root : root;
    squares += root ** 4;
  }
  return { values, scale: 1 / Math.sqrt(squares), norm };
}

/** The unit vector that is stored. */
export const dequantise = ({ values, scale }: Pick<QuantisedVector, "values" | "scale">): Float32Array =>
  Float32Array.from(values, (root) => root * Math.abs(root) * scale);

/** q |q| by the byte that holds q, unsigned: a load is four times as fast as the product here. */
const DECODED = Float32Array.from({ length: 256 }, (_, byte) => {
  const root = (byte << 24) >> 24;
  return root * Math.abs(root);
});

/** Four sums side by side: with one, each addition would wait for the one before. */
function dot(query: Float32Array, rows: Int8Array, start: number): number {
  const end = query.length - (query.length % 4);
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (let i = 0; i < end; i += 4) {
    const at = start + i;
    sum0 += query[i]! * DECODED[rows[at]! & 255]!;
    sum1 += query[i + 1]! * DECODED[rows[at + 1]! & 255]!;
    sum2 += query[i + 2]! * DECODED[rows[at + 2]! & 255]!;
    sum3 += query[i + 3]! * DECODED[rows[at + 3]! & 255]!;
  }
  for (let i = end; i < query.length; i++) sum0 += query[i]! * DECODED[rows[start + i]! & 255]!;
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
 * @param query   of any length, made a unit vector here
 * @param scores  one for each row, overwritten
 */
export function scanRows(query: Float32Array, { values, stride, offset, scales }: QuantisedRows, scores: Float64Array): void {
  const norm = vectorNorm(query);
  const inverse = norm > 0 ? 1 / norm : 0;
  for (let row = 0; row < scores.length; row++) scores[row] = dot(query, values, row * stride + offset) * scales[row]! * inverse;
}
