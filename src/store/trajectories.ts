/** @file Trajectories and their revisions: written once on import, read by page, by id, or one after another. */
import { AppError } from "#contracts/errors.ts";
import type { SourceFormat } from "#contracts/imports.ts";
import { STATUSES, type Status } from "#contracts/review.ts";
import { SPLITS, type Split, type Trajectory, type TrajectorySummary } from "#contracts/trajectory.ts";
import { NEXT_SEQUENCE } from "./changes.ts";
import type { ContentRepository } from "./contents.ts";
import { requireNumber, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

/** What a trajectory begins as. */
export interface NewTrajectory {
  readonly sourceId: number;
  readonly split: Split;
  readonly contentId: number;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
  /** Of one that a person wrote; absent: of an import. */
  readonly changeId?: number;
}

/** A trajectory as it stands, with what names its revision. */
export interface StoredTrajectory {
  readonly trajectory: Trajectory;
  readonly contentId: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly contentHash: string;
  readonly status: Status;
  /** It was written here, and that is undone: it is in no list, version, run or export. */
  readonly isRemoved: boolean;
}

export interface RevisionRecord {
  readonly number: number;
  readonly contentId: number;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
}

interface TrajectoryRow {
  readonly id: number;
  readonly source_id: number;
  readonly split: number;
  readonly revision: number;
  readonly content_id: number;
  readonly status: number;
  readonly removed: number;
}

interface SummaryRow {
  readonly id: number;
  readonly split: number;
  readonly revision: number;
  readonly source: string;
  readonly format: SourceFormat;
  readonly title: string;
  readonly num_turns: number;
  readonly num_calls: number;
  readonly num_tools: number;
  readonly num_unreadable: number;
  readonly status: number;
  readonly assignee: string | null;
}

/** Trajectories read in one go by `each`: an open cursor would keep other statements off the connection. */
const PAGE = 256;

export type TrajectoryRepository = ReturnType<typeof trajectoryRepository>;

export function trajectoryRepository(db: Db, contents: ContentRepository) {
  const insert = db.prepare<[number, number, number]>(
    "INSERT INTO trajectory (source_id, split, revision, content_id) VALUES (?, ?, 1, ?)",
  );
  const insertRevision = db.prepare<[number, number, number, string, string, string, number | null]>(
    `INSERT INTO revision (trajectory_id, number, content_id, split, author, reason, at, change_id, sequence)
     VALUES (?, 1, ?, ?, ?, ?, ?, ?, ${NEXT_SEQUENCE})`,
  );
  const selectOne = db.prepare<[number], TrajectoryRow>("SELECT * FROM trajectory WHERE id = ?");
  const selectAfter = db.prepare<[number, number], TrajectoryRow>(
    "SELECT * FROM trajectory WHERE id > ? AND removed = 0 ORDER BY id LIMIT ?",
  );
  const selectSplitAfter = db.prepare<[number, number, number], TrajectoryRow>(
    "SELECT * FROM trajectory WHERE split = ? AND id > ? AND removed = 0 ORDER BY id LIMIT ?",
  );
  const selectSplitOfVersionAfter = db.prepare<[number, number, number, number], TrajectoryRow>(`
    SELECT t.id, t.source_id, r.split, r.number AS revision, r.content_id, r.status, r.removed FROM trajectory t
    JOIN revision r ON r.trajectory_id = t.id AND r.number = (
      SELECT max(number) FROM revision WHERE trajectory_id = t.id AND sequence <= (SELECT sequence FROM data_version WHERE id = ?))
    WHERE r.split = ? AND t.id > ? AND r.removed = 0 ORDER BY t.id LIMIT ?`);
  const selectRevision = db.prepare<[number, number], RevisionRecord>(
    "SELECT number, content_id AS contentId, author, reason, at FROM revision WHERE trajectory_id = ? AND number = ?",
  );
  const selectSummaries = db.prepare<[string], SummaryRow>(`
    SELECT t.id, t.split, t.revision, s.name AS source, s.format, c.title, c.num_turns, c.num_calls, c.num_tools, c.num_unreadable,
      t.status, a.name AS assignee
    FROM json_each(?) wanted JOIN trajectory t ON t.id = wanted.value
    JOIN source s ON s.id = t.source_id JOIN content c ON c.id = t.content_id
    LEFT JOIN annotator a ON a.id = t.assignee_id ORDER BY wanted.key`);
  const selectImported = db
    .prepare<[number, string, number], number>(
      `SELECT t.id FROM revision r JOIN trajectory t ON t.id = r.trajectory_id
       WHERE r.content_id = ? AND r.number = 1 AND t.source_id IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.trajectory_id = t.id AND l.source_id = ?)
       ORDER BY t.id LIMIT 1`,
    )
    .pluck();
  const selectNumbers = db.prepare<[], number>("SELECT id FROM trajectory ORDER BY id").pluck();
  const selectHeldOut = db.prepare<[], { number: number; title: string }>(
    `SELECT t.id AS number, c.title FROM trajectory t JOIN content c ON c.id = t.content_id
     WHERE t.split <> ${SPLITS.indexOf("train")} AND t.removed = 0 ORDER BY t.id`,
  );
  const selectSource = db.prepare<[number], number>("SELECT source_id FROM trajectory WHERE id = ?").pluck();
  const selectImportedWith = db
    .prepare<[Buffer], number>(
      "SELECT r.trajectory_id FROM content c JOIN revision r ON r.content_id = c.id AND r.number = 1 WHERE c.hash = ? ORDER BY 1 LIMIT 1",
    )
    .pluck();
  const countAll = db
    .prepare<[], number>("SELECT (SELECT count(*) FROM trajectory) - (SELECT count(*) FROM trajectory WHERE removed = 1)")
    .pluck();

  const stored = (row: TrajectoryRow): StoredTrajectory => {
    const { content, hash } = contents.read(row.content_id);
    return {
      trajectory: { id: trajectoryIdOf(row.id), split: SPLITS[row.split]!, ...content },
      contentId: row.content_id,
      contentHash: hash,
      status: STATUSES[row.status]!,
      isRemoved: row.removed === 1,
    };
  };
  const find = (id: string): TrajectoryRow => {
    const row = selectOne.get(requireNumber("trajectory", id));
    if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "trajectory", id });
    return row;
  };

  return {
    /** Writes: a trajectory and its first revision. Returns its number. Call inside a transaction. */
    add(trajectory: NewTrajectory): number {
      const number = this.insert(trajectory);
      this.insertFirst(number, trajectory);
      return number;
    },

    /** Writes: a trajectory without a revision, which has to follow in the same transaction. Returns its number. */
    insert({ sourceId, split, contentId }: Pick<NewTrajectory, "sourceId" | "split" | "contentId">): number {
      return Number(insert.run(sourceId, SPLITS.indexOf(split), contentId).lastInsertRowid);
    },

    /** Writes: its first revision. */
    insertFirst(number: number, { split, contentId, author, reason, at, changeId }: Omit<NewTrajectory, "sourceId">): void {
      insertRevision.run(number, contentId, SPLITS.indexOf(split), author, reason, at, changeId ?? null);
    },

    /**
     * Reads only: a trajectory that one of the `earlier` sources brought in with exactly this content and that no row of `sourceId`
     * stands for yet, or null. Edited since or not, it is the same recorded conversation.
     */
    importedBefore(contentId: number, earlier: readonly number[], sourceId: number): number | null {
      return selectImported.get(contentId, JSON.stringify(earlier), sourceId) ?? null;
    },

    /** Reads only: a trajectory as it stands; throws `E_NOT_FOUND`. */
    get(id: string): StoredTrajectory {
      return stored(find(id));
    },

    /** Reads only: the trajectory's present revision and its source. */
    origin(id: string): { readonly sourceId: number; readonly revision: RevisionRecord } {
      const row = find(id);
      return { sourceId: row.source_id, revision: selectRevision.get(row.id, row.revision)! };
    },

    /** Reads only: what a list shows, in the order of the numbers given. */
    summaries(numbers: readonly number[]): readonly TrajectorySummary[] {
      return selectSummaries.all(JSON.stringify(numbers)).map(summaryOf);
    },

    /** Reads only: a trajectory by its number; throws `E_NOT_FOUND`. */
    getByNumber(number: number): StoredTrajectory {
      return stored(find(trajectoryIdOf(number)));
    },

    /** Reads only: what a list shows of one trajectory; throws `E_NOT_FOUND`. */
    summary(id: string): TrajectorySummary {
      return summaryOf(selectSummaries.get(JSON.stringify([find(id).id]))!);
    },

    /** Reads only: every trajectory in order of id, of one split where it is named; loads a page at a time. */
    *each(split?: Split): Generator<StoredTrajectory> {
      for (let last = 0; ;) {
        const rows = split === undefined ? selectAfter.all(last, PAGE) : selectSplitAfter.all(SPLITS.indexOf(split), last, PAGE);
        for (const row of rows) yield stored(row);
        if (rows.length < PAGE) return;
        last = rows.at(-1)!.id;
      }
    },

    /** Reads only: those of a split as a frozen version has them, in order of id; loads a page at a time. */
    *eachOfVersion(version: number, split: Split): Generator<StoredTrajectory> {
      for (let last = 0; ;) {
        const rows = selectSplitOfVersionAfter.all(version, SPLITS.indexOf(split), last, PAGE);
        for (const row of rows) yield stored(row);
        if (rows.length < PAGE) return;
        last = rows.at(-1)!.id;
      }
    },

    /** Reads only: all that there ever were, by number: also those taken back. */
    numbers(): readonly number[] {
      return selectNumbers.all();
    },

    /** Reads only: the titles of all that are held out: a first look at what they ask, without their contents. */
    heldOut(): readonly { readonly number: number; readonly title: string }[] {
      return selectHeldOut.all();
    },

    /** Reads only: the source that a trajectory came from; throws `E_NOT_FOUND`. */
    sourceOf(number: number): number {
      return selectSource.get(number) ?? find(trajectoryIdOf(number)).source_id;
    },

    /** Reads only: the first trajectory that was imported with a content of this hash, or null. */
    importedWith(contentHash: string): number | null {
      return selectImportedWith.get(Buffer.from(contentHash, "hex")) ?? null;
    },

    /** Reads only: how many there are. */
    count(): number {
      return countAll.get()!;
    },
  };
}

function summaryOf(row: SummaryRow): TrajectorySummary {
  return {
    id: trajectoryIdOf(row.id),
    title: row.title,
    numTurns: row.num_turns,
    numCalls: row.num_calls,
    numTools: row.num_tools,
    split: SPLITS[row.split]!,
    source: row.source,
    format: row.format,
    numUnreadable: row.num_unreadable,
    revision: row.revision,
    status: STATUSES[row.status]!,
    assignee: row.assignee,
  };
}
