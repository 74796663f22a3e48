/** @file Filters kept under a name, with how many trajectories each lets through. */
import type { SavedView } from "#contracts/procedures/finding.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";

function builtIn(author: string | undefined): readonly { readonly name: string; readonly filter: TrajectoryFilter }[] {
  return [
    { name: "All", filter: {} },
    ...(author === undefined ? [] : [{ name: "My queue", filter: { assignee: author } }]),
    { name: "Disputed", filter: { disputed: true } },
  ];
}
const RESERVED = ["all", "my queue", "disputed"];
function requireFree(name: string): void {
  if (RESERVED.includes(name.toLowerCase())) throw new AppError("E_OPERATION_INVALID", { detail: `"${name}" is a view of its own` });
}

export function listViews(core: Core, author: string | undefined): readonly SavedView[] {
  const counted = (isBuiltIn: boolean) => (view: { readonly name: string; readonly filter: TrajectoryFilter }) => {
    return { ...view, isBuiltIn, count: core.store.lists.count(view.filter) };
  };
  return [...builtIn(author).map(counted(true)), ...core.store.views.list().map(counted(false))];
}

export function saveView(core: Core, name: string, filter: TrajectoryFilter, author: string | undefined): readonly SavedView[] {
  requireFree(name);
  core.store.views.save(name, filter);
  core.jobs.news.rowsChanged("changes");
  return listViews(core, author);
}

/** Throws `E_OPERATION_INVALID` where the name is taken: no other view is lost by it. */
export function renameView(core: Core, name: string, to: string, author: string | undefined): readonly SavedView[] {
  requireFree(to);
  const { views } = core.store;
  if (views.has(to) && name.toLowerCase() !== to.toLowerCase()) {
    throw new AppError("E_OPERATION_INVALID", { detail: `there is a view "${to}" already` });
  }
  if (!views.rename(name, to)) throw new AppError("E_NOT_FOUND", { what: "view", id: name });
  core.jobs.news.rowsChanged("changes");
  return listViews(core, author);
}

export function removeView(core: Core, name: string, author: string | undefined): readonly SavedView[] {
  core.store.views.remove(name);
  core.jobs.news.rowsChanged("changes");
  return listViews(core, author);
}
