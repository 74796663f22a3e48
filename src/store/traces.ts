/** @file The newest trace of each case. What can change after it (whether an example is still as it was) is not kept but looked up. */
import type { CaseTrace } from "#contracts/tracing.ts";
import type { TrajectoryId } from "#contracts/trajectory.ts";
import { formatId, requireNumber, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

/** A trajectory that a trace names. */
export interface NamedTrajectory {
  readonly trajectoryId: string;
  /** Of the best group that holds it, counted from 1. */
  readonly place: number;
}

export interface NamedInTrace {
  readonly caseId: string;
  readonly trajectoryId: TrajectoryId;
  readonly place: number;
}

export type TraceRepository = ReturnType<typeof traceRepository>;

export function traceRepository(db: Db) {
  const replace = db.prepare<[number, string, string]>(`
    INSERT INTO case_trace (case_number, at, body) VALUES (?, ?, ?)
    ON CONFLICT (case_number) DO UPDATE SET at = excluded.at, body = excluded.body`);
  const deleteNamed = db.prepare<[number]>("DELETE FROM case_trace_trajectory WHERE case_number = ?");
  const insertNamed = db.prepare<[number, number, number]>(
    "INSERT INTO case_trace_trajectory (case_number, trajectory_id, place) VALUES (?, ?, ?)",
  );
  const select = db.prepare<[number], string>("SELECT body FROM case_trace WHERE case_number = ?").pluck();
  const selectNamed = db.prepare<[], { case_number: number; trajectory_id: number; place: number }>(
    "SELECT case_number, trajectory_id, place FROM case_trace_trajectory ORDER BY trajectory_id, place, case_number",
  );

  return {
    /** Writes: the trace of a case in place of an earlier one, in one transaction. */
    put(trace: CaseTrace, named: readonly NamedTrajectory[]): void {
      const number = requireNumber("case", trace.caseId);
      db.transaction(() => {
        replace.run(number, trace.at, JSON.stringify(trace));
        deleteNamed.run(number);
        for (const { trajectoryId, place } of named) insertNamed.run(number, requireNumber("trajectory", trajectoryId), place);
      })();
    },

    /** Reads only: null where the case was never traced. */
    get(caseId: string): CaseTrace | null {
      const body = select.get(requireNumber("case", caseId));
      return body === undefined ? null : (JSON.parse(body) as CaseTrace);
    },

    /** Reads only: what all traces name, by trajectory and then by place. */
    named(): readonly NamedInTrace[] {
      return selectNamed.all().map(({ case_number, trajectory_id, place }) => ({
        caseId: formatId("case", case_number),
        trajectoryId: trajectoryIdOf(trajectory_id),
        place,
      }));
    },
  };
}
