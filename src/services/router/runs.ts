/** @file Procedures of runs. */
import { PRESETS } from "#core/training/presets.ts";
import { startEstimate } from "../estimateRun.ts";
import { startModelExport } from "../exportModel.ts";
import { resumeRun } from "../resumeRun.ts";
import { getRun, listRuns, plannedLearningRate, readRunPoints, readStepRows } from "../runs.ts";
import { startRun } from "../startRun.ts";
import { base } from "./base.ts";

export const runs = {
  presets: base.runs.presets.handler(() => PRESETS),
  list: base.runs.list.handler(({ context }) => listRuns(context.core)),
  get: base.runs.get.handler(({ context, input }) => getRun(context.core, input.id)),
  points: base.runs.points.handler(({ context, input }) => readRunPoints(context.core, input.id, input.afterStep)),
  plannedLearningRate: base.runs.plannedLearningRate.handler(({ context, input }) => ({
    learningRate: plannedLearningRate(context.core, input.id),
  })),
  step: base.runs.step.handler(({ context, input }) => readStepRows(context.core, input.id, input.step)),
  start: base.runs.start.handler(({ context, input }) => startRun(context.core, { overrides: input })),
  exportModel: base.runs.exportModel.handler(({ context, input }) => ({ jobId: startModelExport(context.core, input).id })),
  estimate: base.runs.estimate.handler(({ context, input }) => ({ jobId: startEstimate(context.core, { overrides: input }).id })),
  resume: base.runs.resume.handler(({ context, input }) => resumeRun(context.core, input.id)),
};
