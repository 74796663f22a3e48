/** @file What main shows of jobs outside the page: progress on the dock or taskbar, and a word when one has ended. */
import type { Job } from "#contracts/jobs.ts";
import type { FromCore } from "#contracts/processes.ts";
import type { JobRegistry } from "#services/jobs.ts";

const ACTIVE: readonly Job["state"][] = ["queued", "running", "pausing", "paused", "stopping"];
const SENTENCES: Partial<Record<Job["state"], string>> = { done: "Done.", failed: "Failed.", cancelled: "Stopped; what was done is kept." };

/** Mean of the jobs that know their total; null where none does. */
export function overallFraction(jobs: readonly Pick<Job, "done" | "total">[]): number | null {
  const fractions = jobs.flatMap(({ done, total }) => (total === null || total === 0 ? [] : [Math.min(1, done / total)]));
  return fractions.length === 0 ? null : fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
}

/** Tells main until the core closes. */
export async function tellOfJobs(registry: Pick<JobRegistry, "news">, tell: (message: FromCore) => void): Promise<void> {
  const active = new Map<string, Job>();
  for await (const { jobs } of registry.news.since(0)) {
    for (const job of jobs) {
      if (ACTIVE.includes(job.state)) active.set(job.id, job);
      else if (active.delete(job.id)) tell({ type: "jobEnded", title: job.title, state: SENTENCES[job.state] ?? job.state });
    }
    tell({ type: "jobs", running: [...active.values()].map(({ title }) => title), fraction: overallFraction([...active.values()]) });
  }
}
