/** @file Runs: their settings, state, resumptions and checkpoints. */
import type { RunEngine } from "#contracts/engines.ts";
import type { DataPlan, RunConfig, RunState } from "#contracts/run.ts";
import { AppError } from "#contracts/errors.ts";
import { formatId, requireNumber } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

export interface RunModel {
  readonly numParameters: number;
  readonly layers: number;
  readonly width: number;
}

export interface RunRecord {
  readonly id: string;
  readonly state: RunState;
  readonly phase: string;
  readonly config: RunConfig;
  readonly plan: DataPlan | null;
  readonly model: RunModel | null;
  /** Null until it is chosen, and for runs from before engines could be chosen. */
  readonly engine: RunEngine | null;
  readonly error: RunError | null;
  readonly jobId: string | null;
  readonly step: number;
  readonly numSteps: number | null;
  readonly lastLoss: number | null;
  readonly lastEvalLoss: number | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

export type RunChange = Partial<Omit<RunRecord, "id" | "createdAt">>;

const ACTIVE_STATES = "'preparing', 'compiling', 'running', 'paused'";
const COLUMNS: { readonly [Key in keyof RunChange]-?: { readonly column: string; readonly json: boolean } } = {
  state: { column: "state", json: false },
  phase: { column: "phase", json: false },
  config: { column: "config", json: true },
  plan: { column: "plan", json: true },
  model: { column: "model", json: true },
  engine: { column: "engine", json: true },
  error: { column: "error", json: true },
  jobId: { column: "job_id", json: false },
  step: { column: "step", json: false },
  numSteps: { column: "num_steps", json: false },
  lastLoss: { column: "last_loss", json: false },
  lastEvalLoss: { column: "last_eval_loss", json: false },
  endedAt: { column: "ended_at", json: false },
};

interface RunRow {
  readonly number: number;
  readonly state: RunState;
  readonly phase: string;
  readonly config: string;
  readonly plan: string | null;
  readonly model: string | null;
  readonly engine: string | null;
  readonly error: string | null;
  readonly job_id: string | null;
  readonly step: number;
  readonly num_steps: number | null;
  readonly last_loss: number | null;
  readonly last_eval_loss: number | null;
  readonly created_at: string;
  readonly ended_at: string | null;
}

export type RunRepository = ReturnType<typeof runRepository>;

export function runRepository(db: Db) {
  const selectAll = db.prepare<[], RunRow>("SELECT * FROM run ORDER BY number DESC");
  const selectOne = db.prepare<[number], RunRow>("SELECT * FROM run WHERE number = ?");
  const insert = db.prepare<[string, string, string]>("INSERT INTO run (state, config, created_at) VALUES (?, ?, ?)");
  const interrupt = db.prepare<[string]>(`UPDATE run SET state = 'interrupted', ended_at = ? WHERE state IN (${ACTIVE_STATES})`);
  const selectCheckpoints = db.prepare<[number], { step: number; numBytes: number }>(
    "SELECT step, num_bytes AS numBytes FROM run_checkpoint WHERE run = ? ORDER BY step",
  );
  const insertCheckpoint = db.prepare<[number, number, number]>(
    "INSERT OR REPLACE INTO run_checkpoint (run, step, num_bytes) VALUES (?, ?, ?)",
  );
  const deleteCheckpoint = db.prepare<[number, number]>("DELETE FROM run_checkpoint WHERE run = ? AND step = ?");
  const selectResumes = db.prepare<[number], number>("SELECT after_step FROM run_resume WHERE run = ? ORDER BY rowid").pluck();
  const insertResume = db.prepare<[number, number, string]>("INSERT INTO run_resume (run, after_step, at) VALUES (?, ?, ?)");
  const forgetAfter = ["run_point", "run_eval", "run_checkpoint"].map((table) =>
    db.prepare<[number, number]>(`DELETE FROM ${table} WHERE run = ? AND step > ?`),
  );
  const numberOf = (id: string) => requireNumber("run", id);

  return {
    /** Writes: a new run in state `preparing`. Returns its id. */
    create(config: RunConfig): string {
      const { lastInsertRowid } = insert.run("preparing", JSON.stringify(config), new Date().toISOString());
      return formatId("run", Number(lastInsertRowid));
    },

    /** Writes: the named fields of one run. */
    update(id: string, change: RunChange): void {
      const keys = (Object.keys(change) as (keyof RunChange)[]).filter((key) => change[key] !== undefined);
      if (keys.length === 0) return;
      const values = keys.map((key) => {
        const value = change[key];
        return COLUMNS[key].json && value !== null ? JSON.stringify(value) : value;
      });
      const assignments = keys.map((key) => `${COLUMNS[key].column} = ?`).join(", ");
      db.prepare(`UPDATE run SET ${assignments} WHERE number = ?`).run(...values, numberOf(id));
    },

    /** Writes: continues a run after `step`. Points, evaluations and checkpoints beyond it are removed: they come again. */
    recordResume(id: string, step: number): void {
      const number = numberOf(id);
      db.transaction(() => {
        for (const statement of forgetAfter) statement.run(number, step);
        insertResume.run(number, step, new Date().toISOString());
      }).immediate();
    },

    /** Writes: one saved checkpoint. */
    addCheckpoint(id: string, step: number, numBytes: number): void {
      insertCheckpoint.run(numberOf(id), step, numBytes);
    },

    /** Writes: forgets a checkpoint whose folder was removed. */
    removeCheckpoint(id: string, step: number): void {
      deleteCheckpoint.run(numberOf(id), step);
    },

    /** Writes: runs that were going when the core last ended become `interrupted`. Returns how many. */
    interruptActive(): number {
      return interrupt.run(new Date().toISOString()).changes;
    },

    /** Reads only: every run, newest first. */
    list(): readonly RunRecord[] {
      return selectAll.all().map(recordOf);
    },

    /** Reads only: one run; throws `E_NOT_FOUND`. */
    get(id: string): RunRecord {
      const row = selectOne.get(numberOf(id));
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "run", id });
      return recordOf(row);
    },

    /** Reads only: checkpoints on record, oldest first. */
    checkpoints(id: string): readonly { readonly step: number; readonly numBytes: number }[] {
      return selectCheckpoints.all(numberOf(id));
    },

    /** Reads only: the steps after which the run was continued, in order. */
    resumedAt(id: string): readonly number[] {
      return selectResumes.all(numberOf(id));
    },
  };
}

/** What runs did that were recorded before there were these settings: one example for each trajectory. */
const BEFORE_MERGING = {
  config: { truncation: "oneWindow", mergePrefixes: true, dataVersion: null, repairedTrajectories: [], withoutTrajectories: [] },
  plan: { merged: null },
} as const;

function recordOf(row: RunRow): RunRecord {
  return {
    id: formatId("run", row.number),
    state: row.state,
    phase: row.phase,
    config: { ...BEFORE_MERGING.config, ...(JSON.parse(row.config) as RunConfig) },
    plan: row.plan === null ? null : { ...BEFORE_MERGING.plan, ...(JSON.parse(row.plan) as DataPlan) },
    model: row.model === null ? null : (JSON.parse(row.model) as RunModel),
    engine: row.engine === null ? null : (JSON.parse(row.engine) as RunEngine),
    error: row.error === null ? null : (JSON.parse(row.error) as RunError),
    jobId: row.job_id,
    step: row.step,
    numSteps: row.num_steps,
    lastLoss: row.last_loss,
    lastEvalLoss: row.last_eval_loss,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
