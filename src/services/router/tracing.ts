/** @file Procedures of tracing. */
import { exampleEvidence } from "../tracing/exampleEvidence.ts";
import { getTrace, traceQueue } from "../tracing/readTraces.ts";
import { measureReliability, reliabilityOf } from "../tracing/reliability.ts";
import { startTracing } from "../tracing/startTracing.ts";
import { base } from "./base.ts";

export const tracing = {
  start: base.tracing.start.handler(({ context, input }) => ({ jobId: startTracing(context.core, input).id })),
  get: base.tracing.get.handler(({ context, input }) => getTrace(context.core, input.caseId)),
  example: base.tracing.example.handler(({ context, input }) => exampleEvidence(context.core, input.caseId, input.index)),
  measureReliability: base.tracing.measureReliability.handler(({ context, input }) => ({
    jobId: measureReliability(context.core, input).id,
  })),
  reliability: base.tracing.reliability.handler(({ context, input }) => reliabilityOf(context.core, input.runId)),
  queue: base.tracing.queue.handler(({ context, input }) => traceQueue(context.core, input.limit)),
};
