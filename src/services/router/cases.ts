/** @file Procedures of cases. */
import { casesOfVersion, getCase, listCases } from "../cases/caseViews.ts";
import { makeCaseOfAnswer } from "../cases/caseOfAnswer.ts";
import { counterExample } from "../cases/counterExample.ts";
import { makeCases } from "../cases/makeCases.ts";
import { addCaseNote, closeCases, fixCases, reopenCases, traceCases } from "../cases/moveCases.ts";
import { base } from "./base.ts";

export const cases = {
  list: base.cases.list.handler(({ context, input }) => listCases(context.core, input)),
  get: base.cases.get.handler(({ context, input }) => getCase(context.core, input.id)),
  make: base.cases.make.handler(({ context, input }) => makeCases(context.core, input)),
  makeFromAnswer: base.cases.makeFromAnswer.handler(({ context, input }) => makeCaseOfAnswer(context.core, input)),
  addNote: base.cases.addNote.handler(({ context, input }) => {
    addCaseNote(context.core, input);
    return getCase(context.core, input.id);
  }),
  trace: base.cases.trace.handler(({ context, input }) => traceCases(context.core, input)),
  fix: base.cases.fix.handler(({ context, input }) => fixCases(context.core, input)),
  close: base.cases.close.handler(({ context, input }) => closeCases(context.core, input)),
  reopen: base.cases.reopen.handler(({ context, input }) => reopenCases(context.core, input)),
  ofVersion: base.cases.ofVersion.handler(({ context, input }) => casesOfVersion(context.core, input.version)),
  counterExample: base.cases.counterExample.handler(({ context, input }) => counterExample(context.core, input.id, input.example)),
};
