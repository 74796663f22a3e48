/** @file Procedures of evaluations, failures and the playground. */
import { askPlayground } from "../askPlayground.ts";
import { listEvaluations, startEvaluation } from "../evaluateRun.ts";
import { getFailure, listFailures } from "../failures.ts";
import { base } from "./base.ts";

export const evaluations = {
  start: base.evaluations.start.handler(({ context, input }) => ({ jobId: startEvaluation(context.core, input).id })),
  list: base.evaluations.list.handler(({ context, input }) => listEvaluations(context.core, input.runId)),
};

export const failures = {
  list: base.failures.list.handler(({ context, input }) => listFailures(context.core, input.runId, input)),
  get: base.failures.get.handler(({ context, input }) => getFailure(context.core, input.id)),
};

export const playground = {
  ask: base.playground.ask.handler(({ context, input, signal }) => askPlayground(context.core, input, signal)),
};
