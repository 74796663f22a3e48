/** @file The notebook of a case: its hypotheses with their experiments, and what could be asked next. */
import type { Cause, Experiment, ExperimentSpec, ExperimentVerdict, Notebook, SuggestedHypothesis } from "#contracts/experiments.ts";
import { AppError } from "#contracts/errors.ts";
import type { ExperimentRecord } from "#store/experiments.ts";
import type { Core } from "../core.ts";
import { startExperiment } from "./runExperiment.ts";
import { suggestHypotheses } from "./suggestHypotheses.ts";

/** @throws E_NOT_FOUND */
export function notebookOf(core: Core, caseId: string): Notebook {
  const { cases, experiments } = core.store;
  const { id } = cases.get(caseId);
  const all = experiments.ofCase(id).map(shown);
  const hypotheses = experiments.hypotheses(id).map((hypothesis) => ({
    ...hypothesis,
    experiments: all.filter(({ hypothesisId }) => hypothesisId === hypothesis.id),
  }));
  const made = new Set(all.filter(({ state }) => state === "running" || state === "done").map(({ spec }) => spec.kind));
  return {
    hypotheses,
    experiments: all.filter(({ hypothesisId }) => hypothesisId === null),
    suggested: suggestHypotheses(core, id).filter(({ spec }: SuggestedHypothesis) => !made.has(spec.kind)),
  };
}

const shown = ({ runId: _runId, ...experiment }: ExperimentRecord): Experiment => experiment;

export interface StartRequest {
  readonly caseId: string;
  readonly spec: ExperimentSpec;
  readonly hypothesis: { readonly id: string } | { readonly cause: Cause; readonly statement: string } | null;
  readonly author: string;
}

/** @throws E_NOT_FOUND, E_EXPERIMENT_INVALID */
export async function startFromNotebook(core: Core, { caseId, spec, hypothesis, author }: StartRequest): Promise<Experiment> {
  const { experiments, cases } = core.store;
  const { id } = cases.get(caseId);
  if (hypothesis !== null && "id" in hypothesis) requireOfCase(core, hypothesis.id, id);
  const hypothesisId =
    hypothesis === null
      ? null
      : "id" in hypothesis
        ? hypothesis.id
        : experiments.addHypothesis({ ...hypothesis, caseId: id, author, createdAt: new Date().toISOString(), verdict: null, note: "" });
  return shown((await startExperiment(core, { caseId: id, spec, hypothesisId, author })) as ExperimentRecord);
}

function requireOfCase(core: Core, hypothesisId: string, caseId: string): void {
  if (core.store.experiments.hypothesis(hypothesisId).caseId === caseId) return;
  throw new AppError("E_NOT_FOUND", { what: `hypothesis of ${caseId}`, id: hypothesisId });
}

export interface WriteRequest {
  readonly caseId: string;
  readonly id: string | null;
  readonly cause: Cause;
  readonly statement: string;
  readonly verdict: ExperimentVerdict | null;
  readonly note: string;
  readonly author: string;
}

/** @throws E_NOT_FOUND */
export function writeHypothesis(core: Core, { caseId, id, author, ...written }: WriteRequest): Notebook {
  const { experiments, cases } = core.store;
  const of = cases.get(caseId).id;
  if (id === null) experiments.addHypothesis({ ...written, caseId: of, author, createdAt: new Date().toISOString() });
  else {
    requireOfCase(core, id, of);
    experiments.writeHypothesis(id, written);
  }
  core.jobs.news.rowsChanged("cases");
  return notebookOf(core, of);
}
