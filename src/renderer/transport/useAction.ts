/** @file A command sent to the core by a button: busy while it is on its way, its error kept where the button is. */
import { shallowRef, type ShallowRef } from "vue";
import type { AppError } from "#contracts/errors.ts";
import { toAppError } from "./toAppError.ts";

export interface Action<Args extends readonly unknown[]> {
  readonly isBusy: ShallowRef<boolean>;
  readonly error: ShallowRef<AppError | null>;
  readonly run: (...args: Args) => Promise<void>;
}

export function useAction<Args extends readonly unknown[]>(act: (...args: Args) => Promise<unknown>): Action<Args> {
  const isBusy = shallowRef(false);
  const error = shallowRef<AppError | null>(null);
  async function run(...args: Args): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = null;
    try {
      await act(...args);
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      isBusy.value = false;
    }
  }
  return { isBusy, error, run };
}
