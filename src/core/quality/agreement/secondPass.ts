/** @file Which trajectories somebody labels a second time, blind, so that it shows how steady their own answers are. */
import { mixSeeds, shuffledIndices } from "../../trajectories/seededRandom.ts";

export interface SecondPassCandidate {
  readonly trajectoryId: string;
  /** Review status: the strata of the draw. */
  readonly status: string;
}

/**
 * Draws `size` of the candidates without replacement, each status in proportion to its share (largest remainders get what rounding
 * leaves over; ties by name). Depends on seed and candidates, not on their order.
 *
 * @returns ids in an order that gives the status away no more than chance does; all candidates where there are no more than `size`
 */
export function drawSecondPass(candidates: readonly SecondPassCandidate[], size: number, seed: number): readonly string[] {
  const names = [...new Set(candidates.map((candidate) => candidate.status))].sort();
  const strata = names.map((name) =>
    candidates
      .filter((candidate) => candidate.status === name)
      .map((candidate) => candidate.trajectoryId)
      .sort(),
  );
  const numDrawn = Math.min(size, candidates.length);
  const shares = strata.map((ids) => (numDrawn * ids.length) / candidates.length);
  const quotas = shares.map(Math.floor);
  const byRemainder = names.map((_, i) => i).sort((a, b) => shares[b]! - quotas[b]! - (shares[a]! - quotas[a]!) || a - b);
  const numLeft = numDrawn - quotas.reduce((sum, quota) => sum + quota, 0);
  for (const i of byRemainder.slice(0, numLeft)) quotas[i]! += 1;
  const drawn = strata.flatMap((ids, i) =>
    [...shuffledIndices(ids.length, mixSeeds(seed, i))].slice(0, quotas[i]).map((index) => ids[index]!),
  );
  return [...shuffledIndices(drawn.length, mixSeeds(seed, names.length))].map((index) => drawn[index]!);
}
