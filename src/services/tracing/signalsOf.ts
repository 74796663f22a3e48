/** @file The three signals of one failure over the examples of a run. */
import type { TraceQuery } from "#contracts/attribution.ts";
import { foldedWords } from "#contracts/searchText.ts";
import { centredCosines, type MeanCosines } from "#core/attribution/centre.ts";
import { vectorNorm } from "#core/attribution/quantise.ts";
import type { SignalScores } from "#core/attribution/signals.ts";
import type { FeaturePart, FeatureReader } from "../featureFile.ts";
import type { TrainerHost } from "../trainerHost.ts";
import type { RunExamples } from "./runExamples.ts";

const STATES = ["middleState", "lastState"] as const satisfies readonly FeaturePart[];

/** What states of all examples have in common, by part. */
export type CommonStates = ReadonlyMap<FeaturePart, MeanCosines & { readonly mean: Float32Array }>;

/** Two readings of the feature file for each part; the same for every failure that is searched in it. */
export function commonStates(reader: FeatureReader): CommonStates {
  return new Map(
    STATES.map((part) => {
      const mean = reader.mean(part);
      return [part, { mean, norm: vectorNorm(mean), cosines: reader.scan(mean, part) }];
    }),
  );
}

export interface Question {
  /** What the prompt says and what was answered. */
  readonly text: string;
  readonly query: TraceQuery;
}

export interface Searched {
  readonly trainers: TrainerHost;
  readonly checkpointDir: string;
  readonly examples: Pick<RunExamples, "lexical">;
  readonly reader: FeatureReader;
  readonly common: CommonStates;
  readonly signal: AbortSignal;
}

export async function signalsOf({ text, query }: Question, searched: Searched): Promise<SignalScores> {
  const { trainers, checkpointDir, examples, reader, signal } = searched;
  const { features } = await trainers.queryFeatures({ checkpointDir, spec: reader.header.spec, query, signal });
  return {
    lexical: lexicalScores(text, examples),
    representation: stateScores(features.states, searched),
    gradient: reader.scan(features.gradient, "gradient"),
  };
}

/** Those not trained on, and those that share no word, have no place. */
export function lexicalScores(text: string, { lexical }: Pick<RunExamples, "lexical">): Float64Array {
  return lexical.scores(foldedWords(text)).map((score) => (score > 0 ? score : NaN));
}

/** Mean of both depths' cosines around the mean of all examples. */
function stateScores(states: Float32Array, { reader, common }: Searched): Float64Array {
  const half = states.length / 2;
  const scores = STATES.map((part, p) => {
    const query = states.subarray(p * half, (p + 1) * half);
    const { mean, ...ofMean } = common.get(part)!;
    return centredCosines(reader.scan(query, part), cosine(query, mean), ofMean);
  });
  return scores[0]!.map((score, i) => (score + scores[1]![i]!) / 2);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const norms = vectorNorm(a) * vectorNorm(b);
  return norms > 0 ? a.reduce((sum, value, i) => sum + value * b[i]!, 0) / norms : 0;
}
