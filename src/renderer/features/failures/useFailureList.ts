/** @file Failures of a run, in pages; the counts by code come with the first. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import type { FailureCode } from "#contracts/calls.ts";
import type { AppError } from "#contracts/errors.ts";
import type { FailureSummary } from "#contracts/procedures/evaluations.ts";
import { PageCache } from "../../components/grid/pageCache.ts";
import { useClient } from "../../transport/client.ts";
import { toAppError } from "../../transport/toAppError.ts";
import { useWorkbench } from "../../transport/workbench.ts";

const PAGE_SIZE = 200;

export function useFailureList(runId: () => string | null, code: () => string | null) {
  const client = useClient();
  const workbench = useWorkbench();
  const total = ref<number | null>(null);
  const version = ref(0);
  const isLoading = ref(false);
  const error = shallowRef<AppError | null>(null);
  const byCode = shallowRef<Readonly<Partial<Record<FailureCode, number>>>>({});
  let cache: PageCache<FailureSummary> | null = null;

  function open(): void {
    cache?.close();
    const run = runId();
    const wanted = code();
    if (run === null) {
      cache = null;
      total.value = null;
      return;
    }
    isLoading.value = true;
    const mine = new PageCache<FailureSummary>({
      pageSize: PAGE_SIZE,
      maxPages: 20,
      fetchPage: async (offset, limit) => {
        const page = await client.failures.list({ runId: run, offset, limit, ...(wanted !== null && { code: wanted }) });
        byCode.value = page.byCode;
        return page;
      },
      onChange: () => {
        if (mine !== cache) return;
        total.value = mine.total;
        error.value = mine.error === null ? null : toAppError(mine.error);
        isLoading.value = false;
        version.value++;
      },
    });
    cache = mine;
    void mine.load(0);
  }
  watch([runId, code, () => workbench.versions.failures], open, { immediate: true });
  onScopeDispose(() => cache?.close());

  return {
    total,
    version,
    isLoading,
    error,
    byCode,
    /** A row that is there already; nothing is read for it. */
    peek: (index: number): FailureSummary | undefined => cache?.peek(index),
    rowAt: (index: number): FailureSummary | undefined => cache?.rowAt(index),
    /** Position among the rows already read; -1 where it is not among them. */
    indexOf: (id: string): number => {
      for (let i = 0; i < Math.min(total.value ?? 0, PAGE_SIZE); i++) if (cache?.peek(i)?.id === id) return i;
      return -1;
    },
    reload: open,
  };
}
