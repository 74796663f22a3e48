/** @file One-line echoes of what the user just did. Anything else is shown where it belongs. */
import { shallowRef } from "vue";

export interface Toast {
  readonly id: number;
  readonly text: string;
}

export const toasts = shallowRef<readonly Toast[]>([]);
let nextId = 1;

export function showToast(text: string): void {
  toasts.value = [...toasts.value.slice(-2), { id: nextId++, text }];
}

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
