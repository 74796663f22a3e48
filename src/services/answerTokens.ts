/** @file Generated tokens in words: what each says, how likely it was, and what else was. */
import type { AnswerToken } from "#contracts/cases.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";

export function answerTokens(
  { tokenIds, logProbs, alternativeIds, alternativeLogProbs }: GeneratedTokens,
  textOf: (id: number) => string,
): readonly AnswerToken[] {
  const K = alternativeIds.length / Math.max(1, tokenIds.length);
  const tokenOf = (id: number, logProb: number) => ({ id, text: textOf(id), probability: Math.exp(logProb) });
  return Array.from(tokenIds, (id, t) => ({
    ...tokenOf(id, logProbs[t]!),
    alternatives: Array.from(alternativeIds.subarray(t * K, (t + 1) * K), (other, k) => tokenOf(other, alternativeLogProbs[t * K + k]!)),
  }));
}

/** The generated text without the stop token that ended it. */
export function answerText(tokenIds: Int32Array, tokenizer: Tokenizer): string {
  return tokenizer.decode(tokenIds.at(-1) === tokenizer.special.eos ? tokenIds.subarray(0, -1) : tokenIds);
}
