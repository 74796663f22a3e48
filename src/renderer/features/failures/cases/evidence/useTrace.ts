/** @file The trace of a case: read, started, and followed while its job goes on; the same of the run's measured reliability. */
import { computed, ref, watch } from "vue";
import type { Job } from "#contracts/jobs.ts";
import { useClient } from "../../../../transport/client.ts";
import { useAction } from "../../../../transport/useAction.ts";
import { useProfile } from "../../../../transport/useProfile.ts";
import { useQuery } from "../../../../transport/useQuery.ts";
import { isEnded, useWorkbench } from "../../../../transport/workbench.ts";

export interface TracedCase {
  readonly id: string;
  /** Null: a model that no run trained cannot be traced. */
  readonly runId: string | null;
}

export function useTrace(traced: () => TracedCase) {
  const client = useClient();
  const profile = useProfile();
  const workbench = useWorkbench();
  const trace = useQuery((caseId, signal) => client.tracing.get({ caseId }, { signal }), {
    key: () => traced().id,
    tables: ["cases", "changes"],
    keepOld: false,
  });

  /** Jobs that this page started, beside those that say of themselves what they are about. */
  const jobOf = (kind: Job["kind"], subject: () => string | null) => {
    const startedId = ref<string | null>(null);
    watch(subject, () => (startedId.value = null));
    const job = computed(() => {
      const about = subject();
      const going = workbench.running.find((one) => one.kind === kind && about !== null && one.subject === about);
      return going ?? workbench.jobsById.get(startedId.value ?? "");
    });
    return {
      startedId,
      running: computed(() => (job.value !== undefined && !isEnded(job.value) ? job.value : null)),
      failed: computed(() => (job.value?.state === "failed" ? job.value.error : null)),
    };
  };
  const tracing = jobOf("trace", () => traced().id);
  const measuring = jobOf("reliability", () => traced().runId);
  // what a job has made is there when it ends, also where its news came before
  watch([tracing.running, measuring.running], (now, before) => {
    if (before.some((job, i) => job !== null && now[i] === null)) trace.reload();
  });

  const start = useAction(async () => {
    const { jobId } = await client.tracing.start({ caseIds: [traced().id], author: profile.name });
    tracing.startedId.value = jobId;
  });
  const measure = useAction(async () => {
    const { runId } = traced();
    if (runId === null) return;
    const { jobId } = await client.tracing.measureReliability({ runId, author: profile.name });
    measuring.startedId.value = jobId;
  });
  const cancel = useAction(async (job: Job) => workbench.takeJobs([await client.jobs.cancel({ id: job.id })]));
  return { trace, start, measure, cancel, tracing, measuring };
}
