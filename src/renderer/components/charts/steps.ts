/** @file Finding a step among ascending ones. */

/** Index of the value nearest to `wanted`; -1 for no values. */
export function nearestIndex(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - ascending[low - 1]! <= ascending[low]! - wanted ? low - 1 : low;
}
