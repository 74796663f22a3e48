/** @file How likely given tokens are to come next: one pass over each sequence, nothing is generated. */
import { AppError } from "#contracts/errors.ts";
import type { ScoreQuestion, TokenScore } from "#contracts/trainer.ts";
import type { Generator } from "./generate.ts";
import { scoreToken } from "./sampling.ts";

export interface ScoreOptions {
  readonly onScore: (score: TokenScore) => void;
  readonly signal?: AbortSignal;
}

/**
 * Answers the questions in their order.
 *
 * @throws E_CANCELLED when the signal fires, E_ENGINE for a sequence that does not fit the model's window
 */
export async function scoreTokens(generator: Generator, questions: readonly ScoreQuestion[], options: ScoreOptions): Promise<void> {
  const limit = generator.config.maxPositionEmbeddings;
  const longest = questions.reduce((length, { inputIds }) => Math.max(length, inputIds.length), 0);
  if (longest > limit || questions.some(({ inputIds }) => inputIds.length === 0)) {
    throw new AppError("E_ENGINE", { detail: `a sequence of 1 to ${limit} tokens is needed` });
  }
  if (questions.length === 0) return;
  const decoding = generator.openDecoding(1, longest);
  for (const [questionIndex, { inputIds, tokenId }] of questions.entries()) {
    if (options.signal?.aborted === true) throw new AppError("E_CANCELLED", { what: "Scoring" });
    options.onScore({ questionIndex, ...scoreToken(await decoding.prefill(0, inputIds), tokenId) });
  }
}
