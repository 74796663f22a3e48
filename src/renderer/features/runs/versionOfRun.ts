/** @file The data version that a run was trained on: cut under its name when it started, or under the next free one when it started again. */
import type { DataVersion } from "#contracts/dataVersions.ts";

/** The newest of them; undefined where none was cut. */
export function versionOfRun(versions: readonly DataVersion[], runId: string): DataVersion | undefined {
  const own = versions.filter(({ name }) => name === runId || name.startsWith(`${runId}, `));
  return own.reduce<DataVersion | undefined>(
    (newest, version) => (newest === undefined || version.id > newest.id ? version : newest),
    undefined,
  );
}
