/** @file The focus in a list of which only the rows in view exist. */
import type { Range } from "@tanstack/vue-virtual";
import { nextTick } from "vue";

/** The rows in view, and the one with the focus wherever the list is scrolled, or the focus would fall to the page. */
export function rangeWith(active: number, range: Range): number[] {
  const { startIndex, endIndex, overscan, count } = range;
  const first = Math.max(0, startIndex - overscan);
  const last = Math.min(count - 1, endIndex + overscan);
  const indices = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return active < 0 || active >= count || indices.includes(active) ? indices : [...indices, active].sort((a, b) => a - b);
}

/** A row far away is drawn a frame or two after it was scrolled to. */
const MOST_FRAMES = 10;

/** Focuses what was scrolled to as soon as it is drawn, unless somebody went on meanwhile; false: it was not drawn. */
export async function focusWhenDrawn(find: () => HTMLElement | null | undefined): Promise<boolean> {
  const before = document.activeElement;
  await nextTick();
  for (let frame = 0; frame < MOST_FRAMES; frame++) {
    const now = document.activeElement;
    if (now !== before && now !== document.body) return true; // that is where the focus belongs
    const element = find();
    if (element) {
      element.focus({ preventScroll: true });
      return true;
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return false;
}
