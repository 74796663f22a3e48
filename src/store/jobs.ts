/** @file Jobs as they outlive the process that ran them. */
import type { Job, JobKind } from "#contracts/jobs.ts";
import type { JsonObject } from "#contracts/json.ts";
import { formatId } from "./ids.ts";
import type { Db } from "./openDatabase.ts";
import { takeTurn, type WriteTurn } from "./writeTurn.ts";

export type JobRepository = ReturnType<typeof jobRepository>;

export interface JobRecord {
  readonly job: Job;
  /** What the job was started with, so that it can be started again. */
  readonly params: JsonObject;
}

export function jobRepository(db: Db, turn: WriteTurn) {
  const nextNumber = db.prepare<[], number>("SELECT coalesce(max(number), 0) + 1 FROM job").pluck();
  const upsert = db.prepare<[string, number, string, string, string, string]>(`
    INSERT INTO job (id, number, kind, state, params, job) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, job = excluded.job`);
  const selectRecent = db.prepare<[number], { job: string; params: string }>("SELECT job, params FROM job ORDER BY number DESC LIMIT ?");
  const selectOne = db.prepare<[string], { job: string; params: string }>("SELECT job, params FROM job WHERE id = ?");
  const selectActive = db.prepare<[], { job: string; params: string }>(
    "SELECT job, params FROM job WHERE state IN ('queued', 'running', 'pausing', 'paused', 'stopping') ORDER BY number",
  );

  return {
    /** Reads only: the id that the next job gets. */
    nextId(): string {
      return formatId("job", nextNumber.get()!);
    },

    /** Writes: the job as it is now. */
    save(job: Job, params: JsonObject): void {
      const written = [
        job.id,
        Number(job.id.slice(2)),
        job.kind satisfies JobKind,
        job.state,
        JSON.stringify(params),
        JSON.stringify(job),
      ] as const;
      takeTurn(turn, () => upsert.run(...written));
    },

    /** Reads only: the newest jobs, newest first. */
    recent(limit: number): readonly JobRecord[] {
      return selectRecent.all(limit).map(recordOf);
    },

    /** Reads only: jobs that had not ended when they were last saved. */
    active(): readonly JobRecord[] {
      return selectActive.all().map(recordOf);
    },

    /** Reads only: one job, or null. */
    find(id: string): JobRecord | null {
      const row = selectOne.get(id);
      return row === undefined ? null : recordOf(row);
    },
  };
}

function recordOf(row: { job: string; params: string }): JobRecord {
  return { job: JSON.parse(row.job) as Job, params: JSON.parse(row.params) as JsonObject };
}
