/** @file Steps of a case that a person takes: each is an event, and each but a note and a verdict has to name evidence that bears on it. */
import type { CaseSummary, CaseVerdict } from "#contracts/cases.ts";
import type { StateField } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import { caseProgress } from "#core/evaluation/caseProgress.ts";
import type { CaseRecord, NewCaseEvent } from "#store/cases.ts";
import type { Core } from "../core.ts";
import { versionTrainedOn } from "../trainedTrajectories.ts";
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

/**
 * @throws E_NOT_FOUND; E_CASE_STEP where the version is not later than what the run of a case was trained on, or has all trajectories that the case
 * was traced to as they were and no counter-example for it that is new
 */
export function fixCases(core: Core, { ids, author, note, version }: Step & { readonly version: number }): readonly CaseSummary[] {
  const { cases, dataVersions, written } = core.store;
  const records = ids.map((id) => cases.get(id));
  const named = dataVersions.list().find(({ id }) => id === version);
  if (named === undefined) throw new AppError("E_NOT_FOUND", { what: "data version", id: version });
  const changedSince = rememberedBy((before: number) => changedBetween(core, before, version));
  for (const { id, runId } of records) {
    const before = runId === null ? null : versionTrainedOn(core.store, runId);
    if (before === null) continue;
    const refuse = (detail: string): AppError => new AppError("E_CASE_STEP", { case: id, detail });
    if (named.id <= before.id || named.hash === before.hash) throw refuse(`"${named.name}" is no later data than ${runId} was trained on`);
    const traced = cases.events(id).findLast(({ kind }) => kind === "traced")?.trajectories ?? [];
    if (traced.length === 0 || traced.some((one) => changedSince(before.id).has(one))) continue;
    if (written.isMendedBetween(id, before.id, version)) continue;
    const first = traced.slice(0, 5).join(", ") + (traced.length > 5 ? ` and ${traced.length - 5} more` : "");
    throw refuse(
      `"${named.name}" has the trajectories it was traced to, ${first}, as ${runId} was trained on them; change or reject them, or write a counter-example, first`,
    );
  }
  return write(core, records, { kind: "fixed", author, text: note, dataVersion: version });
}

/** What of a trajectory makes a difference to a run. */
const TRAINED_FIELDS: ReadonlySet<StateField> = new Set<StateField>(["content", "split", "status", "presence"]);

/** Trajectories that a run would see otherwise in one version than in the other. */
function changedBetween({ store }: Core, before: number, after: number): ReadonlySet<string> {
  const { rows } = store.dataVersions.diff(before, after, 0, Infinity);
  return new Set(rows.flatMap(({ trajectoryId, changed }) => (changed.some((field) => TRAINED_FIELDS.has(field)) ? [trajectoryId] : [])));
}

function rememberedBy<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key)!;
  };
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
