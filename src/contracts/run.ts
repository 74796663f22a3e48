/** @file A run: its configuration (the same object in form, YAML file and command line) and what it measures. */
import { z } from "zod";
import { ENGINE_CHOICES } from "./engines.ts";
import { MASK_MODES, TRUNCATIONS, type Segment } from "./example.ts";

export const LR_SCHEDULES = ["linear", "cosine", "constant"] as const;

/** Of the matrix products. `fp16` takes their factors in half precision, with weights and everything else in float32 and a scaled loss. */
export const PRECISIONS = ["fp32", "fp16"] as const;
export type Precision = (typeof PRECISIONS)[number];

export const runConfigSchema = z.object({
  preset: z.string().default("sample"),
  /** `sample-base` (shipped), a run id (its last checkpoint), or a folder in Hugging Face layout. */
  baseModel: z.string().default("sample-base"),
  seed: z.int().nonnegative().default(1),
  epochs: z.number().positive().default(1),
  /** Stops earlier than the epochs would; null: the epochs decide. */
  maxSteps: z.int().positive().nullable().default(null),
  learningRate: z.number().positive().default(5e-4),
  lrSchedule: z.enum(LR_SCHEDULES).default("linear"),
  /** Share of all steps; ignored where `warmupSteps` is given. The run records the resolved steps. */
  warmupRatio: z.number().min(0).max(1).default(0.05),
  warmupSteps: z.int().nonnegative().nullable().default(null),
  microBatchSize: z.int().positive().default(8),
  gradientAccumulationSteps: z.int().positive().default(2),
  maxGradNorm: z.number().positive().default(1),
  weightDecay: z.number().nonnegative().default(0.01),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  dropout: z.number().min(0).max(1).nullable().default(null),
  maxLength: z.int().min(16).default(512),
  maskMode: z.enum(MASK_MODES).default("allAssistantTurns"),
  truncation: z.enum(TRUNCATIONS).default("pathWindows"),
  /** Trains rows that begin alike as one sequence: fewer tokens, the same gradient. False: every turn trained on is a sequence of its own. */
  mergePrefixes: z.boolean().default(true),
  evalEverySteps: z.int().positive().default(25),
  /** Held-out examples that the loss is measured on while training, drawn by the seed; null takes all of them. */
  maxEvalExamples: z.int().positive().nullable().default(256),
  saveEverySteps: z.int().positive().default(25),
  /** Checkpoints kept besides the last; null keeps all. */
  keepCheckpoints: z.int().positive().nullable().default(2),
  /**
   * Takes features of every example along in the last epoch, so that wrong calls can be traced to examples right after the run. Null: where the
   * model is narrow enough to run as one graph, which makes it cheap; a wide model is indexed when somebody asks.
   */
  captureFeatures: z.boolean().nullable().default(null),
  /** Name of the frozen version that is trained on; null: the data set as it is when the run starts. */
  dataVersion: z.string().nullable().default(null),
  /** Trajectories that are taken as they are when the run starts, where all others are as in `dataVersion`. */
  repairedTrajectories: z.array(z.string()).default([]),
  /** Trajectories that are left out; the plan counts and names them. They keep their places in the order, so that no other example moves to another step. */
  withoutTrajectories: z.array(z.string()).default([]),
  /** What computes; `auto` takes the fastest that is usable, and where the named one is not usable the CPU stands in; the run says so. */
  engine: z.preprocess((word) => (word === "compiled" ? "cpu" : word), z.enum(ENGINE_CHOICES)).default("auto"),
  /** Half precision is asked for, never chosen: no real GPU has shown yet that it is faster there. */
  precision: z.enum(PRECISIONS).default("fp32"),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/**
 * Settings over those of a preset: what is not named stays the preset's. (`runConfigSchema.partial()` would fill in the defaults, and
 * so overwrite the preset.)
 */
export const runOverridesSchema = z.strictObject(
  Object.fromEntries(Object.entries(runConfigSchema.shape).map(([setting, schema]) => [setting, schema.unwrap().optional()])),
) as unknown as z.ZodType<Partial<RunConfig>, Partial<RunConfig>>;

export const RUN_STATES = ["preparing", "compiling", "running", "paused", "stopped", "done", "failed", "interrupted"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Sum of losses in nats and number of supervised tokens, each as often as rows train on it, so that means stay exact when pooled. */
export interface LossSum {
  readonly sum: number;
  readonly count: number;
}

/** One optimizer step. */
export interface StepMetrics {
  /** Counted from 1. */
  readonly step: number;
  /** Mean over the supervised tokens of the whole step, nats; NaN or infinite where the guard skipped the update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly clipped: boolean;
  /** True where loss or norm was not finite: weights are untouched. */
  readonly skipped: boolean;
  /** True where that was half precision's doing: the scaled gradients did not fit, and the loss scale was lowered. */
  readonly overflowed: boolean;
  readonly numTokens: number;
  readonly numSupervisedTokens: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly memoryBytes: number;
  readonly segmentLoss: Partial<Record<Segment, LossSum>>;
  /** Indices into the run's example file, and each example's own loss. */
  readonly examples: readonly { readonly index: number; readonly loss: LossSum }[];
}

export interface EvalMetrics {
  readonly step: number;
  readonly loss: number;
  readonly numExamples: number;
  readonly numSupervisedTokens: number;
  readonly seconds: number;
}

/** Rows trained on, one for each turn that is trained on, and the tokens that they would be one by one. */
export interface MergedRows {
  readonly numRows: number;
  readonly numRowTokens: number;
}

/** What a run will be trained on, counted before its first step. */
export interface DataPlan {
  readonly numTrajectories: number;
  /** Sequences that are trained on; `merged` says of how many rows. */
  readonly numExamples: number;
  readonly numEvalExamples: number;
  readonly numTokens: number;
  readonly numSupervisedTokens: number;
  /** Windows from which something was cut so that they fit, held-out ones included. */
  readonly numTruncated: number;
  readonly numCutTokens: number;
  /** What merging made of; null where it was off. */
  readonly merged: MergedRows | null;
  readonly refused: readonly { readonly trajectoryId: string; readonly code: string; readonly reason: string }[];
  /** Trajectories that were refused, in whole or some of their rows. */
  readonly numRefused: number;
  readonly numSteps: number;
  readonly warmupSteps: number;
  /** SHA-256 over the trajectories' content hashes and splits, in order. */
  readonly dataVersion: string;
}
