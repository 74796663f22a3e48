/**
 * @file Table lookups on plain arrays. The compiled graph sees looked-up rows, never a table's indices: that keeps an embedding's gradient a
 * short list of rows to add instead of a scatter whose parallel order would not repeat.
 */

/** `rows[i] = table[indices[i]]`, rows of `width` numbers. */
export function gatherRows(table: Float32Array, width: number, indices: ArrayLike<number>, rows: Float32Array): void {
  for (let i = 0; i < indices.length; i++) {
    const start = indices[i]! * width;
    rows.set(table.subarray(start, start + width), i * width);
  }
}

/** `table[indices[i]] += rows[i]`, in the order of `i`: the gradient of `gatherRows`. */
export function scatterAddRows(table: Float32Array, width: number, indices: ArrayLike<number>, rows: Float32Array): void {
  for (let i = 0; i < indices.length; i++) {
    const to = indices[i]! * width;
    const from = i * width;
    for (let j = 0; j < width; j++) table[to + j] = table[to + j]! + rows[from + j]!;
  }
}
