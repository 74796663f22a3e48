/** @file Why a trajectory is like another, and in what it differs, in words. */
import type { SimilarTrajectory } from "#contracts/procedures/trajectories.ts";
import type { TrajectorySummary } from "#contracts/trajectory.ts";
import { STATUS_WORDS } from "../../../components/statusWords.ts";
import { plural } from "../../../format/numbers.ts";

const MOST_WORDS = 6;
const listed = (words: readonly string[]): string =>
  words.length <= MOST_WORDS ? words.join(", ") : `${words.slice(0, MOST_WORDS).join(", ")} and ${words.length - MOST_WORDS} more`;

export function whyAlike({ sharedWords, sharedTools }: SimilarTrajectory): string {
  return [sharedWords.length > 0 && `Shares ${listed(sharedWords)}`, sharedTools.length > 0 && `both call ${listed(sharedTools)}`]
    .filter(Boolean)
    .join("; ");
}

/** Empty: in nothing that is looked at. */
export function whatDiffers(
  { missingWords, missingTools, otherTools, summary }: SimilarTrajectory,
  own: Pick<TrajectorySummary, "numTurns" | "numCalls" | "status" | "split">,
): string {
  return [
    missingWords.length > 0 && `without ${listed(missingWords)}`,
    missingTools.length > 0 && `does not call ${listed(missingTools)}`,
    otherTools.length > 0 && `calls ${listed(otherTools)}`,
    summary.numTurns !== own.numTurns && `${plural(summary.numTurns, "turn")}, here ${own.numTurns}`,
    summary.status !== own.status && STATUS_WORDS[summary.status].toLowerCase(),
    summary.split !== own.split && `in ${summary.split}`,
  ]
    .filter(Boolean)
    .join("; ");
}
