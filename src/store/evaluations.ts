/** @file Evaluations of runs: their summary and every prediction made. */
import { AppError } from "#contracts/errors.ts";
import type { FailureCode } from "#contracts/calls.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { EvaluationSummary } from "#contracts/procedures/evaluations.ts";
import type { TrajectoryId } from "#contracts/trajectory.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import { decodeTokens, encodeTokens } from "./generatedTokens.ts";
import { formatId, requireNumber, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

/** What an evaluation counts; its identity is the table's. */
export type EvaluationMeasures = Omit<EvaluationSummary, "id" | "runId" | "checkpointStep" | "suite" | "finished" | "createdAt" | "cases">;

export interface EvaluationRecord {
  readonly id: string;
  readonly runId: string;
  readonly checkpointStep: number;
  readonly suite: string;
  readonly createdAt: string;
  /** Null until the evaluation has finished. */
  readonly measures: EvaluationMeasures | null;
}

export interface Prediction {
  /** Place in the evaluation, counted from 0. */
  readonly position: number;
  readonly trajectoryId: TrajectoryId;
  /** Content of the trajectory as it was evaluated; see `ContentRepository`. */
  readonly contentId: number;
  /** The reference turn. */
  readonly turnIndex: number;
  /** What the model wrote. */
  readonly text: string;
  readonly exact: boolean;
  readonly structural: boolean;
  readonly code: FailureCode | null;
  /** Counts and times of this prediction that no query asks for. */
  readonly measures: JsonObject;
}

/** A prediction with what was generated; of those that are right without alternatives. */
export interface NewPrediction extends Prediction {
  readonly tokens: GeneratedTokens;
}

interface EvaluationRow {
  readonly number: number;
  readonly run: number;
  readonly checkpoint_step: number;
  readonly suite: string;
  readonly finished: number;
  readonly summary: string | null;
  readonly created_at: string;
}

interface PredictionRow {
  readonly position: number;
  readonly trajectory_id: number;
  readonly content_id: number;
  readonly turn_index: number;
  readonly text: string;
  readonly exact: number;
  readonly structural: number;
  readonly code: FailureCode | null;
  readonly measures: string;
}

export type EvaluationRepository = ReturnType<typeof evaluationRepository>;

export function evaluationRepository(db: Db) {
  const insert = db.prepare<[number, number, string, string]>(
    "INSERT INTO evaluation (run, checkpoint_step, suite, created_at) VALUES (?, ?, ?, ?)",
  );
  const finish = db.prepare<[string, number]>("UPDATE evaluation SET finished = 1, summary = ? WHERE number = ?");
  const selectAll = db.prepare<[], EvaluationRow>("SELECT * FROM evaluation ORDER BY number DESC");
  const selectOfRun = db.prepare<[number], EvaluationRow>("SELECT * FROM evaluation WHERE run = ? ORDER BY number DESC");
  const selectOne = db.prepare<[number], EvaluationRow>("SELECT * FROM evaluation WHERE number = ?");
  const insertPrediction = db.prepare(`
    INSERT OR REPLACE INTO prediction (evaluation, position, trajectory_id, content_id, turn_index, text, exact, structural, code, measures)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectPredictions = db.prepare<[number], PredictionRow>("SELECT * FROM prediction WHERE evaluation = ? ORDER BY position");
  const selectPrediction = db.prepare<[number, number], PredictionRow>("SELECT * FROM prediction WHERE evaluation = ? AND position = ?");
  const insertTokens = db.prepare<[number, number, Buffer]>(
    "INSERT OR REPLACE INTO prediction_token (evaluation, position, tokens) VALUES (?, ?, ?)",
  );
  const selectTokens = db
    .prepare<[number, number], Buffer>("SELECT tokens FROM prediction_token WHERE evaluation = ? AND position = ?")
    .pluck();
  const numberOf = (id: string) => requireNumber("evaluation", id);

  return {
    /** Writes: a new, unfinished evaluation. Returns its id. */
    create(runId: string, checkpointStep: number, suite: string): string {
      const { lastInsertRowid } = insert.run(requireNumber("run", runId), checkpointStep, suite, new Date().toISOString());
      return formatId("evaluation", Number(lastInsertRowid));
    },

    /** Writes: predictions in one transaction. */
    addPredictions(id: string, predictions: readonly NewPrediction[]): void {
      const evaluation = numberOf(id);
      db.transaction(() => {
        for (const p of predictions) {
          insertPrediction.run(
            ...[evaluation, p.position, requireNumber("trajectory", p.trajectoryId), p.contentId, p.turnIndex, p.text],
            ...[Number(p.exact), Number(p.structural), p.code, JSON.stringify(p.measures)],
          );
          insertTokens.run(evaluation, p.position, encodeTokens(p.tokens));
        }
      }).immediate();
    },

    /** Writes: what the finished evaluation counted. */
    finish(id: string, measures: EvaluationMeasures): void {
      finish.run(JSON.stringify(measures), numberOf(id));
    },

    /** Reads only: evaluations, newest first; of one run where it is named. */
    list(runId?: string): readonly EvaluationRecord[] {
      const rows = runId === undefined ? selectAll.all() : selectOfRun.all(requireNumber("run", runId));
      return rows.map(recordOf);
    },

    /** Reads only: one evaluation; throws `E_NOT_FOUND`. */
    get(id: string): EvaluationRecord {
      const row = selectOne.get(numberOf(id));
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "evaluation", id });
      return recordOf(row);
    },

    /** Reads only: every prediction of an evaluation, in order. */
    predictions(id: string): readonly Prediction[] {
      return selectPredictions.all(numberOf(id)).map(predictionOf);
    },

    /** Reads only: what was generated for a prediction; null for those of earlier versions. */
    tokens(id: string, position: number): GeneratedTokens | null {
      const bytes = selectTokens.get(numberOf(id), position);
      return bytes === undefined ? null : decodeTokens(bytes);
    },

    /** Reads only: one prediction; throws `E_NOT_FOUND`. */
    prediction(id: string, position: number): Prediction {
      const row = selectPrediction.get(numberOf(id), position);
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "prediction", id: `${id}/${position}` });
      return predictionOf(row);
    },
  };
}

function recordOf(row: EvaluationRow): EvaluationRecord {
  return {
    id: formatId("evaluation", row.number),
    runId: formatId("run", row.run),
    checkpointStep: row.checkpoint_step,
    suite: row.suite,
    createdAt: row.created_at,
    measures: row.summary === null ? null : (JSON.parse(row.summary) as EvaluationMeasures),
  };
}

function predictionOf(row: PredictionRow): Prediction {
  return {
    position: row.position,
    trajectoryId: trajectoryIdOf(row.trajectory_id),
    contentId: row.content_id,
    turnIndex: row.turn_index,
    text: row.text,
    exact: row.exact === 1,
    structural: row.structural === 1,
    code: row.code,
    measures: JSON.parse(row.measures) as JsonObject,
  };
}
