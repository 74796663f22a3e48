/** @file A frozen version of the data set, as a job of its own or as the first part of a run: its hash goes over every trajectory. */
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";
import type { JobHandle, StartedJob } from "./jobs.ts";
import { suggestedName } from "./review.ts";
import { requireIdle } from "./changes/changeTrajectories.ts";
import { runDataTask } from "./runDataTask.ts";

export interface FreezeRequest {
  readonly name: string;
  readonly note: string;
  readonly author: string;
}

export function startFreeze(core: Core, { name, note, author }: FreezeRequest): StartedJob {
  requireIdle(core);
  if (core.store.dataVersions.byName(name) !== null) throw new AppError("E_VERSION_EXISTS", { name });
  const title = `Freeze the data set as "${name}"`;
  const spec = { kind: "freeze", title, unit: "trajectories", subject: name, params: { name, note, author }, canCancel: false } as const;
  const frozen = () => core.jobs.news.rowsChanged("changes");
  return core.jobs.start(spec, (handle) => runDataTask(core, { type: "freeze", name, note, author }, handle, frozen).finally(frozen));
}

/**
 * The version that a run is trained on, cut under the run's name before its examples are prepared. A run that starts again before it had
 * examples uses the version it has, unless the data set has changed since: then it cuts another, under the next free name.
 */
export async function freezeForRun(core: Core, runId: string, handle: JobHandle): Promise<void> {
  const { dataVersions } = core.store;
  requireIdle(core);
  let name = runId;
  for (let again = 2; ; again++) {
    const known = dataVersions.byName(name);
    if (known === null) break;
    if (dataVersions.diff(known.id, null, 0, 1).total === 0) return;
    name = `${runId}, ${again}`;
  }
  handle.report({ phase: "freezing the data set" });
  const task = { type: "freeze", name, note: `Cut when ${runId} started`, author: suggestedName() } as const;
  await runDataTask(core, task, handle, () => undefined);
  core.jobs.news.rowsChanged("changes");
}
