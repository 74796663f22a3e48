/** @file Which lengths a micro-batch is padded to. The compiled engine keeps one graph for each, so there should be few. */

/**
 * The smallest allowed length that holds `length` tokens: steps of 32 to 512, of 128 to 1,024, then of 256. Padding wastes at most 31 tokens
 * where rows are short, and about a tenth where they are long.
 *
 * @param limit  the model's window; the last bucket ends there whatever the steps say
 */
export function paddedLength(length: number, limit = Infinity): number {
  const step = length <= 512 ? 32 : length <= 1024 ? 128 : 256;
  return Math.min(limit, Math.max(1, Math.ceil(length / step)) * step);
}
