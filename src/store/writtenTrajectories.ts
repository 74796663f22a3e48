/**
 * @file Trajectories that were written here. They belong to a source without a file: where an imported one has the bytes of its row, a
 * written one has its first revision.
 */
import type { ContentRepository, ContentSummary } from "./contents.ts";
import type { StoredChange } from "./changes.ts";
import { STATUSES } from "#contracts/review.ts";
import { SPLITS, type TrajectoryContent, type TrajectoryId } from "#contracts/trajectory.ts";
import { formatId, numberOfId, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";
import type { SourceRepository } from "./sources.ts";
import type { TrajectoryRepository } from "./trajectories.ts";

export interface NewWritten {
  readonly content: TrajectoryContent;
  readonly summary: ContentSummary;
  /** The case that it is a counter-example for. */
  readonly caseId: string | null;
}

export type WrittenRepository = ReturnType<typeof writtenRepository>;

interface Repositories {
  readonly contents: ContentRepository;
  readonly sources: SourceRepository;
  readonly trajectories: TrajectoryRepository;
}

export function writtenRepository(db: Db, { contents, sources, trajectories }: Repositories) {
  const insert = db.prepare<[number, number | null]>("INSERT INTO written_trajectory (trajectory_id, case_number) VALUES (?, ?)");
  const selectCase = db.prepare<[number], { caseNumber: number | null }>(
    "SELECT case_number AS caseNumber FROM written_trajectory WHERE trajectory_id = ?",
  );
  const selectOfCase = db
    .prepare<[number], number>(
      `SELECT t.id FROM written_trajectory w JOIN trajectory t ON t.id = w.trajectory_id
       WHERE w.case_number = ? AND t.removed = 0 ORDER BY t.id`,
    )
    .pluck();
  /** Of each that is trained on in a version: the case it is for. */
  const selectInVersion = db.prepare<[number, number, number], { id: number; caseNumber: number }>(`
    SELECT w.trajectory_id AS id, w.case_number AS caseNumber FROM written_trajectory w
    JOIN revision r ON r.trajectory_id = w.trajectory_id AND r.number = (
      SELECT max(number) FROM revision WHERE trajectory_id = w.trajectory_id AND sequence <= (SELECT sequence FROM data_version WHERE id = ?))
    WHERE w.case_number IS NOT NULL AND r.removed = 0 AND r.split = ? AND r.status <> ?
    ORDER BY w.case_number, w.trajectory_id`);
  const versionBefore = db.prepare<[number], number | null>("SELECT max(id) FROM data_version WHERE id < ?").pluck();

  /** Counter-examples that a run on a version learns from, by their case. */
  const trainedIn = (version: number): readonly { readonly id: number; readonly caseNumber: number }[] =>
    selectInVersion.all(version, SPLITS.indexOf("train"), STATUSES.indexOf("rejected"));
  const newIn = (version: number, before: number | null): ReturnType<typeof trainedIn> => {
    const known = new Set(before === null ? [] : trainedIn(before).map(({ id }) => id));
    return trainedIn(version).filter(({ id }) => !known.has(id));
  };

  return {
    /**
     * Writes: a trajectory to train on, with its first revision under the change that `changeOf` starts for it. Returns its id. Call inside a
     * transaction.
     */
    add({ content, summary, caseId }: NewWritten, changeOf: (id: TrajectoryId) => StoredChange): TrajectoryId {
      const contentId = contents.write(content, summary);
      const number = trajectories.insert({ sourceId: sources.ensureWritten().id, split: "train", contentId });
      const { id: changeId, author, reason, at } = changeOf(trajectoryIdOf(number));
      trajectories.insertFirst(number, { split: "train", contentId, author, reason, at, changeId });
      insert.run(number, caseId === null ? null : numberOfId("case", caseId));
      return trajectoryIdOf(number);
    },

    /** Reads only: the case that one is written for, inside an object; null where it was imported. */
    written(trajectory: number): { readonly caseId: string | null } | null {
      const row = selectCase.get(trajectory);
      if (row === undefined) return null;
      return { caseId: row.caseNumber === null ? null : formatId("case", row.caseNumber) };
    },

    /** Reads only: counter-examples for a case that are there. */
    ofCase(caseId: string): readonly TrajectoryId[] {
      return selectOfCase.all(numberOfId("case", caseId) ?? -1).map(trajectoryIdOf);
    },

    /** Reads only: whether a run on one version would learn from a counter-example for the case that a run on the other could not. */
    isMendedBetween(caseId: string, before: number, after: number): boolean {
      return newIn(after, before).some(({ caseNumber }) => formatId("case", caseNumber) === caseId);
    },

    /** Reads only: cases that a version is the first to have a counter-example for. */
    casesMendedIn(version: number): readonly string[] {
      return [...new Set(newIn(version, versionBefore.get(version) ?? null).map(({ caseNumber }) => formatId("case", caseNumber)))];
    },
  };
}
