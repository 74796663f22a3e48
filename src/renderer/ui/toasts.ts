/** @file One-line echoes of what the user just did. Anything else is shown where it belongs. */
import { shallowRef } from "vue";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action?: ToastAction;
}

/** Something that can be done about it at once. */
export interface ToastAction {
  readonly title: string;
  readonly run: () => void;
}

const MOST_SHOWN = 3;
export const toasts = shallowRef<readonly Toast[]>([]);
let nextId = 1;

/** @param earlier a message whose end this one tells: it takes its place, if that is still there; returns its own number */
export function showToast(text: string, action?: ToastAction, earlier?: number): number {
  const toast: Toast = { id: nextId++, text, ...(action && { action }) };
  const place = toasts.value.findIndex(({ id }) => id === earlier);
  toasts.value = place < 0 ? [...toasts.value.slice(1 - MOST_SHOWN), toast] : toasts.value.with(place, toast);
  return toast.id;
}

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
