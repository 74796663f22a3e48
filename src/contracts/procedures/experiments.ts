/** @file The notebook of a case: hypotheses, the experiments that would tell, and their results. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { CAUSES, EXPERIMENT_VERDICTS, experimentSpecSchema, type Experiment, type Notebook } from "../experiments.ts";
import { annotatorSchema } from "../reviewSchemas.ts";

const verdict = z.enum(EXPERIMENT_VERDICTS).nullable();

export const experiments = {
  notebook: oc.input(z.object({ caseId: z.string() })).output(output<Notebook>()),
  /** Starts an experiment as a job; where a statement is given, it becomes a hypothesis of the case first. */
  start: oc
    .input(
      z.object({
        caseId: z.string(),
        spec: experimentSpecSchema,
        hypothesis: z
          .union([z.object({ id: z.string() }), z.object({ cause: z.enum(CAUSES), statement: z.string().min(1).max(2000) })])
          .nullable()
          .default(null),
        author: annotatorSchema,
      }),
    )
    .output(output<Experiment>()),
  /** Adds a hypothesis without an experiment, or writes a verdict and a note on one that is there. */
  write: oc
    .input(
      z.object({
        caseId: z.string(),
        id: z.string().nullable().default(null),
        cause: z.enum(CAUSES),
        statement: z.string().min(1).max(2000),
        verdict: verdict.default(null),
        note: z.string().max(20_000).default(""),
        author: annotatorSchema,
      }),
    )
    .output(output<Notebook>()),
  /** The notebook as a page of its own (HTML that loads nothing), written to a file. */
  exportPage: oc
    .input(z.object({ caseId: z.string(), path: z.string().min(1) }))
    .output(output<{ readonly path: string; readonly numBytes: number }>()),
};
