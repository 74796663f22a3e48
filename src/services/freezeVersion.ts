/** @file A frozen version of the data set, as a job: its hash goes over every trajectory. */
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";
import type { StartedJob } from "./jobs.ts";
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
