/** @file The notebook of a case: read, written, and its experiments started and followed. */
import { watch } from "vue";
import type { Cause, ExperimentSpec, ExperimentVerdict, Hypothesis } from "#contracts/experiments.ts";
import type { Job } from "#contracts/jobs.ts";
import { useClient } from "../../../../transport/client.ts";
import { useAction } from "../../../../transport/useAction.ts";
import { useProfile } from "../../../../transport/useProfile.ts";
import { useQuery } from "../../../../transport/useQuery.ts";
import { isEnded, useWorkbench } from "../../../../transport/workbench.ts";

export function useNotebook(caseId: () => string) {
  const client = useClient();
  const profile = useProfile();
  const workbench = useWorkbench();
  const notebook = useQuery((id, signal) => client.experiments.notebook({ caseId: id }, { signal }), {
    key: caseId,
    tables: ["cases", "changes"],
  });
  const by = () => ({ caseId: caseId(), author: profile.name });

  const start = useAction(async (spec: ExperimentSpec, hypothesis: { id: string } | { cause: Cause; statement: string } | null) => {
    await client.experiments.start({ ...by(), spec, hypothesis });
    notebook.reload();
  });
  const add = useAction(async (cause: Cause, statement: string) => {
    notebook.data.value = await client.experiments.write({ ...by(), cause, statement });
  });
  const conclude = useAction(async ({ id, cause, statement }: Hypothesis, verdict: ExperimentVerdict | null, note: string) => {
    notebook.data.value = await client.experiments.write({ ...by(), id, cause, statement, verdict, note });
  });
  const cancel = useAction(async (job: Job) => workbench.takeJobs([await client.jobs.cancel({ id: job.id })]));
  /** Null once it has ended: the experiment itself then says what came of it. */
  function jobOf(id: string | null): Job | null {
    const job = workbench.jobsById.get(id ?? "");
    return job === undefined || isEnded(job) ? null : job;
  }
  watch(
    () => workbench.justEnded,
    (job) => {
      const { hypotheses = [], experiments = [] } = notebook.data.value ?? {};
      if ([...hypotheses.flatMap((one) => one.experiments), ...experiments].some(({ jobId }) => jobId !== null && jobId === job?.id))
        notebook.reload();
    },
  );
  return { notebook, start, add, conclude, cancel, jobOf };
}
