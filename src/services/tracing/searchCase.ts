/** @file One case searched: the signals fused, the first hundred and the strongest opponents compared exactly. */
import type { ExactScore } from "#contracts/attribution.ts";
import type { CaseTrace } from "#contracts/tracing.ts";
import { rankByScore } from "#core/attribution/fuse.ts";
import { rankExamples, type RankedExample, type SignalScores } from "#core/attribution/signals.ts";
import type { Core } from "../core.ts";
import type { CaseQuestion } from "./caseQuestion.ts";
import type { SearchSpace } from "./searchSpace.ts";
import { type Searched, signalsOf } from "./signalsOf.ts";

/** Compared exactly, by the fused order. */
export const NUM_RERANKED = 100;
/** Compared exactly besides: those whose gradients point the other way most. */
const NUM_OPPOSED = 20;

export interface SearchedCase {
  /** What it was searched in; of a wide model until the next case is indexed. */
  readonly searched: Searched;
  readonly scores: SignalScores;
  /** In the fused order. */
  readonly ranked: readonly RankedExample[];
  /** Exact scores of the first hundred and of the opponents. */
  readonly exact: ReadonlyMap<number, ExactScore>;
  /** Most negative first. */
  readonly opponents: readonly RankedExample[];
  readonly numIndexed: number;
  readonly seconds: CaseTrace["seconds"];
}

export interface Progress {
  readonly signal: AbortSignal;
  readonly onPhase: (phase: string, done?: number, total?: number) => void;
}

/** What the signals of a space are asked with, once its features are there. */
export async function openSearch(
  core: Core,
  space: SearchSpace,
  text: string,
  { signal, onPhase }: Progress,
): Promise<Searched & { readonly seconds: number }> {
  onPhase("indexing");
  const { reader, common, seconds } = await space.features(text, (done, total) => onPhase("indexing", done, total));
  return { trainers: core.trainers, checkpointDir: space.checkpoint.dir, examples: space.examples, reader, common, signal, seconds };
}

export async function searchCase(core: Core, space: SearchSpace, question: CaseQuestion, progress: Progress): Promise<SearchedCase> {
  const { signal, onPhase } = progress;
  const searched = await openSearch(core, space, question.text, progress);
  onPhase("searching");
  const startedAt = performance.now();
  const scores = await signalsOf(question, searched);
  const first = rankExamples(scores).slice(0, NUM_RERANKED);
  const byGradient = rankByScore(scores.gradient);
  const opposed = byGradient.slice(-NUM_OPPOSED).filter((index) => scores.gradient[index]! < 0);
  const searchSeconds = (performance.now() - startedAt) / 1000;
  onPhase("comparing");
  const indices = [...new Set([...first.map(({ index }) => index), ...opposed])];
  const { checkpoint, runDir } = space;
  let done = 0;
  const compared = await core.trainers.rerank({
    ...{ runDir, checkpointDir: checkpoint.dir, spec: searched.reader.header.spec, query: question.query, indices, signal },
    onScores: (some) => onPhase("comparing", (done += some.length), indices.length),
  });
  const exact = new Map(compared.scores.map((score) => [score.index, score]));
  const ranked = rankExamples(scores, new Map(first.flatMap(({ index }) => (exact.has(index) ? [[index, exact.get(index)!.score]] : []))));
  const byIndex = new Map(ranked.map((one) => [one.index, one]));
  return {
    ...{ searched, scores, ranked, exact },
    opponents: compared.scores
      .filter(({ score }) => score < 0)
      .sort((a, b) => a.score - b.score)
      .flatMap(({ index }) => byIndex.get(index) ?? []),
    numIndexed: searched.reader.numRows,
    seconds: { indexing: searched.seconds, search: searchSeconds, rerank: compared.seconds },
  };
}
