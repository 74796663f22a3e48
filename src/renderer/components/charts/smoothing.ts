/** @file Smoothing of a noisy series for the eye; stored numbers never pass through here. */

/**
 * Bias-corrected exponential mean, as Adam corrects its moments:
 *
 *   m_t = beta * m_{t-1} + (1 - beta) * x_t,   shown_t = m_t / (1 - beta^t)
 *
 * A value that is not finite (null) leaves a gap and does not enter the mean; t counts finite values only.
 *
 * @param beta in [0, 1); 0 shows the raw series
 */
export function smoothSeries(values: readonly (number | null)[], beta: number): (number | null)[] {
  let mean = 0;
  let remaining = 1;
  return values.map((value) => {
    if (value === null) return null;
    mean = beta * mean + (1 - beta) * value;
    remaining *= beta;
    return mean / (1 - remaining);
  });
}
