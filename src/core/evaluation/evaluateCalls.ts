/** @file Rates over judged predictions: whole, and by what the held-out trajectories say of themselves. */
import type { FailureCode } from "#contracts/calls.ts";
import type { JsonValue } from "#contracts/json.ts";
import type { EvaluationSummary, Rate } from "#contracts/procedures/evaluations.ts";
import type { Judgement } from "./judgePrediction.ts";
import { wilson } from "./wilson.ts";

export interface JudgedPrompt {
  readonly judgement: Pick<Judgement, "isCallReference" | "isMalformed" | "isDecisionRight" | "comparison" | "codes">;
  /** Of the trajectory that the prompt was made from. */
  readonly metadata: { readonly [key: string]: JsonValue };
}

export type CallRates = Pick<
  EvaluationSummary,
  "calls" | "prompts" | "exactCallRate" | "malformedRate" | "decisionRate" | "slices" | "byCode"
>;

/**
 * - `exactCallRate`: of the prompts whose reference is a call, those where names and arguments are structurally equal
 * - `malformedRate`: of all prompts, those whose output leaves the grammar or has arguments that are no JSON object
 * - `decisionRate`: of all prompts, those where call or text was decided as in the reference
 * - `byCode`: failures by their primary code
 */
export function evaluateCalls(prompts: readonly JudgedPrompt[]): CallRates {
  const byCode: Partial<Record<FailureCode, number>> = {};
  for (const { judgement } of prompts) {
    const primary = judgement.codes[0];
    if (primary !== undefined) byCode[primary] = (byCode[primary] ?? 0) + 1;
  }
  return {
    prompts: prompts.length,
    calls: prompts.filter(({ judgement }) => judgement.isCallReference).length,
    exactCallRate: exactCallRate(prompts),
    malformedRate: rateOf(prompts, ({ judgement }) => judgement.isMalformed),
    decisionRate: rateOf(prompts, ({ judgement }) => judgement.isDecisionRight),
    slices: slicesOf(prompts),
    byCode: Object.fromEntries(Object.entries(byCode).sort(([a], [b]) => a.localeCompare(b))),
  };
}

function exactCallRate(prompts: readonly JudgedPrompt[]): Rate {
  const calls = prompts.filter(({ judgement }) => judgement.isCallReference);
  return rateOf(calls, ({ judgement }) => judgement.comparison.structural);
}

function rateOf(prompts: readonly JudgedPrompt[], holds: (prompt: JudgedPrompt) => boolean): Rate {
  return wilson(prompts.filter(holds).length, prompts.length);
}

/** A metadata key with more values than this is a name, not a slice. */
const MAX_SLICE_VALUES = 12;

/**
 * Metadata `template_seen: true` puts a trajectory into "templates: seen", false into "templates: unseen"; a short text under `slice_...`
 * (`slice_kind: "several steps"`) into "kind: several steps". Other metadata slices nothing. Slices without a call are left out.
 */
function slicesOf(prompts: readonly JudgedPrompt[]): EvaluationSummary["slices"] {
  const byKey = new Map<string, Map<string, JudgedPrompt[]>>();
  for (const prompt of prompts) {
    for (const [key, value] of Object.entries(prompt.metadata)) {
      const slice = sliceOf(key, value);
      if (slice === null) continue;
      const byValue = byKey.get(slice.name) ?? new Map<string, JudgedPrompt[]>();
      byKey.set(slice.name, byValue);
      byValue.set(slice.value, [...(byValue.get(slice.value) ?? []), prompt]);
    }
  }
  return [...byKey]
    .filter(([, byValue]) => byValue.size <= MAX_SLICE_VALUES)
    .flatMap(([name, byValue]) =>
      [...byValue].map(([value, members]) => ({ name: `${name}: ${value}`, exactCallRate: exactCallRate(members) })),
    )
    .filter((slice) => slice.exactCallRate.denominator > 0)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The part of a trajectory's metadata that slices read. */
export function sliceMetadata(metadata: JudgedPrompt["metadata"]): JudgedPrompt["metadata"] {
  return Object.fromEntries(Object.entries(metadata).filter(([key, value]) => sliceOf(key, value) !== null));
}

function sliceOf(key: string, value: JsonValue): { readonly name: string; readonly value: string } | null {
  const seen = /^(.+?)s?_seen$/.exec(key);
  if (seen !== null && typeof value === "boolean") return { name: `${seen[1]}s`, value: value ? "seen" : "unseen" };
  if (key.startsWith("slice_") && typeof value === "string") return { name: key.slice(6).replaceAll("_", " "), value };
  return null;
}
