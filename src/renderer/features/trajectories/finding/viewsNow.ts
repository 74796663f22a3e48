/** @file Which saved view a list shows. */
import type { SavedView } from "#contracts/procedures/finding.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { queryOfFilter } from "../filterQuery.ts";

/** Equal conditions give equal addresses, whatever the order in which they were chosen. */
export const isSameFilter = (one: TrajectoryFilter, other: TrajectoryFilter): boolean =>
  JSON.stringify(queryOfFilter(one)) === JSON.stringify(queryOfFilter(other));

export const isSameName = (one: string, other: string): boolean => one.trim().toLowerCase() === other.trim().toLowerCase();

/** The view that the list shows now, and the person's own one that it was opened from; the filter may have been changed since. */
export function viewsNow(views: readonly SavedView[], filter: TrajectoryFilter, from: string | undefined) {
  const fitting = views.filter((view) => isSameFilter(view.filter, filter));
  const named = views.find(({ name }) => from !== undefined && isSameName(name, from));
  const shown = fitting.find((view) => view === named) ?? fitting[0] ?? null;
  const own = shown ?? named ?? null;
  return { shown, own: own === null || own.isBuiltIn ? null : own };
}
