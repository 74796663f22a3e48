/**
 * @file What the page was opened for comes first: whatever else it asks and draws waits until that is on screen, for two processors have enough
 * to do with it.
 */
import { shallowRef, watch } from "vue";

/** Also where nothing says that it is drawn, the rest comes. */
const LONGEST_MS = 800;

export const isFirstViewDrawn = shallowRef(false);
setTimeout(() => (isFirstViewDrawn.value = true), LONGEST_MS);

/** The first view is in the document: behind the frame that shows it, the rest may come. */
export function firstViewIsThere(): void {
  // the next frame begins when the one that shows it is drawn
  requestAnimationFrame(() => requestAnimationFrame(() => (isFirstViewDrawn.value = true)));
}

export function firstViewDrawn(): Promise<void> {
  return new Promise((resolve) => {
    if (isFirstViewDrawn.value) return resolve();
    watch(isFirstViewDrawn, () => resolve(), { once: true, flush: "sync" });
  });
}
