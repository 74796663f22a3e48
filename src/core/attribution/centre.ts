/**
 * @file Cosines around the mean of all examples, from cosines around zero.
 *
 *   cos(q - m, z - m) = (q·z - q·m - z·m + m·m) / (|q - m| |z - m|)        q and z unit vectors, m the mean of all z
 *
 * Pooled states share a large common part that says nothing of any one of them; without it what sets examples apart is left.
 */

export interface MeanCosines {
  /** |m| */
  readonly norm: number;
  /** Cosine of every example with m. */
  readonly cosines: ArrayLike<number>;
}

/**
 * @param cosines  of the query with every example; NaN where there is none
 * @param withMean cosine of the query with m
 */
export function centredCosines(cosines: ArrayLike<number>, withMean: number, mean: MeanCosines): Float64Array {
  const { norm } = mean;
  const squares = norm * norm;
  const lengthFromMean = (cosine: number): number => Math.sqrt(Math.max(0, 1 - 2 * cosine * norm + squares));
  const fromMean = lengthFromMean(withMean);
  return Float64Array.from(cosines, (cosine, i) => {
    const ofRow = mean.cosines[i]!;
    const lengths = fromMean * lengthFromMean(ofRow);
    const product = cosine - (withMean + ofRow) * norm + squares;
    return Number.isNaN(product) ? NaN : lengths > 0 ? product / lengths : 0;
  });
}
