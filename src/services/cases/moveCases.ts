/** @file Steps of a case that a person takes: each is an event, and each but a note and a verdict has to name evidence that bears on it. */
import type { CaseSummary, CaseVerdict } from "#contracts/cases.ts";
import { AppError } from "#contracts/errors.ts";
import { caseProgress } from "#core/evaluation/caseProgress.ts";
import type { CaseRecord, NewCaseEvent } from "#store/cases.ts";
import type { Core } from "../core.ts";
import { summariesOf } from "./caseViews.ts";

interface Step {
  readonly ids: readonly string[];
  readonly author: string;
  readonly note: string;
}

export function addCaseNote(
  core: Core,
  { id, text, author }: { readonly id: string; readonly text: string; readonly author: string },
): void {
  write(core, [core.store.cases.get(id)], { kind: "note", author, text });
}

/** @throws E_NOT_FOUND, E_CASE_STEP where the run of a case was trained on none of the trajectories */
export function traceCases(
  core: Core,
  { ids, author, note, trajectories }: Step & { readonly trajectories: readonly string[] },
): readonly CaseSummary[] {
  const { store } = core;
  const records = ids.map((id) => store.cases.get(id));
  for (const id of trajectories) store.trajectories.origin(id);
  const known: ReadonlySet<string> = new Set(trajectories);
  for (const run of new Set(records.map(({ runId }) => runId))) {
    if (run === null) continue;
    const trained: ReadonlySet<string> = store.runPoints.trainedOn(run);
    if ([...known].some((id) => trained.has(id))) continue;
    const first = records.find(({ runId }) => runId === run)!;
    throw new AppError("E_CASE_STEP", { case: first.id, detail: `${run} was trained on none of ${[...known].slice(0, 5).join(", ")}` });
  }
  return write(core, records, { kind: "traced", author, text: note, trajectories: [...known] });
}

/** @throws E_NOT_FOUND, E_CASE_STEP where the version is not later than what the run of a case was trained on */
export function fixCases(core: Core, { ids, author, note, version }: Step & { readonly version: number }): readonly CaseSummary[] {
  const { cases, dataVersions } = core.store;
  const records = ids.map((id) => cases.get(id));
  const named = dataVersions.list().find(({ id }) => id === version);
  if (named === undefined) throw new AppError("E_NOT_FOUND", { what: "data version", id: version });
  for (const { id, runId } of records) {
    const before = runId === null ? null : dataVersions.byName(runId);
    if (before === null || (named.id > before.id && named.hash !== before.hash)) continue;
    throw new AppError("E_CASE_STEP", { case: id, detail: `"${named.name}" is no later data than ${runId} was trained on` });
  }
  return write(core, records, { kind: "fixed", author, text: note, dataVersion: version });
}

export function closeCases(core: Core, { ids, author, note, verdict }: Step & { readonly verdict: CaseVerdict }): readonly CaseSummary[] {
  return write(
    core,
    ids.map((id) => core.store.cases.get(id)),
    { kind: "closed", author, text: note, verdict },
  );
}

/** @throws E_CASE_STEP for one that is not closed */
export function reopenCases(core: Core, { ids, author, note }: Step): readonly CaseSummary[] {
  const { cases } = core.store;
  const records = ids.map((id) => cases.get(id));
  for (const { id } of records) {
    const { state } = caseProgress(cases.events(id));
    if (state !== "willNotFix" && state !== "notTraceable") throw new AppError("E_CASE_STEP", { case: id, detail: "it is not closed" });
  }
  return write(core, records, { kind: "reopened", author, text: note });
}

function write(core: Core, records: readonly CaseRecord[], event: Omit<NewCaseEvent, "at">): readonly CaseSummary[] {
  const { store, jobs } = core;
  const at = new Date().toISOString();
  store.transaction(() => {
    for (const { id } of records) store.cases.addEvent(id, { ...event, at });
  });
  jobs.news.rowsChanged("cases");
  return summariesOf(core, records);
}
