/** @file Evidence in words: signals, grades, and how far they can be trusted. */
import type { CaseTrace, EvidenceGrade, ExactHit, FieldHeat, Signal, SignalNoise, TraceReliability } from "#contracts/tracing.ts";
import { formatCount, formatDuration, plural } from "../../../../format/numbers.ts";

export const SIGNAL_WORDS: Readonly<Record<Signal, { readonly title: string; readonly meaning: string; readonly unit: string }>> = {
  lexical: { title: "Lexical", meaning: "words in common", unit: "BM25" },
  representation: { title: "Representation", meaning: "similar state over the answer", unit: "cosine" },
  gradient: { title: "Gradient", meaning: "pushed towards this error", unit: "cosine" },
};
export const GRADE_WORDS: Readonly<Record<EvidenceGrade, string>> = { similar: "Similar", likely: "Likely", confirmed: "Confirmed" };
export const GRADE_MEANINGS: Readonly<Record<EvidenceGrade, string>> = {
  similar: "Similar: one signal ranks it among its first ten",
  likely: "Likely: two of three signals rank it among their first ten",
  confirmed: "Confirmed: without its set the output changed",
};
const HIT_WORDS: Readonly<Record<ExactHit["kind"], string>> = { toolName: "tool", argumentKey: "argument", argumentValue: "value" };
export const FIELD_WORDS: Readonly<Record<FieldHeat["kind"], string>> = {
  decision: "Decision",
  toolName: "Tool name",
  argumentKey: "Argument",
  argumentValue: "Value",
  other: "The rest",
};

const MINUS = "\u2212";

/** BM25 with one digit; cosines with three and their sign. */
export function scoreText(signal: Signal, score: number): string {
  if (signal === "lexical") return score.toFixed(1);
  return signedScore(score);
}
export function signedScore(score: number): string {
  const text = Math.abs(score).toFixed(3);
  if (Number(text) === 0) return text;
  return `${score < 0 ? MINUS : "+"}${text}`;
}

/** How high right outputs score, and how far the failure lies from them. */
export function noiseText(signal: Signal, { mean, deviation, numOutputs, z }: SignalNoise): string {
  if (z === null) return `${plural(numOutputs, "right output")} to compare with: too few to tell chance`;
  const digits = signal === "lexical" ? 1 : 3;
  return `right outputs reach ${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}; this one lies ${z.toFixed(1)} deviations above`;
}

/** The sentence that stands instead of a cause. */
export function nothingText({ noise }: CaseTrace): string {
  const zs = Object.values(noise).flatMap(({ z }) => (z === null ? [] : [z]));
  const best = zs.length === 0 ? "" : ` (z ${Math.max(...zs).toFixed(1)} at best)`;
  return `No training example stands out above what right outputs reach${best}, and the signals do not agree on one. Likely there is too little good data for this, or the base model does it by itself.`;
}

export function reliabilityText({ rows, canaryRunId }: TraceReliability): string {
  const all = rows.find(({ fault }) => fault === null) ?? rows[0];
  if (all === undefined) return `Measured with ${canaryRunId}: no planted fault showed, so nothing could be traced.`;
  const found = (all.recallAt10 * 10).toFixed(1).replace(/\.0$/u, "");
  return `On this run ${found} of 10 named examples were planted ones (${plural(all.numTraced, "output")} traced in ${canaryRunId}).`;
}

export function timeText({ seconds, numExamples }: CaseTrace): string {
  const { indexing, search, rerank } = seconds;
  const short = (value: number): string => (value < 10 ? `${value.toFixed(1)} s` : formatDuration(value));
  const indexed = indexing === 0 ? "" : `indexed in ${short(indexing)}, `;
  return `${formatCount(numExamples)} examples ${indexed}searched in ${short(search)}, ranked exactly in ${short(rerank)}`;
}

export function hitText({ kind, text }: ExactHit): string {
  return `${HIT_WORDS[kind]} ${text}`;
}
