/** @file Colour tokens for canvases, which cannot read CSS variables themselves; read again when the theme changes. */
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import type { Paint } from "./chartOption.ts";

export function usePaint(): { readonly paint: Paint; readonly version: ShallowRef<number> } {
  const version = shallowRef(0);
  const observer = new MutationObserver(() => version.value++);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const contrast = window.matchMedia("(prefers-contrast: more)");
  const bump = (): void => void version.value++;
  contrast.addEventListener("change", bump);
  onScopeDispose(() => {
    observer.disconnect();
    contrast.removeEventListener("change", bump);
  });
  return { paint: (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(), version };
}
