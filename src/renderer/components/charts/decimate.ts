/** @file Thinning a series to what a screen can draw, without losing a spike or a gap. */

export interface Series {
  /** Ascending. */
  readonly x: readonly number[];
  /** Null: a gap. */
  readonly y: readonly (number | null)[];
}

/**
 * Keeps, for each pixel column, the lowest and the highest value in the order in which they occur, and one null where the column
 * holds a gap. At most three points a column; a series with fewer points than that is returned as it is.
 *
 * @param range first and last x of the axis
 * @param numColumns width of the plot in pixels
 */
export function decimate(series: Series, range: readonly [number, number], numColumns: number): [number, number | null][] {
  const { x, y } = series;
  if (x.length <= numColumns * 2) return x.map((at, i) => [at, y[i] ?? null]);
  const perPixel = (range[1] - range[0]) / Math.max(1, numColumns);
  const points: [number, number | null][] = [];
  let start = 0;
  while (start < x.length) {
    const column = Math.floor((x[start]! - range[0]) / perPixel);
    let end = start + 1;
    while (end < x.length && Math.floor((x[end]! - range[0]) / perPixel) === column) end++;
    points.push(...extremes(series, start, end));
    start = end;
  }
  return points;
}

function extremes({ x, y }: Series, start: number, end: number): [number, number | null][] {
  let low = -1;
  let high = -1;
  let gap = -1;
  for (let i = start; i < end; i++) {
    const value = y[i] ?? null;
    if (value === null) {
      if (gap < 0) gap = i;
      continue;
    }
    if (low < 0 || value < y[low]!) low = i;
    if (high < 0 || value > y[high]!) high = i;
  }
  const kept = [...new Set([low, high, gap])].filter((i) => i >= 0).sort((a, b) => a - b);
  return kept.map((i) => [x[i]!, y[i] ?? null]);
}
