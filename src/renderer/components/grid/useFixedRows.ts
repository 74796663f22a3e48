/**
 * @file Which rows of a list are in view, where all have one height: a division, whatever the length of the list. A table of the places
 * of 200,000 rows would be made anew with every filter.
 */
import { computed, onMounted, onScopeDispose, ref, type ComputedRef, type Ref } from "vue";
import { rangeWith } from "../virtualFocus.ts";

/** Rows beyond each end of the view, so that a short way is there before it is scrolled to. */
const OVERSCAN = 12;

export type Alignment = "auto" | "center";

export interface FixedRows {
  /** Rows to draw: those in view and some beside it, and the active one wherever it is. */
  readonly indices: ComputedRef<readonly number[]>;
  /** `center` for a row that was not near before; `auto` scrolls no further than needed, and not at all to a row in view. */
  readonly scrollTo: (index: number, align?: Alignment) => void;
}

export function useFixedRows(
  scroller: Readonly<Ref<HTMLElement | null>>,
  rows: { readonly count: () => number; readonly height: () => number; readonly active: () => number },
): FixedRows {
  const top = ref(0);
  // Before there is a layout, as much as there could be at most: the first rows need not wait for it.
  const viewHeight = ref(window.innerHeight);
  /** Drawn behind the first frame, which shows none of them. */
  const overscan = ref(0);

  const startIndex = computed(() => Math.max(0, Math.min(rows.count() - 1, Math.floor(top.value / rows.height()))));
  const endIndex = computed(() => Math.max(0, Math.min(rows.count() - 1, Math.ceil((top.value + viewHeight.value) / rows.height()) - 1)));
  const indices = computed<readonly number[]>(() => {
    const count = rows.count();
    if (count === 0 || viewHeight.value === 0) return [];
    return rangeWith(rows.active(), { startIndex: startIndex.value, endIndex: endIndex.value, overscan: overscan.value, count });
  });

  function scrollTo(index: number, align: Alignment = "auto"): void {
    const element = scroller.value;
    if (element === null) return;
    const [height, start] = [rows.height(), index * rows.height()];
    let wanted = top.value;
    if (align === "center") wanted = start - (viewHeight.value - height) / 2;
    else if (start < top.value) wanted = start;
    else if (start + height > top.value + viewHeight.value) wanted = start + height - viewHeight.value;
    wanted = Math.max(0, Math.min(rows.count() * height - viewHeight.value, wanted));
    if (wanted === top.value) return;
    element.scrollTop = wanted;
    // the rows there are drawn in the frame that shows them, not in the one after the event
    top.value = wanted;
  }

  const read = (): void => void (top.value = scroller.value?.scrollTop ?? 0);
  const observer = new ResizeObserver(() => (viewHeight.value = scroller.value?.clientHeight ?? 0));
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  onMounted(() => {
    const element = scroller.value!;
    element.addEventListener("scroll", read, { passive: true });
    observer.observe(element);
    frame = requestAnimationFrame(() => (timer = setTimeout(() => (overscan.value = OVERSCAN))));
  });
  onScopeDispose(() => {
    observer.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  });
  return { indices, scrollTo };
}
