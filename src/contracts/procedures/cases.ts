/** @file Cases: wrong outputs that are followed up until a run gets them right. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { FAILURE_CODES, type FailureCode } from "../calls.ts";
import {
  CASE_STATES,
  CASE_VERDICTS,
  failureChoiceSchema,
  type CaseDetail,
  type CaseList,
  type CaseSummary,
  type CounterExample,
} from "../cases.ts";
import { annotatorSchema } from "../reviewSchemas.ts";
import { playgroundQuestionSchema } from "./evaluations.ts";

const codeSchema = z.enum(Object.keys(FAILURE_CODES) as [FailureCode, ...FailureCode[]]);
const byAuthor = { author: annotatorSchema, note: z.string().max(20_000).default("") };
const chosen = { ids: z.array(z.string()).min(1).max(10_000), ...byAuthor };

const choiceSchema = z.object({ id: z.int().nonnegative(), probability: z.number().min(0).max(1) });
const answerSchema = z.object({
  tokens: z.array(choiceSchema.extend({ alternatives: z.array(choiceSchema).max(20) })).max(2048),
  stopReason: z.string().max(40),
});

export const cases = {
  /** In groups of cases that are alike. */
  list: oc
    .input(
      z.object({
        state: z.enum(CASE_STATES).optional(),
        code: codeSchema.optional(),
        /** Of failures of this run. */
        runId: z.string().optional(),
      }),
    )
    .output(output<CaseList>()),
  get: oc.input(z.object({ id: z.string() })).output(output<CaseDetail>()),
  /** Of failures; an output that is a case already stays the one it is. */
  make: oc
    .input(z.object({ failures: failureChoiceSchema, ...byAuthor }))
    .output(output<{ readonly made: readonly string[]; readonly known: readonly string[] }>()),
  /** Of an answer of the playground, with what would have been right where that is known, in the call grammar. */
  makeFromAnswer: oc
    .input(
      z.object({
        question: playgroundQuestionSchema,
        answer: answerSchema,
        expected: z.string().max(20_000).nullable().default(null),
        ...byAuthor,
      }),
    )
    .output(output<{ readonly id: string; readonly isNew: boolean }>()),
  addNote: oc
    .input(z.object({ id: z.string(), text: z.string().min(1).max(20_000), author: annotatorSchema }))
    .output(output<CaseDetail>()),
  /** Names the training trajectories that are its cause; `E_CASE_STEP` where the run was trained on none of them. */
  trace: oc.input(z.object({ ...chosen, trajectories: z.array(z.string()).min(1).max(1000) })).output(output<readonly CaseSummary[]>()),
  /** Says that a data version is meant to mend them; `E_CASE_STEP` where it is not later than what the run was trained on. */
  fix: oc.input(z.object({ ...chosen, version: z.int() })).output(output<readonly CaseSummary[]>()),
  close: oc.input(z.object({ ...chosen, verdict: z.enum(CASE_VERDICTS) })).output(output<readonly CaseSummary[]>()),
  reopen: oc.input(z.object(chosen)).output(output<readonly CaseSummary[]>()),
  /** Cases that a data version is meant to mend: a person said so, or it is the first to have a counter-example for them. */
  ofVersion: oc.input(z.object({ version: z.int() })).output(output<readonly CaseSummary[]>()),
  /** What a counter-example would begin with: the case's prompt, or that of a training example it was traced to. Nothing is written. */
  counterExample: oc.input(z.object({ id: z.string(), example: z.int().nonnegative().optional() })).output(output<CounterExample>()),
};
