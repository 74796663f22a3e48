/** @file Trajectories that ask about the same things: by the telling words of what the user says and of the calls. */
import type { SimilarTrajectory } from "#contracts/procedures/trajectories.ts";
import { SPLITS, type TrajectoryContent } from "#contracts/trajectory.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "./core.ts";

/** Looked up one by one; the rarest of them decide. */
const MOST_WORDS = 60;
/** Words that half of all texts hold weigh next to nothing: sharing only those is no likeness. */
const LEAST_SCORE = 0.01;

export function similarTrajectories(core: Core, id: string, limit: number): readonly SimilarTrajectory[] {
  const { trajectories, search } = core.store;
  const { trajectory } = trajectories.get(id);
  const splits = SPLITS.map((_, number) => number);
  return search
    .similar(wordsOf(trajectory), { limit, splits, without: [requireNumber("trajectory", id)] })
    .filter(({ score }) => score >= LEAST_SCORE)
    .map(({ trajectoryId, title, score }) => ({ trajectoryId, title, score }));
}

function wordsOf({ turns }: TrajectoryContent): readonly string[] {
  const asked = turns.flatMap((turn) => (turn.role === "user" ? [turn.content] : []));
  const called = turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map((call) => `${call.name} ${call.argumentsText}`) : []));
  const words =
    [...asked, ...called]
      .join("\n")
      .toLowerCase()
      .match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return [...new Set(words)].slice(0, MOST_WORDS);
}
