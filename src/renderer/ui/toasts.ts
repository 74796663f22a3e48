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

export const toasts = shallowRef<readonly Toast[]>([]);
let nextId = 1;

export function showToast(text: string, action?: ToastAction): void {
  toasts.value = [...toasts.value.slice(-2), { id: nextId++, text, ...(action && { action }) }];
}

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
