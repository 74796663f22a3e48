/** @file Follows a job to its end, in words; an interrupt asks it to stop, which keeps what was done. */
import type { Job } from "#contracts/jobs.ts";
import { AppError, type ErrorCode, ERRORS } from "#contracts/errors.ts";
import type { Client } from "./workbench.ts";
import type { Terminal } from "./terminal.ts";

const ENDED: readonly Job["state"][] = ["done", "failed", "cancelled", "interrupted"];
export const isEnded = (job: Job): boolean => ENDED.includes(job.state);

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const amount = (value: number): string => Math.round(value).toLocaleString("en");

/** `Training run-1: step 40 of 120 (33 %), 2.1 steps/s, 38 s left`. */
export function progressLine(job: Job): string {
  const parts = [
    job.total === null
      ? `${amount(job.done)} ${job.unit}`
      : `${amount(job.done)} of ${amount(job.total)} ${job.unit} (${job.total === 0 ? 100 : Math.floor((100 * job.done) / job.total)} %)`,
    ...(job.unitsPerSecond === null
      ? []
      : [`${job.unitsPerSecond < 10 ? job.unitsPerSecond.toPrecision(2) : amount(job.unitsPerSecond)} ${job.unit}/s`]),
    ...(job.secondsLeft === null ? [] : [`${duration(job.secondsLeft)} left`]),
  ];
  return `${job.title}${job.phase === "" ? "" : ` - ${job.phase}`}: ${parts.join(", ")}`;
}

function errorOf(job: Job): AppError {
  if (job.error === null) return new AppError("E_BUG", { detail: `${job.title} ended as ${job.state}` });
  const { code, message } = job.error;
  return new JobError(code in ERRORS ? (code as ErrorCode) : "E_BUG", message);
}

/** The job's own sentence: the parameters it was made from did not travel with it. */
class JobError extends AppError {
  constructor(code: ErrorCode, message: string) {
    super(code);
    this.message = message;
  }
}

/** The ended job. Throws the job's own error where it failed; a cancelled one is given back as it ended. */
export async function watchJob(
  client: Client,
  jobId: string,
  { terminal, signal, onUpdate }: { readonly terminal: Terminal; readonly signal: AbortSignal; readonly onUpdate?: (job: Job) => void },
): Promise<Job> {
  const cancel = (): void => void client.jobs.cancel({ id: jobId }).catch((error: unknown) => terminal.note(String(error)));
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  const listening = new AbortController();
  try {
    // The stream starts with the jobs as they are, so an end before it was opened is not missed.
    for await (const news of await client.jobs.news({ since: 0 }, { signal: listening.signal })) {
      const job = news.jobs.find((candidate) => candidate.id === jobId);
      if (job === undefined) continue;
      onUpdate?.(job);
      terminal.progress(`${job.id} ${job.phase} ${job.state}`, progressLine(job));
      if (!isEnded(job)) continue;
      terminal.endProgress();
      if (job.state === "failed" || job.state === "interrupted") throw errorOf(job);
      // stopped, and then cut off before everything was saved
      if (job.error !== null) terminal.note(`${job.error.message} ${job.error.fix}`);
      return job;
    }
    throw new AppError("E_BUG", { detail: `the news ended before ${jobId} did` });
  } finally {
    signal.removeEventListener("abort", cancel);
    listening.abort();
  }
}
