/** @file The catalogue of tools as a list: its search, kind and order live in the address, its rows in a cache of pages. */
import { computed, onScopeDispose, ref, shallowReactive, shallowRef, watch } from "vue";
import { useRoute, useRouter, type LocationQueryRaw } from "vue-router";
import type { AppError } from "#contracts/errors.ts";
import { TOOL_LISTS, TOOL_ORDERS, type ToolListName, type ToolOrder, type ToolPage, type ToolUse } from "#contracts/tools.ts";
import { PageCache } from "../../../components/grid/pageCache.ts";
import { useClient } from "../../../transport/client.ts";
import { toAppError } from "../../../transport/toAppError.ts";
import { useWorkbench } from "../../../transport/workbench.ts";

const PAGE_SIZE = 200;
const MAX_PAGES = 12;
const NEWS_PAUSE_MS = 500;

export interface ToolListQuestion {
  readonly text: string;
  readonly list: ToolListName;
  readonly order: ToolOrder;
  readonly descending: boolean;
}

export function useToolList() {
  const client = useClient();
  const workbench = useWorkbench();
  const route = useRoute();
  const router = useRouter();

  const question = computed<ToolListQuestion>(() => {
    const { text, list, order, down } = route.query;
    const asked = TOOL_ORDERS.find((name) => name === order) ?? "calls";
    return {
      text: typeof text === "string" ? text : "",
      list: TOOL_LISTS.find((name) => name === list) ?? "all",
      order: asked,
      descending: typeof down === "string" ? down === "yes" : asked !== "name",
    };
  });
  function ask(change: Partial<ToolListQuestion>): void {
    const { text, list, order, descending } = { ...question.value, ...change };
    const query: LocationQueryRaw = {
      ...(text === "" ? {} : { text }),
      ...(list === "all" ? {} : { list }),
      ...(order === "calls" ? {} : { order }),
      ...(descending === (order !== "name") ? {} : { down: descending ? "yes" : "no" }),
    };
    void router.replace({ params: route.params, query });
  }
  /** A second time the same order is turned round. */
  const orderBy = (order: ToolOrder): void =>
    ask({ order, descending: question.value.order === order ? !question.value.descending : order !== "name" });

  const version = ref(0);
  const total = ref<number | null>(null);
  const counts = shallowRef<ToolPage["counts"] | null>(null);
  const error = shallowRef<AppError | null>(null);
  const isLoading = ref(false);
  const isComplete = ref(true);
  /** The rows would be others now, or in another order. */
  const isStale = ref(false);
  /** Newer numbers of rows that were read before. */
  const fresh = shallowReactive(new Map<string, ToolUse>());
  let cache: PageCache<ToolUse> | null = null;
  let shown: PageCache<ToolUse> | null = null;

  async function fetchPage(asked: ToolListQuestion, offset: number, limit: number): Promise<ToolPage> {
    const page = await client.tools.list({ ...asked, offset, limit });
    counts.value = page.counts;
    isComplete.value = page.isComplete;
    return page;
  }
  function open(): void {
    cache?.close();
    const asked = question.value;
    isLoading.value = true;
    isStale.value = false;
    const mine = new PageCache<ToolUse>({
      pageSize: PAGE_SIZE,
      maxPages: MAX_PAGES,
      fetchPage: (offset, limit) => fetchPage(asked, offset, limit),
      onChange: () => {
        if (mine !== cache) return;
        if (shown !== mine) fresh.clear();
        shown = mine;
        total.value = mine.total;
        error.value = mine.error === null ? null : toAppError(mine.error);
        isLoading.value = false;
        version.value++;
      },
    });
    cache = mine;
    void mine.load(0);
  }
  watch(() => JSON.stringify(question.value), open, { immediate: true });

  // Numbers follow the data; rows keep their places until somebody asks for the list anew.
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function readNews(): Promise<void> {
    timer = undefined;
    if (!total.value) return open();
    try {
      for (let offset = 0; offset < (total.value ?? 0); offset += PAGE_SIZE) {
        if (shown?.peek(offset) === undefined) continue;
        const page = await fetchPage(question.value, offset, PAGE_SIZE);
        isStale.value ||= page.total !== total.value || page.rows.some(({ name }, i) => shown?.peek(offset + i)?.name !== name);
        for (const use of page.rows) fresh.set(use.name, use);
      }
      version.value++;
    } catch {
      // the list itself says what is wrong; the next news ask again
    }
  }
  watch(
    () => workbench.versions.trajectories,
    () => (timer ??= setTimeout(() => void readNews(), NEWS_PAUSE_MS)),
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    cache?.close();
  });

  const freshOf = (use: ToolUse | undefined): ToolUse | undefined => use && (fresh.get(use.name) ?? use);
  return {
    question,
    ask,
    orderBy,
    version,
    total,
    counts,
    error,
    isLoading,
    isComplete,
    isStale,
    rowAt: (index: number): ToolUse | undefined => freshOf(shown?.rowAt(index)),
    peek: (index: number): ToolUse | undefined => shown?.peek(index),
    /** Where a tool stands in the list; null: not in it. */
    placeOf: async (name: string): Promise<number | null> => (await client.tools.list({ ...question.value, limit: 1, find: name })).place,
    reload: open,
  };
}
