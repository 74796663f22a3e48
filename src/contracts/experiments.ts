/**
 * @file A case's notebook: hypotheses of why it happened, and experiments that would tell.
 *
 * An experiment asks the case's question again with one thing changed, and compares what the model does; with its result a verdict can be
 * given. Experiments on training data say whether traced examples are the cause: a patch in seconds, a retraining in the time of a run.
 */
import { z } from "zod";
import type { Decision, FailureCode } from "./calls.ts";

/** What may have caused it. */
export const CAUSES = ["data", "prompt", "trainingStage", "evaluation", "decoding"] as const;
export type Cause = (typeof CAUSES)[number];

export const EXPERIMENT_VERDICTS = ["supports", "contradicts", "unclear"] as const;
export type ExperimentVerdict = (typeof EXPERIMENT_VERDICTS)[number];

const trajectories = z.array(z.string()).min(1).max(10_000);

/**
 * - `patch`: one optimizer step against the examples of these trajectories, from the checkpoint of the case
 * - `retrain`: the run again, same seed, without these trajectories, or with what they are now (`repaired`)
 * - `smallestSet`: which of these trajectories, taken together by patches, are enough to change the output
 * - `tools`: the prompt with its tools shuffled, renamed, shortened, or with only the right one
 * - `checkpoints`: every checkpoint that is kept of the run, and the model it started from
 * - `checker`: the output judged by other rules (strict text, parsed calls, names only)
 * - `constrained`: decoding that can only write calls of the offered tools
 */
export const experimentSpecSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("patch"), trajectories, numSteps: z.int().min(1).max(16).default(1) }),
  z.object({
    kind: z.literal("retrain"),
    trajectories,
    change: z.enum(["without", "repaired"]).default("without"),
    /** Stops earlier than the run did; null: as long. */
    maxSteps: z.int().positive().nullable().default(null),
  }),
  z.object({ kind: z.literal("smallestSet"), trajectories }),
  z.object({ kind: z.literal("tools") }),
  z.object({ kind: z.literal("checkpoints") }),
  z.object({ kind: z.literal("checker") }),
  z.object({ kind: z.literal("constrained") }),
]);
export type ExperimentSpec = z.infer<typeof experimentSpecSchema>;
export type ExperimentKind = ExperimentSpec["kind"];

/** What a model does with the question of a case, once. */
export interface Reaction {
  /** "as it was", "tools shuffled", "checkpoint 100" ... */
  readonly label: string;
  readonly text: string;
  readonly decision: Decision | "none";
  /** Null: right, or nothing to object. */
  readonly code: FailureCode | null;
  /** The bad span is written again. */
  readonly isSame: boolean;
  /** Mean natural log-probability of the tokens of the bad span, the bad output up to there given. */
  readonly badLogProb: number | null;
  /** The same of the correction; null where nobody said what is right. */
  readonly rightLogProb: number | null;
}

/** What else changed on the held-out set. */
export interface HeldOutChange {
  readonly numPrompts: number;
  readonly numFixed: number;
  readonly numBroken: number;
  readonly exactCallRateBefore: number;
  readonly exactCallRateAfter: number;
}

export interface ExperimentResult {
  /** The first is how it was. */
  readonly reactions: readonly Reaction[];
  /** Whether the output is not wrong in this way any more, where the experiment is about training data. */
  readonly isFixed: boolean | null;
  /** Of a patch: the same with as many random examples, several draws; the change of `badLogProb` of each. */
  readonly randomChanges: readonly number[];
  readonly heldOut: HeldOutChange | null;
  /** That was trained for it. */
  readonly runId: string | null;
  /** Of `smallestSet`, in the order in which they were taken. */
  readonly smallestSet: readonly string[] | null;
  readonly seconds: number;
}

export interface Experiment {
  readonly id: string;
  readonly caseId: string;
  readonly hypothesisId: string | null;
  readonly spec: ExperimentSpec;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly jobId: string | null;
  readonly author: string;
  readonly startedAt: string;
  readonly result: ExperimentResult | null;
  /** Why it failed, with its remedy. */
  readonly error: string | null;
  readonly verdict: ExperimentVerdict | null;
}

export interface Hypothesis {
  readonly id: string;
  readonly caseId: string;
  readonly cause: Cause;
  readonly statement: string;
  readonly author: string;
  readonly createdAt: string;
  readonly verdict: ExperimentVerdict | null;
  readonly note: string;
  /** Newest first. */
  readonly experiments: readonly Experiment[];
}

/** What could be asked of a case as it is; each with the experiment that would tell. */
export interface SuggestedHypothesis {
  readonly cause: Cause;
  readonly statement: string;
  readonly spec: ExperimentSpec;
}

export interface Notebook {
  readonly hypotheses: readonly Hypothesis[];
  /** Experiments of no hypothesis, newest first. */
  readonly experiments: readonly Experiment[];
  readonly suggested: readonly SuggestedHypothesis[];
}
