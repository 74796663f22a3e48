/** @file The row that a trajectory was imported from, as it was recorded: its bytes are kept in the workspace. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "#store/index.ts";

/** Undefined where the kept file is gone, or the trajectory stands for several rows or none. */
export function originalRow(store: Store, sourcesDir: string, trajectoryId: string): string | undefined {
  const { sourceId } = store.trajectories.origin(trajectoryId);
  const [row, ...others] = store.sources.rowsOfTrajectory(trajectoryId, sourceId);
  if (row === undefined || others.length > 0) return undefined;
  try {
    const file = openSync(join(sourcesDir, store.sources.get(sourceId).sha256), "r");
    try {
      const bytes = Buffer.alloc(row.byteLength);
      return readSync(file, bytes, 0, bytes.length, row.byteOffset) === bytes.length ? bytes.toString("utf8") : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
