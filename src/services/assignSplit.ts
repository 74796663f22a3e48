/** @file Which split a trajectory belongs to: the one its source names, else a tenth of all queries is held out for validation. */
import { hash } from "node:crypto";
import { SPLITS, type Split, type TrajectoryContent } from "#contracts/trajectory.ts";

const VALIDATION_SHARE = 0.1;

/**
 * Decided by the query, never by the row: all answers to one question fall on the same side, so that the held-out split never asks
 * what was trained on.
 */
export function assignSplit(content: TrajectoryContent): Split {
  const named = content.metadata["split"];
  if (SPLITS.includes(named as Split)) return named as Split;
  const query = content.turns.find((turn) => turn.role === "user")?.content ?? JSON.stringify(content.turns);
  const digest = hash("sha256", query.normalize("NFKC").toLowerCase().replaceAll(/\s+/gu, " ").trim(), "buffer");
  return digest.readUInt32BE(0) / 2 ** 32 < VALIDATION_SHARE ? "validation" : "train";
}
