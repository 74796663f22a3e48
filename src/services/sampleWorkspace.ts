/** @file The workspace a newcomer opens: the bundled sample set is imported into it the first time. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";
import { startImport } from "./importDataset.ts";
import type { StartedJob } from "./jobs.ts";

const SETTING = "sample";

export function isSampleWorkspace(core: Core): boolean {
  return core.store.settings.get(SETTING) !== null;
}

/**
 * Imports the sample set unless this workspace has it; null where there is nothing to do. A first import that was stopped is
 * continued by the next call.
 */
export function prepareSampleWorkspace(core: Core): StartedJob | null {
  if (core.store.settings.get(SETTING) === "imported") return null;
  const path = join(core.paths.datasets, "sample", "trajectories.jsonl");
  if (!existsSync(path)) throw new AppError("E_FILE_NOT_FOUND", { path });
  core.store.settings.set(SETTING, "importing");
  const started = startImport(core, { paths: [path] });
  void started.ended.then(({ state }) => {
    if (state === "done") core.store.settings.set(SETTING, "imported");
  });
  return started;
}
