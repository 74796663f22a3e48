/**
 * @file A case: one wrong output that is followed up, from the day it was seen until a run gets it right.
 *
 * A case keeps everything that is needed to ask again and to trace it, so that it outlives the evaluation it came from. Its state is never
 * set: it follows from its events (`core/evaluation/caseProgress.ts`), and events are only ever added.
 */
import { z } from "zod";
import type { AssistantText, CallFinding, FailureCode } from "./calls.ts";
import type { Diagnosis, ErrorPlace, TokenChoice } from "./diagnosis.ts";
import type { Split, ToolDefinition, TrajectoryContent, Turn } from "./trajectory.ts";

/** The life cycle in order, then the two ends that a person may choose. */
export const CASE_STATES = ["open", "traced", "fixed", "verified", "regressed", "willNotFix", "notTraceable"] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const CASE_VERDICTS = ["willNotFix", "notTraceable"] as const;
export type CaseVerdict = (typeof CASE_VERDICTS)[number];

/**
 * - `traced`: training trajectories were named as its cause
 * - `fixed`: a data version was made that is meant to mend it
 * - `verified`, `stillFailing`, `regressed`: another run was asked; `regressed` where an earlier one had been right
 * - `unjudged`: another run was asked and answers differently, but nobody said what is right
 */
export const CASE_EVENT_KINDS = [
  "opened",
  "traced",
  "fixed",
  "verified",
  "stillFailing",
  "regressed",
  "unjudged",
  "closed",
  "reopened",
  "note",
] as const;
export type CaseEventKind = (typeof CASE_EVENT_KINDS)[number];

export interface CaseEvent {
  readonly id: number;
  readonly kind: CaseEventKind;
  readonly at: string;
  /** A person, or `evaluation`. */
  readonly author: string;
  /** The run that was asked, with its checkpoint and the evaluation that asked. */
  readonly runId: string | null;
  readonly checkpointStep: number | null;
  readonly evaluationId: string | null;
  readonly dataVersion: { readonly id: number; readonly name: string } | null;
  readonly trajectories: readonly string[];
  readonly verdict: CaseVerdict | null;
  /** A note, or the reason. */
  readonly text: string;
  /** What the run wrote, where it was asked. */
  readonly output: string | null;
  readonly code: FailureCode | null;
}

/** What the events come to. */
export interface CaseProgress {
  readonly state: CaseState;
  /** Name of the data version that is meant to mend it. */
  readonly fixedIn: string | null;
  readonly verifiedIn: string | null;
  readonly regressedIn: string | null;
  /** The run that was asked last; `passed` is null where it cannot be told. */
  readonly lastCheck: { readonly runId: string; readonly passed: boolean | null; readonly at: string } | null;
}

export interface CaseSummary {
  readonly id: string;
  readonly title: string;
  /** Null: the checker had nothing to object, a person did. */
  readonly code: FailureCode | null;
  readonly secondary: readonly FailureCode[];
  /** The tool that was to be called, else the one that was; empty where there is neither. */
  readonly tool: string;
  readonly place: ErrorPlace | null;
  /** Text of the error's span. */
  readonly spanText: string;
  /** Null: a model that no run trained. */
  readonly runId: string | null;
  readonly model: string;
  readonly checkpointStep: number | null;
  readonly trajectoryId: string | null;
  readonly author: string;
  readonly createdAt: string;
  readonly progress: CaseProgress;
}

/** Cases that are alike: same tool, same code, same error; or single ones of one tool and code whose prompts share most words. */
export interface CaseGroup {
  /** Of its first case. */
  readonly tool: string;
  readonly code: FailureCode | null;
  readonly spanText: string;
  readonly cases: readonly CaseSummary[];
}

export interface CaseList {
  /** Of all cases, whatever the filter. */
  readonly byState: Readonly<Partial<Record<CaseState, number>>>;
  /** Of the cases in the state asked for. */
  readonly byCode: Readonly<Partial<Record<FailureCode, number>>>;
  readonly total: number;
  /** Largest first. */
  readonly groups: readonly CaseGroup[];
}

/** How the output was drawn. */
export interface CaseDecoder {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly maxNewTokens: number;
  readonly stopReason: string;
}

/** A generated token; its text may be part of a character. Probabilities are the model's own, before temperature and nucleus. */
export interface AnswerToken extends TokenChoice {
  /** Likeliest first, the token itself among them or not. */
  readonly alternatives: readonly TokenChoice[];
}

export interface CaseDetail extends CaseSummary {
  readonly evaluationId: string | null;
  readonly failureId: string | null;
  readonly turnIndex: number | null;
  readonly prompt: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  /** What the model wrote, and how that reads. */
  readonly text: string;
  readonly output: AssistantText;
  readonly findings: readonly CallFinding[];
  readonly tokens: readonly AnswerToken[];
  readonly decoder: CaseDecoder;
  /** What is right, in the call grammar; null where nobody said. */
  readonly expected: string | null;
  readonly diagnosis: Diagnosis;
  /** Oldest first. */
  readonly events: readonly CaseEvent[];
  /** Training trajectories that were written against it. */
  readonly counterExamples: readonly string[];
  /** Other cases whose prompts share the most words, nearest first. */
  readonly alike: readonly CaseSummary[];
}

/** What a counter-example begins with. */
export interface CounterExample {
  /** Its last turn is the right one, empty where nobody said what is right; only that turn is trained on. */
  readonly content: TrajectoryContent;
  /** The training trajectory whose prompt it has; null: that of the case. */
  readonly from: string | null;
  /** Where the prompt is held out: what is asked has to be changed. */
  readonly heldOut: { readonly trajectoryId: string; readonly split: Split } | null;
}

/** Which failures of a run's newest evaluation become cases. */
export const failureChoiceSchema = z.union([
  z.object({ ids: z.array(z.string()).min(1).max(10_000) }),
  z.object({ runId: z.string(), code: z.string().optional() }),
]);
export type FailureChoice = z.infer<typeof failureChoiceSchema>;
