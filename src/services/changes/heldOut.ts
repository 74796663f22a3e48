/** @file Questions that are held out: what asks one of them word for word must not be trained on, or the test is told beforehand. */
import type { Split, TrajectoryContent } from "#contracts/trajectory.ts";
import { foldQuery, queryOf } from "#core/trajectories/sameQuery.ts";
import { titleOf } from "#core/trajectories/summary.ts";
import type { Store } from "#store/index.ts";

/** Of a title that two queries share, however their spaces and ligatures are written: enough to leave nearly all contents unread. */
const SHARED_CHARACTERS = 60;
const sharedTitle = (title: string): string => foldQuery(title).slice(0, SHARED_CHARACTERS);

export interface HeldOut {
  readonly trajectoryId: string;
  readonly split: Split;
}

/** A held-out trajectory with the same query, by the rule that keeps such trajectories on one side of a split; null where there is none. */
export function heldOutTwin(store: Store, content: TrajectoryContent): HeldOut | null {
  const [query, title] = [queryOf(content), sharedTitle(titleOf(content))];
  for (const one of store.trajectories.heldOut()) {
    if (sharedTitle(one.title) !== title) continue;
    const { trajectory } = store.trajectories.getByNumber(one.number);
    if (queryOf(trajectory) === query) return { trajectoryId: trajectory.id, split: trajectory.split };
  }
  return null;
}
