/** @file Media queries as refs. */
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";

export function useMedia(query: string): ShallowRef<boolean> {
  const list = window.matchMedia(query);
  const matches = shallowRef(list.matches);
  const listen = (event: MediaQueryListEvent): void => {
    matches.value = event.matches;
  };
  list.addEventListener("change", listen);
  onScopeDispose(() => list.removeEventListener("change", listen));
  return matches;
}

/** Under this width the third pane of a screen becomes a tab of the second. */
export const useNarrow = (): ShallowRef<boolean> => useMedia("(max-width: 1099px)");
