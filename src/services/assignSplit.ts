/** @file Which split a trajectory belongs to: the one its source names, else a tenth of all queries is held out for validation. */
import { hash } from "node:crypto";
import type { JsonValue } from "#contracts/json.ts";
import type { Split, TrajectoryContent } from "#contracts/trajectory.ts";
import { queryOf } from "#core/trajectories/sameQuery.ts";

const VALIDATION_SHARE = 0.1;

/** What sources call their splits. */
const NAMES: Readonly<Record<string, Split>> = {
  train: "train",
  validation: "validation",
  valid: "validation",
  val: "validation",
  dev: "validation",
  test: "test",
};

/**
 * Decided by the query, never by the row: all answers to one question fall on the same side, so that the held-out split never asks
 * what was trained on.
 */
export function assignSplit(content: TrajectoryContent): Split {
  const { metadata } = content;
  // A row's own fields lie under `fields`; many sources have a `metadata` of their own there.
  const fields = metadata["fields"];
  const named = [metadata["split"], member(fields, "split"), member(member(fields, "metadata"), "split")].find(isSplitName);
  if (named !== undefined) return NAMES[named]!;
  return hash("sha256", queryOf(content), "buffer").readUInt32BE(0) / 2 ** 32 < VALIDATION_SHARE ? "validation" : "train";
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value[key] : undefined;
}

function isSplitName(value: JsonValue | undefined): value is string {
  return typeof value === "string" && Object.hasOwn(NAMES, value);
}
