/** @file Tracing: from a case to the training examples that taught it. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { annotatorSchema } from "../reviewSchemas.ts";
import type { CaseTrace, ExampleEvidence, TraceReliability } from "../tracing.ts";

const byCase = z.object({ caseId: z.string() });

/** A trajectory of the review queue. */
export interface QueuedTrajectory {
  readonly id: string;
  readonly title: string;
  /** Open cases that name it, most first. */
  readonly caseIds: readonly string[];
  /** Sum over open cases of 1 / its group's place. */
  readonly influence: number;
}

export const tracing = {
  /** One job for all of them; each case gets its newest trace, and the event `traced` where something stands out. */
  start: oc
    .input(z.object({ caseIds: z.array(z.string()).min(1).max(1000), author: annotatorSchema }))
    .output(output<{ readonly jobId: string }>()),
  /** Null where the case was never traced. */
  get: oc.input(byCase).output(output<CaseTrace | null>()),
  /** Computed when it is asked for, with the model of the trace. */
  example: oc.input(byCase.extend({ index: z.int().nonnegative() })).output(output<ExampleEvidence>()),
  /** Trajectories that open cases were traced to, most influential first. */
  queue: oc.input(z.object({ limit: z.int().min(1).max(1000).default(200) })).output(output<readonly QueuedTrajectory[]>()),
  /** Trains a copy of the run with planted canaries and traces them; a job. */
  measureReliability: oc.input(z.object({ runId: z.string(), author: annotatorSchema })).output(output<{ readonly jobId: string }>()),
  /** Null where it was never measured. */
  reliability: oc.input(z.object({ runId: z.string() })).output(output<TraceReliability | null>()),
};
