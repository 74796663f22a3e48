/** @file Jobs in words. */
import type { Job } from "#contracts/jobs.ts";
import { formatCount, formatDuration } from "../format/numbers.ts";

export const JOB_STATE_WORDS: Readonly<Record<Job["state"], string>> = {
  queued: "Waiting",
  running: "Running",
  pausing: "Pausing",
  paused: "Paused",
  stopping: "Stopping",
  done: "Done",
  failed: "Failed",
  cancelled: "Stopped",
  interrupted: "Interrupted",
};

/** `412 / 720 steps`, or the phase while nothing is counted. */
export function formatProgress(job: Job): string {
  if (job.total === null && job.done === 0) return job.phase;
  const done = formatCount(job.done);
  return job.total === null ? `${done} ${job.unit}` : `${done} / ${formatCount(job.total)} ${job.unit}`;
}

export function formatTimeLeft(job: Job): string {
  return job.secondsLeft === null || job.state !== "running" ? "" : `${formatDuration(job.secondsLeft)} left`;
}

export function formatJobEnd(job: Job): string {
  if (job.state === "done") return `${job.title} finished`;
  if (job.state === "failed") return `${job.title} failed: ${job.error?.message ?? "no reason given"}`;
  return `${job.title}: ${JOB_STATE_WORDS[job.state].toLowerCase()}`;
}
