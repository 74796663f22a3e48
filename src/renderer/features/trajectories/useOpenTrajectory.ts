/** @file Which trajectory is open, and where it lies in the list: from the address, and from row to row. */
import { computed, nextTick, ref, watch } from "vue";
import { useRoute } from "vue-router";
import type { TrajectoryDetails } from "./useTrajectoryDetails.ts";
import type { TrajectoryList } from "./useTrajectoryList.ts";
import { isFirstViewDrawn } from "../../transport/firstView.ts";

export interface ListView {
  readonly scrollTo: (index: number, align?: "auto" | "center") => void;
  readonly focusRow: (index: number) => Promise<void>;
}

export function useOpenTrajectory(list: TrajectoryList, details: TrajectoryDetails, view: () => ListView | null) {
  const route = useRoute();
  const { total, version, filter } = list;
  /** Row of the open trajectory; -1: it is in none. */
  const active = ref(-1);
  const isLeftOut = ref(false);
  const askedId = computed(() => (typeof route.params["id"] === "string" && route.params["id"] !== "" ? route.params["id"] : null));
  // An address without an id shows the first row and stays as it is: rewriting it would undo an address that was entered meanwhile.
  const firstId = computed<string | null>((shown) => {
    if (!isFirstViewDrawn.value) return null;
    void version.value; // the rows themselves are not reactive
    return list.peek(0)?.id ?? (total.value === 0 ? null : (shown ?? null));
  });
  const openId = computed(() => askedId.value ?? firstId.value);

  /** A row that became active while still on its way; it opens once it is there, unless something else was opened meanwhile. */
  let awaited: { readonly index: number; readonly from: string | null } | undefined;
  function openAt(index: number): void {
    active.value = index;
    isLeftOut.value = false;
    const row = list.rowAt(index);
    awaited = row === undefined ? { index, from: openId.value } : undefined;
    if (row !== undefined && row.id !== openId.value) void list.open(row.id);
    const following = list.peek(index + 1);
    if (following !== undefined) details.readAhead(following.id);
  }
  watch(version, () => {
    if (awaited === undefined || awaited.from !== openId.value) awaited = undefined;
    else if (list.peek(awaited.index) !== undefined) openAt(awaited.index);
  });

  let locating: AbortController | undefined;
  async function locate(): Promise<void> {
    locating?.abort();
    const { signal } = (locating = new AbortController());
    const id = openId.value;
    if (id === null) {
      active.value = -1;
      return;
    }
    if (active.value >= 0 && list.peek(active.value)?.id === id) return;
    try {
      const offset = await list.offsetOf(id, signal);
      if (signal.aborted || openId.value !== id) return;
      isLeftOut.value = offset === null;
      active.value = offset ?? -1;
      await nextTick();
      if (offset !== null) view()?.scrollTo(offset, "center");
    } catch {
      if (!signal.aborted) active.value = -1;
    }
  }
  watch([openId, () => JSON.stringify(filter.value)], () => void locate());
  // Once the first rows are drawn, something is open.
  watch(
    () => (total.value ?? 0) > 0 && (askedId.value !== null || isFirstViewDrawn.value),
    (hasRows) => {
      if (!hasRows) return;
      if (askedId.value !== null) void locate();
      else openAt(0);
    },
    { immediate: true },
  );

  function step(by: number): void {
    if (!total.value) return;
    const next = Math.max(0, Math.min(total.value - 1, active.value + by));
    if (document.activeElement?.closest('[role="grid"]')) void view()?.focusRow(next);
    else {
      openAt(next);
      view()?.scrollTo(next);
    }
  }
  return { active, openId, isLeftOut, openAt, step };
}
