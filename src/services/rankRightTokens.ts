/** @file Of failures whose right token was not among the likeliest told: how likely it was, asked of the model in one pass each. */
import type { Diagnosis } from "#contracts/diagnosis.ts";
import type { ScoreQuestion, TokenScore } from "#contracts/trainer.ts";
import type { Core } from "./core.ts";
import type { JobHandle } from "./jobs.ts";

export interface UnrankedToken extends ScoreQuestion {
  readonly failureIndex: number;
}

/** The question to ask of a diagnosis, if there is one. @param promptIds what the output was asked with */
export function unrankedToken(failureIndex: number, diagnosis: Diagnosis, promptIds: Int32Array, tokenIds: Int32Array): UnrankedToken[] {
  const wrong = diagnosis.firstWrong;
  if (wrong === null || wrong.right === null || wrong.right.rank !== null) return [];
  const inputIds = new Int32Array(promptIds.length + Math.min(wrong.position, tokenIds.length));
  inputIds.set(promptIds);
  inputIds.set(tokenIds.subarray(0, wrong.position), promptIds.length);
  return [{ failureIndex, inputIds, tokenId: wrong.right.id }];
}

export function withScore(diagnosis: Diagnosis, { logProb, rank }: Pick<TokenScore, "logProb" | "rank">): Diagnosis {
  const wrong = diagnosis.firstWrong;
  if (wrong === null || wrong.right === null) return diagnosis;
  return { ...diagnosis, firstWrong: { ...wrong, right: { ...wrong.right, probability: Math.exp(logProb), rank } } };
}

interface Ranking<Failure> {
  readonly handle: JobHandle;
  readonly modelDir: string;
  readonly failures: readonly Failure[];
  readonly unranked: readonly UnrankedToken[];
}

/** @returns the failures, each right token with its probability and rank */
export async function rankRightTokens<Failure extends { readonly diagnosis: Diagnosis }>(
  core: Core,
  { handle, modelDir, failures, unranked }: Ranking<Failure>,
): Promise<readonly Failure[]> {
  if (unranked.length === 0) return failures;
  handle.report({ phase: "looking up right tokens", unit: "failures", done: 0, total: unranked.length });
  let numDone = 0;
  const scores = await core.trainers.score({
    modelDir,
    questions: unranked.map(({ inputIds, tokenId }) => ({ inputIds, tokenId })),
    onScore: () => handle.report({ done: ++numDone }),
    signal: handle.signal,
  });
  const scoreOf = new Map(scores.map((score) => [unranked[score.questionIndex]!.failureIndex, score]));
  return failures.map((failure, i) => {
    const score = scoreOf.get(i);
    return score === undefined ? failure : { ...failure, diagnosis: withScore(failure.diagnosis, score) };
  });
}
