/** @file Exact scores of candidates against one failure, and which tokens they come from. */
import type { ExactScore } from "#contracts/attribution.ts";
import type { ExactProducts } from "./ghostDot.ts";

/**
 * The cosine of each candidate's gradient with the query's, and heat maps that add up to it:
 *
 *   score(z) = ⟨dW(q), dW(z)⟩ / (|dW(q)| |dW(z)|) = sum of z's tokens = sum of q's tokens
 *
 * @param indices         of the candidates, row by row; rows after them are filling
 * @param lengths         tokens of each candidate without its padding, which contributes nothing
 * @param squaredNorm     |dW(q)|²
 * @param numQueryTokens  of each part of the query: the bad output, and its correction where there is one
 */
export function exactScores(
  { products_B, tokens_BT, queryTokens_BQ, squaredNorms_B }: ExactProducts,
  indices: readonly number[],
  {
    lengths,
    squaredNorm,
    numQueryTokens,
  }: { readonly lengths: readonly number[]; readonly squaredNorm: number; readonly numQueryTokens: readonly number[] },
): ExactScore[] {
  const B = products_B.length;
  const [T, Q] = [tokens_BT.length / B, queryTokens_BQ.length / B];
  return indices.map((index, b) => {
    const norm = Math.sqrt(squaredNorms_B[b]! * squaredNorm);
    const factor = norm > 0 ? 1 / norm : 0;
    // what a position adds is what predicting the token behind it asks for, so it is that token's; the last position predicts nothing
    const heat = (contributions: Float64Array, start: number, length: number): Float32Array =>
      Float32Array.from({ length }, (_, t) => (t === 0 ? 0 : factor * contributions[start + t - 1]!));
    const [numBad, numCorrect = 0] = numQueryTokens;
    return {
      index,
      score: factor * products_B[b]!,
      norm: Math.sqrt(squaredNorms_B[b]!),
      tokens: heat(tokens_BT, b * T, lengths[b]!),
      badTokens: heat(queryTokens_BQ, b * Q, numBad! + 1),
      correctTokens: numCorrect === 0 ? new Float32Array() : heat(queryTokens_BQ, b * Q + numBad!, numCorrect + 1),
    };
  });
}
