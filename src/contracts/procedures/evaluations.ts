/** @file Evaluation of a run on the held-out split, the failures it found, and the playground. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import type { AssistantText, CallCheck, CallComparison, Decision, FailureCode } from "../calls.ts";
import type { AnswerToken } from "../cases.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { ToolDefinition, Turn } from "../trajectory.ts";

/** A share with its count and 95 % Wilson interval. */
export interface Rate {
  readonly value: number;
  readonly numerator: number;
  readonly denominator: number;
  readonly low: number;
  readonly high: number;
}

/** Prompts by what their reference decides, then by what was decided; `none`: nothing was (empty, or a thought alone). */
export type DecisionCounts = Readonly<Record<Decision, Readonly<Record<Decision | "none", number>>>>;

export interface SliceRates {
  readonly name: string;
  /** Over the calls of the slice; of none where it has none. */
  readonly exactCallRate: Rate;
  readonly decisionRate: Rate;
  readonly malformedRate: Rate;
}

export interface EvaluationSummary {
  readonly id: string;
  readonly runId: string;
  readonly checkpointStep: number;
  readonly suite: string;
  readonly finished: boolean;
  /**
   * Prompts asked, without those that meet the condition of a planted fault (`faultConditions`): what was planted to go wrong says
   * nothing of how well the model does. Data that names no conditions has all its prompts here.
   */
  readonly prompts: number;
  /** Of them, those whose reference is a call. */
  readonly calls: number;
  /** Turns whose prompt does not fit the window: asked nothing, in no rate. */
  readonly numRefused: number;
  readonly exactCallRate: Rate;
  readonly malformedRate: Rate;
  /** Prompts where call-or-text was decided as in the reference. */
  readonly decisionRate: Rate;
  /** Every decision against the reference's. Asking and declining are told by their wording: good for seeing where it goes wrong. */
  readonly decisions: DecisionCounts;
  /** Of the prompts whose reference is a call. */
  readonly outcomes: {
    /** A readable call, right or wrong. */
    readonly called: Rate;
    /** No attempt at one. */
    readonly abstained: Rate;
    /** An attempt that cannot be read. */
    readonly malformed: Rate;
  };
  /** By a metadata value of the held-out trajectories: "templates: seen", "values: unseen" ... */
  readonly slices: readonly SliceRates[];
  /** Prompts under the condition of a planted fault (`swapped_arguments:triggered`), and how many showed that fault's code. */
  readonly faultConditions: readonly { readonly name: string; readonly surfaced: Rate }[];
  /** Failures by primary code, those under fault conditions included. */
  readonly byCode: Readonly<Partial<Record<FailureCode, number>>>;
  /** Cases that were asked again at its end, by what came of it. */
  readonly cases: CasesAskedAgain;
  readonly seconds: number;
  readonly createdAt: string;
}

export interface CasesAskedAgain {
  readonly verified: readonly string[];
  readonly regressed: readonly string[];
  readonly stillFailing: readonly string[];
  /** Nobody said what is right, and the answer is another. */
  readonly unjudged: readonly string[];
}

export interface FailureSummary {
  readonly id: string;
  readonly runId: string;
  readonly evaluationId: string;
  readonly trajectoryId: string;
  readonly turnIndex: number;
  readonly code: FailureCode;
  readonly secondary: readonly FailureCode[];
  readonly title: string;
  readonly predicted: string;
  readonly expected: string;
}

/** A training trajectory that resembles a failure; `score` is BM25, higher is closer, comparable within one failure only. */
export interface SimilarExample {
  readonly trajectoryId: string;
  readonly title: string;
  readonly score: number;
  readonly call: string;
  readonly matchedTerms: readonly string[];
}

export interface FailureDetail extends FailureSummary {
  readonly prompt: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  readonly output: AssistantText;
  readonly comparison: CallComparison;
  /** Null for failures of earlier versions. */
  readonly diagnosis: Diagnosis | null;
  /** What was generated; none for failures of earlier versions. */
  readonly tokens: readonly AnswerToken[];
  /** The case that was made of it. */
  readonly caseId: string | null;
  readonly similar: readonly SimilarExample[];
}

export interface PlaygroundAnswer {
  readonly text: string;
  readonly tokens: readonly AnswerToken[];
  readonly output: AssistantText;
  readonly check: CallCheck;
  readonly numPromptTokens: number;
  readonly numTokens: number;
  readonly seconds: number;
  readonly stopReason: string;
}

const toolSchema = z.object({ name: z.string().min(1), description: z.string().default(""), parameters: z.record(z.string(), z.json()) });

export const playgroundQuestionSchema = z.object({
  /** `sample-base`, a run id (its last checkpoint) or a model folder. */
  model: z.string(),
  system: z.string().default(""),
  user: z.string().min(1),
  tools: z.array(toolSchema).max(64),
  temperature: z.number().min(0).max(5).default(0),
  topP: z.number().gt(0).max(1).default(1),
  seed: z.int().nonnegative().default(1),
  maxNewTokens: z.int().min(1).max(1024).default(128),
});

export const evaluations = {
  start: oc
    .input(
      z.object({
        runId: z.string(),
        /** `heldout` (the validation split, or test where that is empty), or a split by name. */
        suite: z.string().default("heldout"),
        /** A checkpoint of the run by its step; null is the last one. */
        checkpointStep: z.int().nonnegative().nullable().default(null),
        /** A seeded choice where there are more; null asks all. */
        maxPrompts: z.int().positive().nullable().default(2000),
      }),
    )
    .output(output<{ readonly jobId: string }>()),
  list: oc.input(z.object({ runId: z.string().optional() })).output(output<readonly EvaluationSummary[]>()),
};

export const failures = {
  list: oc
    .input(
      z.object({
        runId: z.string(),
        code: z.string().optional(),
        offset: z.int().nonnegative().default(0),
        limit: z.int().min(1).max(500).default(200),
      }),
    )
    .output(
      output<{
        readonly total: number;
        readonly byCode: Readonly<Partial<Record<FailureCode, number>>>;
        readonly rows: readonly FailureSummary[];
      }>(),
    ),
  get: oc.input(z.object({ id: z.string() })).output(output<FailureDetail>()),
};

export const playground = {
  ask: oc.input(playgroundQuestionSchema).output(output<PlaygroundAnswer>()),
};
