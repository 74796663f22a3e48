/** @file The filtered list of trajectories: its filter lives in the address, its rows in a cache of pages. */
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter, type LocationQueryRaw } from "vue-router";
import type { AppError } from "#contracts/errors.ts";
import type { Job } from "#contracts/jobs.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { TrajectorySummary } from "#contracts/trajectory.ts";
import { FILTER_KEYS, filterOfQuery, queryOfFilter } from "./filterQuery.ts";
import { PageCache } from "../../components/grid/pageCache.ts";
import { useClient } from "../../transport/client.ts";
import { toAppError } from "../../transport/toAppError.ts";
import { useWorkbench } from "../../transport/workbench.ts";

type FilterChange = { readonly [Key in keyof TrajectoryFilter]?: TrajectoryFilter[Key] | undefined };

const PAGE_SIZE = 200;
const MAX_PAGES = 24;
const WRITING: readonly Job["kind"][] = ["change", "import", "index", "merge"];

function changedFilter(filter: TrajectoryFilter, change: FilterChange): TrajectoryFilter {
  const wanted = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(wanted) as TrajectoryFilter;
}

export function useTrajectoryList() {
  const client = useClient();
  const workbench = useWorkbench();
  const route = useRoute();
  const router = useRouter();

  const filter = computed<TrajectoryFilter>(() => filterOfQuery(route.query));
  const isFiltered = computed(() => Object.keys(filter.value).length > 0);

  const queryWith = (wanted: TrajectoryFilter): LocationQueryRaw => {
    const rest = Object.fromEntries(Object.entries(route.query).filter(([key]) => !FILTER_KEYS.some((known) => known === key)));
    return { ...rest, ...queryOfFilter(wanted) };
  };
  /** Replaces the whole filter, and what else of the address is named. */
  function useFilter(wanted: TrajectoryFilter, rest: LocationQueryRaw = {}): void {
    void router.replace({ params: route.params, query: { ...queryWith(wanted), ...rest } });
  }
  /** Replaces parts of the filter; undefined removes one. */
  function setFilter(change: FilterChange): void {
    useFilter(changedFilter(filter.value, change));
  }
  /** Opens a trajectory, with parts of the filter replaced on the way. */
  async function openTrajectory(id: string, change: FilterChange = {}): Promise<void> {
    const { tab: _tab, revision: _revision, ...query } = queryWith(changedFilter(filter.value, change));
    await router.replace({ name: "trajectories", params: { id }, query });
  }

  let preparing: AbortController | undefined;
  /** Has the core look up what a filter lets through, and count, while it is still being typed: its answer is at hand then. */
  function prepare(change: FilterChange, withFacets: boolean): void {
    preparing?.abort();
    // while many rows are written, what is looked up now is outdated by the time it is asked for
    if (workbench.running.some(({ kind }) => WRITING.includes(kind))) return;
    const { signal } = (preparing = new AbortController());
    // the question itself will say what is wrong
    client.trajectories.prepare({ filter: changedFilter(filter.value, change), withFacets }, { signal }).catch(() => undefined);
  }

  const version = ref(0);
  const total = ref<number | null>(null);
  const error = shallowRef<AppError | null>(null);
  const isLoading = ref(false);
  const indexComplete = ref(true);
  /** By how many the list has grown since it was opened; below 0: so many unread rows no longer pass the filter. */
  const numNew = ref(0);
  let cache: PageCache<TrajectorySummary> | null = null;
  /** Kept on screen until the first page of a new filter has come. */
  let shownCache: PageCache<TrajectorySummary> | null = null;

  /** Rows that were read stay at their places, also where a decision takes them out of the filter, until the list is opened anew. */
  const idsOf = (rows: PageCache<TrajectorySummary> | null): string[] =>
    isFiltered.value && rows !== null ? Array.from(rows.rows(), ({ id }) => id) : [];

  function open(): void {
    cache?.close();
    const wanted = filter.value;
    numNew.value = 0;
    isLoading.value = true;
    const mine = new PageCache<TrajectorySummary>({
      pageSize: PAGE_SIZE,
      maxPages: MAX_PAGES,
      fetchPage: async (offset, limit, signal) => {
        const page = await client.trajectories.list({ filter: wanted, offset, limit, keep: idsOf(mine) }, { signal });
        indexComplete.value = page.indexComplete;
        return page;
      },
      onChange: () => {
        if (mine !== cache) return;
        shownCache = mine;
        total.value = mine.total;
        error.value = mine.error === null ? null : toAppError(mine.error);
        isLoading.value = false;
        version.value++;
      },
    });
    cache = mine;
    void mine.load(0);
  }
  watch(() => JSON.stringify(filter.value), open, { immediate: true });

  // Lists never change under the pointer: news are counted and offered, except where there was nothing to disturb.
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function countNew(): Promise<void> {
    timer = undefined;
    if (!total.value) return open();
    try {
      const { total: now } = await client.trajectories.list({ filter: filter.value, offset: 0, limit: 1, keep: idsOf(cache) });
      numNew.value = now - (total.value ?? 0);
    } catch {
      // The list itself says what is wrong; a missed count is offered with the next news.
    }
  }
  watch(
    () => workbench.versions.trajectories,
    () => (timer ??= setTimeout(() => void countNew(), 1000)),
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    cache?.close();
    preparing?.abort();
  });

  return {
    filter,
    isFiltered,
    setFilter,
    useFilter,
    prepare,
    clear: () => useFilter({}, { view: undefined }),
    open: openTrajectory,
    total,
    error,
    isLoading,
    indexComplete,
    numNew,
    version,
    rowAt: (index: number): TrajectorySummary | undefined => shownCache?.rowAt(index),
    peek: (index: number): TrajectorySummary | undefined => shownCache?.peek(index),
    offsetOf: async (id: string, signal: AbortSignal): Promise<number | null> =>
      (await client.trajectories.offsetOf({ id, filter: filter.value, keep: idsOf(cache) }, { signal })).offset,
    retry: () => cache?.retry(),
    reload: open,
  };
}
export type TrajectoryList = ReturnType<typeof useTrajectoryList>;
