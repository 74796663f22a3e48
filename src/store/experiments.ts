/** @file Hypotheses and experiments of cases, and how reliable tracing was found to be on runs. */
import type { Cause, Experiment, ExperimentResult, ExperimentSpec, ExperimentVerdict, Hypothesis } from "#contracts/experiments.ts";
import { AppError } from "#contracts/errors.ts";
import type { TraceReliability } from "#contracts/tracing.ts";
import { formatId, requireNumber } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

export type HypothesisRecord = Omit<Hypothesis, "experiments">;

/** An experiment with the run that is trained for it; its result names that run too. */
export interface ExperimentRecord extends Experiment {
  readonly runId: string | null;
}

export type NewHypothesis = Pick<Hypothesis, "caseId" | "cause" | "statement" | "author" | "createdAt" | "verdict" | "note">;
export type NewExperiment = Pick<Experiment, "caseId" | "hypothesisId" | "spec" | "author" | "startedAt">;
export type ExperimentChange = Partial<Pick<ExperimentRecord, "state" | "jobId" | "runId" | "result" | "error" | "verdict">>;

interface HypothesisRow {
  readonly number: number;
  readonly case_number: number;
  readonly cause: Cause;
  readonly statement: string;
  readonly author: string;
  readonly created_at: string;
  readonly verdict: ExperimentVerdict | null;
  readonly note: string;
}

interface ExperimentRow {
  readonly number: number;
  readonly case_number: number;
  readonly hypothesis: number | null;
  readonly spec: string;
  readonly state: Experiment["state"];
  readonly job: string | null;
  readonly run: string | null;
  readonly author: string;
  readonly started_at: string;
  readonly result: string | null;
  readonly error: string | null;
  readonly verdict: ExperimentVerdict | null;
}

const COLUMNS = {
  state: "state",
  jobId: "job",
  runId: "run",
  result: "result",
  error: "error",
  verdict: "verdict",
} as const satisfies Record<keyof ExperimentChange, string>;

export type ExperimentRepository = ReturnType<typeof experimentRepository>;

export function experimentRepository(db: Db) {
  const insertHypothesis = db.prepare(
    "INSERT INTO hypothesis (case_number, cause, statement, author, created_at, verdict, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const updateHypothesis = db.prepare("UPDATE hypothesis SET cause = ?, statement = ?, verdict = ?, note = ? WHERE number = ?");
  const selectHypothesis = db.prepare<[number], HypothesisRow>("SELECT * FROM hypothesis WHERE number = ?");
  const selectHypotheses = db.prepare<[number], HypothesisRow>("SELECT * FROM hypothesis WHERE case_number = ? ORDER BY number DESC");
  const insertExperiment = db.prepare(
    "INSERT INTO experiment (case_number, hypothesis, spec, state, author, started_at) VALUES (?, ?, ?, 'running', ?, ?)",
  );
  const selectExperiment = db.prepare<[number], ExperimentRow>("SELECT * FROM experiment WHERE number = ?");
  const selectExperiments = db.prepare<[number], ExperimentRow>("SELECT * FROM experiment WHERE case_number = ? ORDER BY number DESC");
  const selectRunning = db.prepare<[], ExperimentRow>("SELECT * FROM experiment WHERE state = 'running' ORDER BY number");
  const countOfRun = db.prepare<[string], number>("SELECT count(*) FROM experiment WHERE run = ?").pluck();
  const upsertReliability = db.prepare(
    "INSERT INTO trace_reliability (run, measured) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET measured = excluded.measured",
  );
  const selectReliability = db.prepare<[number], string>("SELECT measured FROM trace_reliability WHERE run = ?").pluck();

  return {
    /** Writes: a new hypothesis. Returns its id. */
    addHypothesis({ caseId, cause, statement, author, createdAt, verdict, note }: NewHypothesis): string {
      const written = insertHypothesis.run(requireNumber("case", caseId), cause, statement, author, createdAt, verdict, note);
      return formatId("hypothesis", Number(written.lastInsertRowid));
    },

    /** Writes: what a hypothesis says, and what came of it. */
    writeHypothesis(id: string, { cause, statement, verdict, note }: Pick<Hypothesis, "cause" | "statement" | "verdict" | "note">): void {
      updateHypothesis.run(cause, statement, verdict, note, requireNumber("hypothesis", id));
    },

    /** Reads only: one hypothesis; throws `E_NOT_FOUND`. */
    hypothesis(id: string): HypothesisRecord {
      const row = selectHypothesis.get(requireNumber("hypothesis", id));
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "hypothesis", id });
      return hypothesisOf(row);
    },

    /** Reads only: of a case, newest first. */
    hypotheses(caseId: string): readonly HypothesisRecord[] {
      return selectHypotheses.all(requireNumber("case", caseId)).map(hypothesisOf);
    },

    /** Writes: a new experiment in state `running`. Returns its id. */
    add({ caseId, hypothesisId, spec, author, startedAt }: NewExperiment): string {
      const hypothesis = hypothesisId === null ? null : requireNumber("hypothesis", hypothesisId);
      const written = insertExperiment.run(requireNumber("case", caseId), hypothesis, JSON.stringify(spec), author, startedAt);
      return formatId("experiment", Number(written.lastInsertRowid));
    },

    /** Writes: the named fields of an experiment. */
    update(id: string, change: ExperimentChange): void {
      const keys = (Object.keys(change) as (keyof ExperimentChange)[]).filter((key) => change[key] !== undefined);
      if (keys.length === 0) return;
      const values = keys.map((key) => (key === "result" && change.result !== null ? JSON.stringify(change.result) : change[key]));
      const assignments = keys.map((key) => `${COLUMNS[key]} = ?`).join(", ");
      db.prepare(`UPDATE experiment SET ${assignments} WHERE number = ?`).run(...values, requireNumber("experiment", id));
    },

    /** Reads only: one experiment; throws `E_NOT_FOUND`. */
    get(id: string): ExperimentRecord {
      const row = selectExperiment.get(requireNumber("experiment", id));
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "experiment", id });
      return experimentOf(row);
    },

    /** Reads only: of a case, newest first. */
    ofCase(caseId: string): readonly ExperimentRecord[] {
      return selectExperiments.all(requireNumber("case", caseId)).map(experimentOf);
    },

    /** Reads only: those that had not ended when they were last written. */
    running(): readonly ExperimentRecord[] {
      return selectRunning.all().map(experimentOf);
    },

    /** Reads only: whether a run was trained for an experiment alone. */
    isOfExperiment(runId: string): boolean {
      return countOfRun.get(runId)! > 0;
    },

    /** Writes: what was measured on a run, in place of an earlier measurement. */
    setReliability(measured: TraceReliability): void {
      upsertReliability.run(requireNumber("run", measured.runId), JSON.stringify(measured));
    },

    /** Reads only: what was measured on a run, or null. */
    reliability(runId: string): TraceReliability | null {
      const measured = selectReliability.get(requireNumber("run", runId));
      return measured === undefined ? null : (JSON.parse(measured) as TraceReliability);
    },
  };
}

const hypothesisOf = ({ number, case_number, created_at, ...row }: HypothesisRow): HypothesisRecord => ({
  ...row,
  id: formatId("hypothesis", number),
  caseId: formatId("case", case_number),
  createdAt: created_at,
});

const experimentOf = (row: ExperimentRow): ExperimentRecord => ({
  id: formatId("experiment", row.number),
  caseId: formatId("case", row.case_number),
  hypothesisId: row.hypothesis === null ? null : formatId("hypothesis", row.hypothesis),
  spec: JSON.parse(row.spec) as ExperimentSpec,
  state: row.state,
  jobId: row.job,
  runId: row.run,
  author: row.author,
  startedAt: row.started_at,
  result: row.result === null ? null : (JSON.parse(row.result) as ExperimentResult),
  error: row.error,
  verdict: row.verdict,
});
