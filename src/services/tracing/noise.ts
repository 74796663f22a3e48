/**
 * @file How high scores reach where no example is to blame: the same search for right outputs of the same checkpoint.
 *
 * A right output has no error to ask about, so the one that it came nearest to is: at its least certain token the likeliest other one, against the
 * token it wrote. No training example taught that, as far as the output shows; what argues for it is what arguing for anything comes to.
 */
import { AppError } from "#contracts/errors.ts";
import { type CaseTrace, SIGNALS, type Signal, type SignalNoise } from "#contracts/tracing.ts";
import type { AssistantTurn } from "#contracts/trajectory.ts";
import { failureQuery } from "#core/attribution/failureQuery.ts";
import { agreement } from "#core/attribution/signals.ts";
import { buildPrompt } from "#core/tokenizer/buildPrompt.ts";
import type { Core } from "../core.ts";
import { questionText } from "./caseQuestion.ts";
import type { Progress, SearchedCase } from "./searchCase.ts";
import type { SearchSpace } from "./searchSpace.ts";
import { type Question, type Searched, signalsOf } from "./signalsOf.ts";

/** With half as many the deviation is known too badly to tell agreement by. */
const NUM_OUTPUTS = 24;
const FEWEST = 5;

export interface Noise {
  /** Of each signal's best score. */
  readonly bySignal: CaseTrace["noise"];
  /** Of how far the signals agree on the first places. */
  readonly agreement: SignalNoise;
}

/** @param searched  the failure, and what it was searched in: nothing is indexed for the sake of noise */
export type NoiseOf = (searched: Pick<SearchedCase, "scores" | "searched">, isContrastive: boolean, progress: Progress) => Promise<Noise>;

/** Of several outputs. */
type Reached = Readonly<Record<Signal | "agreement", readonly number[]>>;

/** Of one space; right outputs are searched once for all its cases. */
export function noiseIn(core: Core, space: SearchSpace): NoiseOf {
  const known = new Map<boolean, Promise<Reached>>();
  return async ({ scores, searched }, isContrastive, progress) => {
    let reached = known.get(isContrastive);
    if (reached === undefined) {
      reached = reachedByRightOutputs(core, space, { isContrastive, searched, progress });
      known.set(isContrastive, reached);
      reached.catch(() => known.delete(isContrastive));
    }
    const found = await reached;
    return {
      bySignal: Object.fromEntries(SIGNALS.map((signal) => [signal, noiseOf(found[signal], bestOf(scores[signal]))])) as Record<
        Signal,
        SignalNoise
      >,
      agreement: noiseOf(found.agreement, agreement(scores)),
    };
  };
}

export function noiseOf(reached: readonly number[], own: number): SignalNoise {
  const n = reached.length;
  const mean = n === 0 ? 0 : reached.reduce((sum, value) => sum + value, 0) / n;
  const squares = reached.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = n < 2 ? 0 : Math.sqrt(squares / (n - 1));
  return { mean, deviation, numOutputs: n, z: n < FEWEST || !(deviation > 0) || !Number.isFinite(own) ? null : (own - mean) / deviation };
}

const bestOf = (scores: Float64Array): number => scores.reduce((most, score) => (score > most ? score : most), -Infinity);

async function reachedByRightOutputs(
  core: Core,
  space: SearchSpace,
  { isContrastive, searched, progress }: { readonly isContrastive: boolean; readonly searched: Searched; readonly progress: Progress },
): Promise<Reached> {
  const reached: Record<Signal | "agreement", number[]> = { lexical: [], representation: [], gradient: [], agreement: [] };
  const questions = await rightQuestions(core, space, isContrastive, progress.signal);
  for (const [i, question] of questions.entries()) {
    progress.onPhase("measuring noise", i, questions.length);
    const scores = await signalsOf(question, searched);
    for (const signal of SIGNALS) if (bestOf(scores[signal]) > -Infinity) reached[signal].push(bestOf(scores[signal]));
    reached.agreement.push(agreement(scores));
  }
  return reached;
}

/** An output that was right, up to its least certain token. */
interface RightOutput {
  readonly text: string;
  readonly promptIds: Int32Array;
  readonly tokenIds: Int32Array;
  readonly position: number;
}

async function rightQuestions(core: Core, space: SearchSpace, isContrastive: boolean, signal: AbortSignal): Promise<Question[]> {
  const outputs = rightOutputs(core, space);
  if (outputs.length === 0) return [];
  const { results } = await core.trainers.generate({
    modelDir: space.checkpoint.dir,
    prompts: outputs.map(({ promptIds, tokenIds, position }) => Int32Array.of(...promptIds, ...tokenIds.subarray(0, position))),
    sampling: { temperature: 0, topP: 1, seed: 1, maxNewTokens: 1, numAlternatives: 2 },
    stopTokenIds: [],
    signal,
  });
  return results.flatMap(({ promptIndex, alternativeIds }) => {
    const { text, promptIds, tokenIds, position } = outputs[promptIndex]!;
    const other = alternativeIds.find((id) => id !== tokenIds[position]);
    if (other === undefined) return [];
    const outputIds = Int32Array.of(...tokenIds.subarray(0, position), other);
    const rightIds = isContrastive ? tokenIds.slice(0, position + 1) : null;
    const maxLength = space.model.config.maxPositionEmbeddings;
    const nearest = failureQuery({ promptIds, outputIds, spans: [{ start: position, end: position + 1 }], rightIds }, maxLength);
    const right = failureQuery({ promptIds, outputIds: tokenIds, spans: [], rightIds: null }, maxLength);
    return [{ text, query: { ...nearest, pooled: right.bad } }];
  });
}

/** Some of those that the newest evaluation of the checkpoint judged right, spread over it. */
function rightOutputs(core: Core, { runId, checkpoint, model, window }: SearchSpace): RightOutput[] {
  const { evaluations, contents } = core.store;
  const newest = evaluations.list(runId).find(({ measures, checkpointStep }) => measures !== null && checkpointStep === checkpoint.step);
  if (newest === undefined) return [];
  const right = evaluations.predictions(newest.id).filter(({ code }) => code === null);
  const chosen = Array.from(
    { length: Math.min(NUM_OUTPUTS, right.length) },
    (_, i, n = Math.min(NUM_OUTPUTS, right.length)) => right[Math.floor(((i + 0.5) * right.length) / n)]!,
  );
  return chosen.flatMap(({ position: place, contentId, turnIndex, text }) => {
    const tokens = evaluations.tokens(newest.id, place);
    if (tokens === null || tokens.tokenIds.length === 0) return [];
    const { content } = contents.read(contentId);
    const neededTools = (content.turns[turnIndex] as AssistantTurn).calls.map(({ name }) => name);
    try {
      const maxLength = window - tokens.tokenIds.length;
      const { inputIds: promptIds } = buildPrompt(content, turnIndex, model.tokenizer, { maxLength, neededTools });
      const position = tokens.logProbs.reduce((least, logProb, i) => (logProb < tokens.logProbs[least]! ? i : least), 0);
      return [{ text: questionText(content.turns.slice(0, turnIndex), text), promptIds, tokenIds: tokens.tokenIds, position }];
    } catch (error) {
      if (error instanceof AppError && error.code === "E_EXAMPLE_TOO_LONG") return [];
      throw error;
    }
  });
}
