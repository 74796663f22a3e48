/** @file Procedures of the notebook of a case. */
import { exportNotebook } from "../experiments/exportNotebook.ts";
import { notebookOf, startFromNotebook, writeHypothesis } from "../experiments/notebook.ts";
import { base } from "./base.ts";

export const experiments = {
  notebook: base.experiments.notebook.handler(({ context, input }) => notebookOf(context.core, input.caseId)),
  start: base.experiments.start.handler(({ context, input }) => startFromNotebook(context.core, input)),
  write: base.experiments.write.handler(({ context, input }) => writeHypothesis(context.core, input)),
  exportPage: base.experiments.exportPage.handler(({ context, input }) => exportNotebook(context.core, input)),
};
