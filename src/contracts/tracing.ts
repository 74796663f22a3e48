/**
 * @file A case traced back to the training examples that taught it. Three signals, never mixed into one number: each confuses other examples.
 *
 * Their ranks are fused into one order; what an example is worth as a cause is said by its grade, and how far grades can be trusted on
 * this run by canaries (`TraceReliability`).
 */
import type { FailureCode, TextRange } from "./calls.ts";
import type { Segment } from "./example.ts";
import type { ToolDefinition, Turn } from "./trajectory.ts";

/**
 * - `lexical`: BM25 over prompt and response
 * - `representation`: mean of the cosines of pooled response states, in the middle and after the last layer
 * - `gradient`: cosine of projected gradients, the failure's restricted to its error span
 */
export const SIGNALS = ["lexical", "representation", "gradient"] as const;
export type Signal = (typeof SIGNALS)[number];

/** Similar: one signal ranks it among its first ten. Likely: two do. Confirmed: an experiment without it changed the output. */
export const EVIDENCE_GRADES = ["similar", "likely", "confirmed"] as const;
export type EvidenceGrade = (typeof EVIDENCE_GRADES)[number];

export interface SignalScore {
  readonly score: number;
  /** Among all examples searched, counted from 1. */
  readonly rank: number;
}

/** A word of the failure's span that the example has too, at the same kind of place. */
export interface ExactHit {
  readonly kind: "toolName" | "argumentKey" | "argumentValue";
  readonly text: string;
}

export interface TracedExample {
  /** Into the run's example file. */
  readonly index: number;
  /** What it was made from, as trained on; more than one where rows were merged. */
  readonly trajectories: readonly {
    readonly id: string;
    readonly title: string;
    /** False: it was edited, rejected or deleted since. */
    readonly isUnchanged: boolean;
    /** What the checker has against it, as trained on. */
    readonly findings: readonly FailureCode[];
  }[];
  /** Null: this signal has no place for it. */
  readonly signals: Readonly<Record<Signal, SignalScore | null>>;
  /** Place in the fused order, counted from 1. */
  readonly rank: number;
  /** Exact cosine of the whole gradients of all tapped maps, where it was among the first hundred. Positive: it speaks for the failure. */
  readonly exact: number | null;
  readonly grade: EvidenceGrade | null;
  readonly hits: readonly ExactHit[];
  /** What it teaches, in the call grammar: the turn nearest to the failure. */
  readonly call: string;
}

/** Examples that are nearly the same: removing one of them alone changes nothing. */
export interface TracedGroup {
  /** Best first. */
  readonly examples: readonly TracedExample[];
}

/** How high outputs that are right score, so that a score can be told from noise. */
export interface SignalNoise {
  readonly mean: number;
  readonly deviation: number;
  /** Of right outputs of the same checkpoint, each with its best example. */
  readonly numOutputs: number;
  /** (best score of the failure - mean) / deviation; null where fewer than five outputs were right. */
  readonly z: number | null;
}

export interface ReliabilityRow {
  /** Kind of fault; null: over all of them. */
  readonly fault: string | null;
  readonly numTraced: number;
  readonly recallAt10: number;
  readonly meanReciprocalRank: number;
  readonly averagePrecision: number;
}

/** Measured on a copy of the run with planted canaries. */
export interface TraceReliability {
  readonly runId: string;
  /** The copy that was trained with canaries. */
  readonly canaryRunId: string;
  readonly at: string;
  readonly rows: readonly ReliabilityRow[];
  /** Faults that were planted and did not show. */
  readonly notSurfaced: readonly string[];
  /** The same with weights drawn anew: gradient and representation have to fall to chance. */
  readonly randomised: Readonly<Record<Signal, number>> | null;
}

export interface CaseTrace {
  readonly caseId: string;
  readonly runId: string;
  readonly checkpointStep: number;
  readonly at: string;
  readonly author: string;
  /** False: of the bad output alone, because nobody said what is right. */
  readonly isContrastive: boolean;
  /** In the fused order, by their best. */
  readonly groups: readonly TracedGroup[];
  /** Most negative first: examples that argue for the right output. */
  readonly opponents: readonly TracedExample[];
  /**
   * Neither a score nor the agreement of the signals lies outside what right outputs reach, and no likely example has the same fault: likely too
   * little good data, or the base model.
   */
  readonly nothingStandsOut: boolean;
  readonly noise: Readonly<Record<Signal, SignalNoise>>;
  readonly numExamples: number;
  /** That gradient and representation could see; fewer than all where the model is wide and was indexed for this case only. */
  readonly numIndexed: number;
  readonly seconds: { readonly indexing: number; readonly search: number; readonly rerank: number };
  readonly reliability: TraceReliability | null;
}

export interface HeatToken {
  /** May be part of a character. */
  readonly text: string;
  readonly segment: Segment;
  /** What it adds to the exact score; all of an example's tokens add up to it. */
  readonly score: number;
}

/** Of the output: what one field of it adds to the score. */
export interface FieldHeat {
  readonly kind: "decision" | "toolName" | "argumentKey" | "argumentValue" | "other";
  readonly text: string;
  readonly range: TextRange;
  readonly score: number;
}

/** Why one example was named: everything the card shows. */
export interface ExampleEvidence {
  readonly example: TracedExample;
  /** As trained on. */
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly Turn[];
  /** Among `turns`: the assistant turn nearest to the failure. */
  readonly turnIndex: number;
  readonly tokens: readonly HeatToken[];
  readonly outputTokens: readonly HeatToken[];
  readonly fields: readonly FieldHeat[];
}
