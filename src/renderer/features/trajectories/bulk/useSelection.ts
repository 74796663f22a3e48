/** @file What is chosen for a bulk action: trajectories by hand, or all that the filter lets through but those taken out again. */
import { computed, shallowRef, watch, type Ref } from "vue";
import type { Selection } from "#contracts/procedures/changes.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";

interface Chosen {
  /** True: everything that the filter lets through, but `ids`. */
  readonly isAll: boolean;
  readonly ids: ReadonlySet<string>;
}

const NOTHING: Chosen = { isAll: false, ids: new Set() };
/** As many as a request may name. */
const MOST_BY_HAND = 10_000;

export interface SelectionOptions {
  readonly filter: Ref<TrajectoryFilter>;
  readonly total: Ref<number | null>;
}

export function useSelection({ filter, total }: SelectionOptions) {
  const chosen = shallowRef<Chosen>(NOTHING);

  const isSelected = (id: string): boolean => chosen.value.ids.has(id) !== chosen.value.isAll;
  const count = computed(() => (chosen.value.isAll ? Math.max(0, (total.value ?? 0) - chosen.value.ids.size) : chosen.value.ids.size));
  const selection = computed<Selection>(() => {
    const ids = [...chosen.value.ids];
    return chosen.value.isAll ? { filter: filter.value, except: ids } : { ids };
  });

  /** Takes one in, or out. */
  function toggle(id: string): void {
    const ids = new Set(chosen.value.ids);
    if (!ids.delete(id) && ids.size < MOST_BY_HAND) ids.add(id);
    chosen.value = { ...chosen.value, ids };
  }

  /** Takes all of these in. */
  function add(wanted: Iterable<string>): void {
    const ids = new Set(chosen.value.ids);
    for (const id of wanted) {
      if (chosen.value.isAll) ids.delete(id);
      else if (ids.size < MOST_BY_HAND) ids.add(id);
    }
    chosen.value = { ...chosen.value, ids };
  }

  function selectAll(): void {
    chosen.value = { isAll: true, ids: new Set() };
  }
  function clear(): void {
    chosen.value = NOTHING;
  }
  // another filter is another "all": nobody must act on what they did not see
  watch(
    () => JSON.stringify(filter.value),
    () => chosen.value.isAll && clear(),
  );

  return { count, selection, isAll: computed(() => chosen.value.isAll), isSelected, toggle, add, selectAll, clear };
}
export type BulkSelection = ReturnType<typeof useSelection>;
