/** @file Runs: start, steer, read. Points are read in ranges; the news stream only says that there are more. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import type { RunEngine } from "../engines.ts";
import { EXPORT_DTYPES } from "../model.ts";
import { runOverridesSchema, type DataPlan, type EvalMetrics, type RunConfig, type RunState, type StepMetrics } from "../run.ts";

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly config: RunConfig;
  /** Settings of the published recipe that its source does not report, with what stands in for them. */
  readonly notReported: readonly { readonly setting: string; readonly note: string }[];
}

export interface RunSummary {
  readonly id: string;
  readonly state: RunState;
  readonly preset: string;
  readonly baseModel: string;
  readonly step: number;
  readonly numSteps: number | null;
  readonly lastLoss: number | null;
  readonly lastEvalLoss: number | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  /** The job that drives it now, if any. */
  readonly jobId: string | null;
}

export interface RunDetail extends RunSummary {
  readonly config: RunConfig;
  readonly plan: DataPlan | null;
  readonly phase: string;
  readonly checkpoints: readonly { readonly step: number; readonly numBytes: number }[];
  readonly evals: readonly EvalMetrics[];
  /** Steps after which the run was continued from a checkpoint. */
  readonly resumedAt: readonly number[];
  /** Loss or gradient was not finite. */
  readonly skippedSteps: readonly number[];
  /** Left out because half precision could not hold the scaled gradients. */
  readonly overflowedSteps: readonly number[];
  readonly error: { readonly code: string; readonly message: string; readonly fix: string } | null;
  readonly model: { readonly numParameters: number; readonly layers: number; readonly width: number } | null;
  readonly engine: RunEngine | null;
  readonly secondsLeft: number | null;
}

/** One column a measure, so that a chart takes them as they are; non-finite values travel as null. */
export interface RunPoints {
  readonly step: readonly number[];
  readonly loss: readonly (number | null)[];
  readonly learningRate: readonly number[];
  readonly gradNorm: readonly (number | null)[];
  readonly clipped: readonly boolean[];
  readonly tokensPerSecond: readonly number[];
  readonly memoryBytes: readonly number[];
}

export interface StepRows {
  readonly step: number;
  readonly metrics: StepMetrics;
  /** One line for each trajectory of each example; an example that merging made has its loss as a whole. */
  readonly rows: readonly {
    /** Index into the run's examples. */
    readonly example: number;
    readonly trajectoryId: string;
    readonly title: string;
    readonly loss: number | null;
    readonly numSupervisedTokens: number;
  }[];
}

const byId = z.object({ id: z.string() });

export const runs = {
  presets: oc.output(output<readonly Preset[]>()),
  list: oc.output(output<readonly RunSummary[]>()),
  get: oc.input(byId).output(output<RunDetail>()),
  points: oc.input(z.object({ id: z.string(), afterStep: z.int().nonnegative().default(0) })).output(output<RunPoints>()),
  /** Learning rate of every planned step, a pure function of the configuration. */
  plannedLearningRate: oc.input(byId).output(output<{ readonly learningRate: readonly number[] }>()),
  step: oc.input(z.object({ id: z.string(), step: z.int().positive() })).output(output<StepRows>()),
  start: oc.input(runOverridesSchema).output(output<{ readonly runId: string; readonly jobId: string }>()),
  /** Writes a checkpoint as a model folder that Hugging Face's libraries read; the last one where none is named. */
  exportModel: oc
    .input(
      z.object({
        id: z.string(),
        directory: z.string().min(1),
        checkpoint: z.int().nonnegative().optional(),
        dtype: z.enum(EXPORT_DTYPES).default("float32"),
      }),
    )
    .output(output<{ readonly jobId: string }>()),
  /** A job whose result is a `RunEstimate`. */
  estimate: oc.input(runOverridesSchema).output(output<{ readonly jobId: string }>()),
  resume: oc.input(byId).output(output<{ readonly runId: string; readonly jobId: string }>()),
};
