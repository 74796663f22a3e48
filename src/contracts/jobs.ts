/** @file Jobs: long work that outlives the page which started it. */
import { z } from "zod";

export const JOB_KINDS = [
  "import",
  "index",
  "export",
  "exportModel",
  "train",
  "evaluate",
  "fetch",
  "estimate",
  "change",
  "freeze",
  "merge",
  "preview",
  "trace",
  "experiment",
  "reliability",
] as const;
export const JOB_STATES = ["queued", "running", "pausing", "paused", "stopping", "done", "failed", "cancelled", "interrupted"] as const;

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  title: z.string(),
  state: z.enum(JOB_STATES),
  /** What the job is doing now, in a word or two: "compiling the step", "reading rows". */
  phase: z.string(),
  done: z.number(),
  /** Null while the total is unknown. */
  total: z.number().nullable(),
  /** What `done` counts: "rows", "steps", "prompts". */
  unit: z.string(),
  unitsPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  canPause: z.boolean(),
  canCancel: z.boolean(),
  /** For interrupted and failed jobs: what can be done now. */
  resumeHint: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string(), fix: z.string() }).nullable(),
  /** The object the job makes: a run id, a source id, a folder. */
  subject: z.string().nullable(),
  result: z.unknown().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});
export type Job = z.infer<typeof jobSchema>;
export type JobKind = (typeof JOB_KINDS)[number];
export type JobState = (typeof JOB_STATES)[number];

/** News, never bulk data: the last state of each job that changed, and names of tables whose rows did. */
export const newsSchema = z.object({
  cursor: z.number().int(),
  jobs: z.array(jobSchema),
  changed: z.array(z.enum(["trajectories", "runs", "points", "sources", "evaluations", "failures", "cases", "models", "changes"])),
});
export type News = z.infer<typeof newsSchema>;
