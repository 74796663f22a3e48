/** @file What every screen shares: the workspace, the jobs, and which tables have news. Fed by one stream for the whole page. */
import { defineStore } from "pinia";
import { computed, reactive, shallowRef } from "vue";
import type { Job, News } from "#contracts/jobs.ts";
import type { WorkspaceView } from "#contracts/procedures/workbench.ts";
import type { Client } from "./client.ts";

export type TableName = News["changed"][number];

const ENDED: readonly Job["state"][] = ["done", "failed", "cancelled", "interrupted"];
export const isEnded = (job: Job): boolean => ENDED.includes(job.state);

const RETRY_MS = 500;

export const useWorkbench = defineStore("workbench", () => {
  const workspace = shallowRef<WorkspaceView | null>(null);
  const jobsById = shallowRef<ReadonlyMap<string, Job>>(new Map());
  /** Grows whenever the table's rows changed; queries watch the ones they read. */
  const versions = reactive<Record<TableName, number>>({
    trajectories: 0,
    runs: 0,
    points: 0,
    sources: 0,
    evaluations: 0,
    failures: 0,
    cases: 0,
    models: 0,
    changes: 0,
  });
  /** Jobs seen to end while the page was open, for the live region; the newest last. */
  const justEnded = shallowRef<Job | null>(null);

  const jobs = computed(() => [...jobsById.value.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt)));
  const running = computed(() => jobs.value.filter((job) => !isEnded(job)));

  function takeJobs(changed: readonly Job[]): void {
    const next = new Map(jobsById.value);
    for (const job of changed) {
      const before = next.get(job.id);
      if (before !== undefined && !isEnded(before) && isEnded(job)) justEnded.value = job;
      next.set(job.id, job);
    }
    jobsById.value = next;
  }

  /**
   * Reads the news until told to stop, after every interruption from where it was: the core's cursors grow over its own restarts,
   * so that an old cursor brings everything that changed meanwhile.
   */
  async function follow(client: Client, signal: AbortSignal): Promise<void> {
    let cursor = 0;
    while (!signal.aborted) {
      try {
        workspace.value = await client.workspace.get(undefined, { signal });
        takeJobs(await client.jobs.list(undefined, { signal }));
        for await (const news of await client.jobs.news({ since: cursor }, { signal })) {
          cursor = news.cursor;
          if (news.jobs.length > 0) takeJobs(news.jobs);
          for (const table of news.changed) versions[table]++;
        }
      } catch {
        if (signal.aborted) return;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async function refreshWorkspace(client: Client): Promise<void> {
    workspace.value = await client.workspace.get();
  }

  return { workspace, jobs, jobsById, running, versions, justEnded, follow, takeJobs, refreshWorkspace };
});
