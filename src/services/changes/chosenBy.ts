/** @file The trajectories that a selection names: by id, by filter, or by what a preview found. */
import { AppError } from "#contracts/errors.ts";
import type { Selection } from "#contracts/procedures/changes.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "../core.ts";

/** @throws E_NOT_FOUND for an id that is none, E_TAKEN_BACK for one that was written and taken back, E_OPERATION_INVALID for a preview that is not whole */
export function chosenBy(core: Core, selection: Selection): readonly number[] {
  const { store } = core;
  const numberOf = (id: string): number => requireNumber("trajectory", id);
  if ("ids" in selection) {
    const numbers = selection.ids.map(numberOf);
    for (const number of numbers) store.changes.presentState(number);
    return numbers;
  }
  const except = new Set(selection.except.map(numberOf));
  if ("filter" in selection) return store.lists.page(selection.filter, 0, Infinity).numbers.filter((number) => !except.has(number));
  if (!store.previews.get(selection.preview).isDone) {
    throw new AppError("E_OPERATION_INVALID", { detail: "the preview is not whole yet" });
  }
  return store.previews.acting(selection.preview).filter((number) => !except.has(number));
}
