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

export function listViews(core: Core, author: string | undefined): readonly SavedView[] {
  const counted = (isBuiltIn: boolean) => (view: { readonly name: string; readonly filter: TrajectoryFilter }) => {
    return { ...view, isBuiltIn, count: core.store.lists.count(view.filter) };
  };
  return [...builtIn(author).map(counted(true)), ...core.store.views.list().map(counted(false))];
}

export function saveView(core: Core, name: string, filter: TrajectoryFilter, author: string | undefined): readonly SavedView[] {
  if (RESERVED.includes(name.toLowerCase())) throw new AppError("E_OPERATION_INVALID", { detail: `"${name}" is a view of its own` });
  core.store.views.save(name, filter);
  core.jobs.news.rowsChanged("changes");
  return listViews(core, author);
}

export function removeView(core: Core, name: string, author: string | undefined): readonly SavedView[] {
  core.store.views.remove(name);
  core.jobs.news.rowsChanged("changes");
  return listViews(core, author);
}
