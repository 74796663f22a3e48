/** @file A change that is looked at before it is made, for `ChangeDialog`. */
import type { Operation } from "#contracts/changes.ts";
import type { Selection } from "#contracts/procedures/changes.ts";
import type { ShownChange } from "../components/changes/shownChange.ts";
import { useAction } from "./useAction.ts";
import { usePreview } from "./usePreview.ts";

export function useShownChange(
  apply: (selection: Selection, operation: Operation, reason: string) => Promise<void>,
  reason: () => string = () => "",
): ShownChange {
  const act = useAction((selection: Selection, operation: Operation) => apply(selection, operation, reason()));
  return { ...usePreview(), act };
}
