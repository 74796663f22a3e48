/** @file Rates over judged predictions: whole, and by what the held-out trajectories say of themselves. */
import { DECISIONS, type FailureCode } from "#contracts/calls.ts";
import type { DecisionCounts, EvaluationSummary, Rate } from "#contracts/procedures/evaluations.ts";
import type { Judgement } from "./judgePrediction.ts";
import { faultCondition, sliceNames, type SliceMetadata } from "./slices.ts";
import { wilson } from "./wilson.ts";

export interface JudgedPrompt {
  readonly judgement: Pick<
    Judgement,
    "isCallReference" | "isCallAttempt" | "isMalformed" | "isDecisionRight" | "decisions" | "comparison" | "codes"
  >;
  /** Of the trajectory that the prompt was made from; see `sliceMetadata`. */
  readonly metadata: SliceMetadata;
  /** Whether the output shows the fault whose condition the prompt meets; false where it meets none. */
  readonly showsPlantedFault: boolean;
}

export type CallRates = Pick<
  EvaluationSummary,
  | "calls"
  | "prompts"
  | "exactCallRate"
  | "malformedRate"
  | "decisionRate"
  | "decisions"
  | "outcomes"
  | "slices"
  | "faultConditions"
  | "byCode"
>;

/**
 * - `exactCallRate`: of the prompts whose reference is a call, those where names and arguments are structurally equal
 * - `malformedRate`: of all prompts, those whose output leaves the grammar or has arguments that are no JSON object
 * - `decisionRate`: of all prompts, those where call or text was decided as in the reference
 * - `decisions`: of all prompts, what was decided against what the reference decides (`decision.ts` says how far to trust it)
 * - `outcomes`: of the prompts whose reference is a call: a readable call, none, or an attempt that cannot be read; they add up to one
 * - `slices`: the first three over the prompts of each slice
 * - `faultConditions`: prompts under the condition of a planted fault; they are in no other rate
 * - `byCode`: failures of all prompts by their primary code
 */
export function evaluateCalls(judged: readonly JudgedPrompt[]): CallRates {
  const prompts = judged.filter(({ metadata }) => faultCondition(metadata) === null);
  return {
    prompts: prompts.length,
    calls: prompts.filter(({ judgement }) => judgement.isCallReference).length,
    exactCallRate: exactCallRate(prompts),
    malformedRate: rateOf(prompts, ({ judgement }) => judgement.isMalformed),
    decisionRate: rateOf(prompts, ({ judgement }) => judgement.isDecisionRight),
    decisions: countDecisions(prompts),
    outcomes: outcomesOf(prompts),
    slices: slicesOf(prompts),
    faultConditions: faultConditionsOf(judged),
    byCode: countByCode(judged),
  };
}

function countByCode(judged: readonly JudgedPrompt[]): Partial<Record<FailureCode, number>> {
  const byCode = new Map<FailureCode, number>();
  for (const { judgement } of judged) {
    const primary = judgement.codes[0];
    if (primary !== undefined) byCode.set(primary, (byCode.get(primary) ?? 0) + 1);
  }
  return Object.fromEntries([...byCode].sort(([a], [b]) => a.localeCompare(b)));
}

function exactCallRate(prompts: readonly JudgedPrompt[]): Rate {
  const calls = prompts.filter(({ judgement }) => judgement.isCallReference);
  return rateOf(calls, ({ judgement }) => judgement.comparison.structural);
}

function rateOf(prompts: readonly JudgedPrompt[], holds: (prompt: JudgedPrompt) => boolean): Rate {
  return wilson(prompts.filter(holds).length, prompts.length);
}

export function noDecisions(): DecisionCounts {
  const row = () => Object.fromEntries([...DECISIONS, "none"].map((got) => [got, 0])) as Record<keyof DecisionCounts["call"], number>;
  return { call: row(), ask: row(), answer: row(), cannot: row() };
}

function countDecisions(prompts: readonly JudgedPrompt[]): DecisionCounts {
  const counts = noDecisions() as Record<keyof DecisionCounts, Record<keyof DecisionCounts["call"], number>>;
  for (const { judgement } of prompts) {
    const { expected, got } = judgement.decisions;
    if (expected !== null) counts[expected][got ?? "none"]++;
  }
  return counts;
}

function outcomesOf(prompts: readonly JudgedPrompt[]): EvaluationSummary["outcomes"] {
  const calls = prompts.filter(({ judgement }) => judgement.isCallReference);
  return {
    called: rateOf(calls, ({ judgement }) => judgement.isCallAttempt && !judgement.isMalformed),
    abstained: rateOf(calls, ({ judgement }) => !judgement.isCallAttempt),
    malformed: rateOf(calls, ({ judgement }) => judgement.isCallAttempt && judgement.isMalformed),
  };
}

function slicesOf(prompts: readonly JudgedPrompt[]): EvaluationSummary["slices"] {
  return [...groupBy(prompts, ({ metadata }) => sliceNames(metadata))]
    .map(([name, members]) => ({
      name,
      exactCallRate: exactCallRate(members),
      decisionRate: rateOf(members, ({ judgement }) => judgement.isDecisionRight),
      malformedRate: rateOf(members, ({ judgement }) => judgement.isMalformed),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function faultConditionsOf(judged: readonly JudgedPrompt[]): EvaluationSummary["faultConditions"] {
  const groups = groupBy(judged, ({ metadata }) => [faultCondition(metadata)].filter((name) => name !== null));
  return [...groups]
    .map(([name, members]) => ({ name, surfaced: rateOf(members, ({ showsPlantedFault }) => showsPlantedFault) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function groupBy<T>(all: readonly T[], keysOf: (each: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    for (const key of keysOf(each)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [each]);
      else group.push(each);
    }
  }
  return groups;
}
