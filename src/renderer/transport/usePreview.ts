/** @file The preview of a change: asked for, followed while its job runs, read in pages, given up with its dialog. */
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import type { ContentOperation } from "#contracts/bulk.ts";
import type { AppError } from "#contracts/errors.ts";
import type { Preview, PreviewRow } from "#contracts/preview.ts";
import type { Selection } from "#contracts/procedures/changes.ts";
import { PageCache } from "../components/grid/pageCache.ts";
import { useClient } from "./client.ts";
import { toAppError } from "./toAppError.ts";
import { isEnded, useWorkbench } from "./workbench.ts";

const PAGE_SIZE = 100;

export function usePreview() {
  const client = useClient();
  const workbench = useWorkbench();
  const preview = shallowRef<Preview | null>(null);
  const error = shallowRef<AppError | null>(null);
  const isBusy = ref(false);
  const version = ref(0);
  let cache: PageCache<PreviewRow> | null = null;
  let wish = 0;

  const job = computed(() => workbench.jobsById.get(preview.value?.jobId ?? ""));

  async function look(selection: Selection, operation: ContentOperation): Promise<void> {
    giveUp();
    const mine = wish;
    isBusy.value = true;
    try {
      const started = await client.changes.preview({ selection, operation });
      if (mine !== wish) return void (started.jobId !== null && client.jobs.cancel({ id: started.jobId }));
      preview.value = started;
      if (started.isDone) open(started.id);
    } catch (thrown) {
      if (mine !== wish) return;
      error.value = toAppError(thrown);
      isBusy.value = false;
    }
  }

  function open(id: number): void {
    isBusy.value = false;
    const opened = new PageCache<PreviewRow>({
      pageSize: PAGE_SIZE,
      maxPages: 20,
      fetchPage: async (offset, limit) => {
        const { numListed, rows } = await client.changes.previewPage({ id, offset, limit });
        return { total: numListed, rows };
      },
      onChange: () => {
        if (opened.error !== null) error.value = toAppError(opened.error);
        version.value++;
      },
    });
    cache = opened;
    version.value++;
  }

  // the job has ended: its counts are final now, or it has failed and says why
  watch(job, async (now) => {
    if (now === undefined || !isEnded(now) || preview.value === null || !isBusy.value) return;
    const mine = wish;
    try {
      const { rows: _rows, ...whole } = await client.changes.previewPage({ id: preview.value.id, offset: 0, limit: 1 });
      if (mine !== wish) return;
      preview.value = whole;
      if (whole.isDone) return open(whole.id);
      isBusy.value = false;
    } catch (thrown) {
      if (mine !== wish) return;
      error.value = toAppError(thrown);
      isBusy.value = false;
    }
  });

  /** Forgets the preview; a job that makes it is stopped. */
  function giveUp(): void {
    wish++;
    const { jobId = null, isDone = true } = preview.value ?? {};
    if (jobId !== null && !isDone) void client.jobs.cancel({ id: jobId }).catch(() => undefined);
    cache?.close();
    cache = null;
    preview.value = null;
    error.value = null;
    isBusy.value = false;
  }
  onScopeDispose(giveUp);

  return { preview, job, error, isBusy, version, look, giveUp, rowAt: (index: number): PreviewRow | undefined => cache?.rowAt(index) };
}
