/** @file How generated tokens and their probabilities are written. */

/** White space has to be seen, and a line break must not break the line. */
export const shownToken = (text: string): string => text.replaceAll("\n", "↵").replaceAll("\t", "→").replaceAll(" ", "·");

/** Small shares keep digits that tell them apart. */
export const sharePercent = (share: number): string => `${(100 * share).toFixed(share >= 0.1 ? 1 : share >= 0.001 ? 2 : 4)} %`;
