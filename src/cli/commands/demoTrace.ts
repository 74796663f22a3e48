/**
 * @file The second half of `demo`: the failures that planted rows caused become cases and are traced; what the traces name is left out of the data,
 * a version of it is frozen, the run is made again, and its evaluation says which cases are verified.
 */
import { AppError } from "#contracts/errors.ts";
import type { CaseTrace } from "#contracts/tracing.ts";
import type { Core } from "#services/core.ts";
import { foundOf, readPlantedTruth, type PlantedCase, type PlantedTruth } from "#services/plantedTruth.ts";
import type { CommandCall } from "../command.ts";
import { watchJob } from "../watchJob.ts";
import type { Client } from "../workbench.ts";

const AUTHOR = "demo";
const VERSION = "without what was traced";
/** Traced of each planted fault in each regime: what one of them names, the others mostly name too, and each takes some seconds. */
const CASES_OF_FAULT = 3;

type Shell = Pick<CommandCall, "terminal" | "interrupted">;

export interface TracedFailures {
  readonly cases: readonly string[];
  readonly meanReciprocalRank: number;
  readonly recallAt10: number;
  /** Trajectories that were named as causes, with all that are alike. */
  readonly causes: readonly string[];
}

/** Makes cases of a run's failures, traces some of each planted fault, and says how well what was planted was found. */
export async function traceFailures(core: Core, client: Client, runId: string, shell: Shell): Promise<TracedFailures> {
  const truth = await readPlantedTruth(core);
  const { made, known } = await client.cases.make({ failures: { runId }, author: AUTHOR });
  const planted = someOfEach(truth, [...made, ...known]);
  const cases = [...planted.keys()];
  const { jobId } = await client.tracing.start({ caseIds: cases, author: AUTHOR });
  await finished(client, jobId, shell);

  const traces = (await Promise.all(cases.map((caseId) => client.tracing.get({ caseId })))).filter((trace) => trace !== null);
  const qualities = traces.map((trace) => foundOf(trace, planted.get(trace.caseId)!));
  const meanReciprocalRank = mean(qualities, ({ reciprocalRank }) => reciprocalRank);
  const recallAt10 = mean(qualities, (quality) => quality.recallAt10);
  shell.terminal.print(
    `Traced ${traces.length} of ${made.length + known.length} failures, some of each planted fault that came up: mean reciprocal rank ${meanReciprocalRank.toFixed(3)}, recall at 10 ${recallAt10.toFixed(3)}.`,
  );
  return { cases, meanReciprocalRank, recallAt10, causes: [...new Set(traces.flatMap(causesIn))].sort() };
}

/** Leaves the causes out of the data, freezes it, and says that this version is meant to mend the cases. */
export async function mendData(client: Client, { cases, causes }: TracedFailures, shell: Shell): Promise<void> {
  const { jobId } = await client.changes.apply({
    selection: { ids: [...causes] },
    operation: { type: "status", status: "rejected" },
    author: AUTHOR,
    reason: "traced as the cause of wrong calls",
  });
  if (jobId !== null) await finished(client, jobId, shell);
  await finished(client, (await client.versions.freeze({ name: VERSION, author: AUTHOR })).jobId, shell);
  const version = (await client.versions.list()).find(({ name }) => name === VERSION);
  if (version === undefined) throw new AppError("E_NOT_FOUND", { what: "data version", id: VERSION });
  await client.cases.fix({ ids: [...cases], version: version.id, author: AUTHOR });
  shell.terminal.print(`Left ${causes.length} trajectories out of the data, and froze it as "${VERSION}".`);
}

/** Share of the cases that the evaluation of a later run found right; the last of their events counts. */
export async function shareVerified(client: Client, cases: readonly string[]): Promise<number> {
  const details = await Promise.all(cases.map((id) => client.cases.get({ id })));
  return mean(details, ({ progress }) => (progress.state === "verified" ? 1 : 0));
}

function someOfEach(truth: PlantedTruth, caseIds: readonly string[]): ReadonlyMap<string, PlantedCase> {
  const chosen = new Map<string, PlantedCase>();
  const ofFault = new Map<string, number>();
  for (const id of caseIds) {
    const planted = truth.of(id);
    if (planted === null || (ofFault.get(planted.fault) ?? 0) >= CASES_OF_FAULT) continue;
    chosen.set(id, planted);
    ofFault.set(planted.fault, (ofFault.get(planted.fault) ?? 0) + 1);
  }
  return chosen;
}

/** All of a group that has a likely cause: leaving out a part of what is alike changes nothing. */
function causesIn({ groups, nothingStandsOut }: CaseTrace): readonly string[] {
  if (nothingStandsOut) return [];
  return groups
    .filter(({ examples }) => examples.some(({ grade }) => grade === "likely" || grade === "confirmed"))
    .flatMap(({ examples }) => examples.flatMap(({ trajectories }) => trajectories.map(({ id }) => id)));
}

const mean = <Item>(items: readonly Item[], valueOf: (item: Item) => number): number =>
  items.length === 0 ? 0 : items.reduce((sum, item) => sum + valueOf(item), 0) / items.length;

async function finished(client: Client, jobId: string, { terminal, interrupted }: Shell): Promise<void> {
  const job = await watchJob(client, jobId, { terminal, signal: interrupted });
  if (job.state !== "done") throw new AppError("E_CANCELLED", { what: job.title });
}
