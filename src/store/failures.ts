/** @file Failures: the wrong calls of an evaluation, as a list shows them. Their prompt and output are read from prediction and content. */
import type { FailureCode } from "#contracts/calls.ts";
import type { Diagnosis } from "#contracts/diagnosis.ts";
import { AppError } from "#contracts/errors.ts";
import type { FailureSummary } from "#contracts/procedures/evaluations.ts";
import { formatId, requireNumber, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

export interface NewFailure extends Omit<FailureSummary, "id" | "runId" | "evaluationId"> {
  /** The prediction it is about. */
  readonly position: number;
  readonly contentId: number;
  readonly diagnosis: Diagnosis;
}

export interface FailureRecord extends FailureSummary {
  readonly position: number;
  readonly contentId: number;
  /** Null for failures of earlier versions. */
  readonly diagnosis: Diagnosis | null;
}

interface FailureRow {
  readonly number: number;
  readonly run: number;
  readonly evaluation: number;
  readonly position: number;
  readonly trajectory_id: number;
  readonly content_id: number;
  readonly turn_index: number;
  readonly code: FailureCode;
  readonly secondary: string;
  readonly title: string;
  readonly predicted: string;
  readonly expected: string;
  readonly diagnosis: string | null;
}

export interface FailurePage {
  readonly total: number;
  readonly byCode: Readonly<Partial<Record<FailureCode, number>>>;
  readonly rows: readonly FailureRecord[];
}

export type FailureRepository = ReturnType<typeof failureRepository>;

export function failureRepository(db: Db) {
  const insert = db.prepare(`
    INSERT INTO failure (run, evaluation, position, trajectory_id, content_id, turn_index, code, secondary, title, predicted, expected, diagnosis)
    SELECT run, number, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM evaluation WHERE number = ?`);
  const deleteOf = db.prepare<[number]>("DELETE FROM failure WHERE evaluation = ?");
  const newestEvaluation = db.prepare<[number], number | null>("SELECT max(number) FROM evaluation WHERE run = ? AND finished = 1").pluck();
  const countByCode = db.prepare<[number], { code: FailureCode; count: number }>(
    "SELECT code, count(*) AS count FROM failure WHERE evaluation = ? GROUP BY code ORDER BY code",
  );
  const selectPage = db.prepare<[number, string | null, string | null, number, number], FailureRow>(
    "SELECT * FROM failure WHERE evaluation = ? AND (? IS NULL OR code = ?) ORDER BY number LIMIT ? OFFSET ?",
  );
  const selectNumbers = db
    .prepare<[number, string | null, string | null], number>(
      "SELECT number FROM failure WHERE evaluation = ? AND (? IS NULL OR code = ?) ORDER BY number",
    )
    .pluck();
  const selectOne = db.prepare<[number], FailureRow>("SELECT * FROM failure WHERE number = ?");
  const countAll = db.prepare<[], number>("SELECT count(*) FROM failure").pluck();

  return {
    /** Writes: replaces the failures of an evaluation, in one transaction. */
    replace(evaluationId: string, failures: readonly NewFailure[]): void {
      const evaluation = requireNumber("evaluation", evaluationId);
      db.transaction(() => {
        deleteOf.run(evaluation);
        for (const f of failures) {
          insert.run(
            ...[f.position, requireNumber("trajectory", f.trajectoryId), f.contentId, f.turnIndex, f.code],
            ...[JSON.stringify(f.secondary), f.title, f.predicted, f.expected, JSON.stringify(f.diagnosis), evaluation],
          );
        }
      }).immediate();
    },

    /** Reads only: failures of a run's newest finished evaluation. */
    list(runId: string, options: { code?: string | undefined; offset: number; limit: number }): FailurePage {
      const evaluation = newestEvaluation.get(requireNumber("run", runId)) ?? null;
      if (evaluation === null) return { total: 0, byCode: {}, rows: [] };
      const code = options.code ?? null;
      const counts = countByCode.all(evaluation);
      const counted = counts.filter((row) => code === null || row.code === code);
      return {
        total: counted.reduce((sum, row) => sum + row.count, 0),
        byCode: Object.fromEntries(counts.map((row) => [row.code, row.count])),
        rows: selectPage.all(evaluation, code, code, options.limit, options.offset).map(recordOf),
      };
    },

    /** Reads only: ids of the failures of a run's newest finished evaluation, of one code where it is named. */
    ids(runId: string, code?: string): readonly string[] {
      const evaluation = newestEvaluation.get(requireNumber("run", runId)) ?? null;
      if (evaluation === null) return [];
      return selectNumbers.all(evaluation, code ?? null, code ?? null).map((number) => formatId("failure", number));
    },

    /** Reads only: one failure; throws `E_NOT_FOUND`. */
    get(id: string): FailureRecord {
      const row = selectOne.get(requireNumber("failure", id));
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "failure", id });
      return recordOf(row);
    },

    /** Reads only: failures of all runs. */
    count(): number {
      return countAll.get()!;
    },
  };
}

function recordOf(row: FailureRow): FailureRecord {
  return {
    id: formatId("failure", row.number),
    runId: formatId("run", row.run),
    evaluationId: formatId("evaluation", row.evaluation),
    position: row.position,
    trajectoryId: trajectoryIdOf(row.trajectory_id),
    contentId: row.content_id,
    turnIndex: row.turn_index,
    code: row.code,
    secondary: JSON.parse(row.secondary) as FailureCode[],
    title: row.title,
    predicted: row.predicted,
    expected: row.expected,
    diagnosis: row.diagnosis === null ? null : (JSON.parse(row.diagnosis) as Diagnosis),
  };
}
