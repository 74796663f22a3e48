/** @file Which trajectories ask the same: they belong to one group, and a group lies on one side of a split. */
import type { TrajectoryContent } from "#contracts/trajectory.ts";

/** Enough to tell queries apart; a pasted book is not read to its end for it. */
const MAX_QUERY_CHARACTERS = 10_000;

/** What a trajectory asks, spelling of spaces and capitals aside: trajectories with the same query belong to one group. */
export function queryOf({ turns }: Pick<TrajectoryContent, "turns">): string {
  return foldQuery(turns.find((turn) => turn.role === "user")?.content ?? JSON.stringify(turns));
}

/** Equal for texts that ask the same. */
export function foldQuery(text: string): string {
  return text.slice(0, MAX_QUERY_CHARACTERS).normalize("NFKC").toLowerCase().replaceAll(/\s+/gu, " ").trim();
}
