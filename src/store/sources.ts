/** @file Imported files and their ledger: one line for every input row, whatever became of it. */
import { AppError } from "#contracts/errors.ts";
import type { ImportCounts, ImportedSource, LedgerChange, LedgerOutcome, LedgerRow, SourceFormat } from "#contracts/imports.ts";
import { requireNumber, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

export interface NewSource {
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  readonly format: SourceFormat;
  /** As a person would name it; made unique by a number where another source has it. */
  readonly name: string;
  readonly path: string;
  readonly numBytes: number;
}

/** A row of a file, the same in every workspace. */
export interface SourceRowKey {
  readonly sha256: string;
  readonly format: string;
  readonly rowIndex: number;
}

/** A file that was read with a source. */
export interface BesideFile {
  /** Relative to the folder of the source. */
  readonly name: string;
  readonly sha256: string;
  readonly numBytes: number;
}

export interface StoredSource extends ImportedSource {
  readonly sha256: string;
}

/** The source of what was written here has no file: it is known by this in place of a hash. */
const WRITTEN = "written";

const OUTCOMES: readonly LedgerOutcome[] = ["taken", "changed", "refused"];

interface SourceRow {
  readonly id: number;
  readonly sha256: string;
  readonly format: SourceFormat;
  readonly name: string;
  readonly path: string;
  readonly num_bytes: number;
  readonly imported_at: string;
  readonly finished: number;
  readonly num_taken: number;
  readonly num_changed: number;
  readonly num_refused: number;
  readonly num_trajectories: number;
  readonly num_already: number;
}

interface LedgerRecord {
  readonly row_index: number;
  readonly byte_offset: number;
  readonly byte_length: number;
  readonly outcome: number;
  readonly trajectory_id: number | null;
  readonly changes: string | null;
  readonly refusal: string | null;
}

export type SourceRepository = ReturnType<typeof sourceRepository>;

export function sourceRepository(db: Db) {
  const selectAll = db.prepare<[], SourceRow>("SELECT * FROM source ORDER BY id");
  const selectOne = db.prepare<[number], SourceRow>("SELECT * FROM source WHERE id = ?");
  const selectByContent = db.prepare<[string, string], SourceRow>("SELECT * FROM source WHERE sha256 = ? AND format = ?");
  const selectBySize = db.prepare<[number], number>("SELECT 1 FROM source WHERE num_bytes = ? LIMIT 1").pluck();
  const selectByPath = db
    .prepare<[string, string, number], number>("SELECT id FROM source WHERE path = ? AND format = ? AND id < ? ORDER BY id")
    .pluck();
  const idOfName = db.prepare<[string], number>("SELECT id FROM source WHERE name = ?").pluck();
  const insert = db.prepare<[string, string, string, string, number, string]>(
    "INSERT INTO source (sha256, format, name, path, num_bytes, imported_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const countWritten = db
    .prepare<[], number>("SELECT count(*) FROM written_trajectory w JOIN trajectory t ON t.id = w.trajectory_id WHERE t.removed = 0")
    .pluck();
  const addCounts = db.prepare<[number, number, number, number, number]>(`
    UPDATE source SET num_taken = num_taken + ?, num_changed = num_changed + ?, num_refused = num_refused + ?,
      num_trajectories = num_trajectories + ? WHERE id = ?`);
  const setFinished = db.prepare<[number, number]>("UPDATE source SET finished = 1, num_already = ? WHERE id = ?");
  const insertRow = db.prepare(`
    INSERT INTO ledger (source_id, row_index, byte_offset, byte_length, outcome, trajectory_id, changes, refusal)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectSettled = db.prepare<[number], number>("SELECT row_index FROM ledger WHERE source_id = ? ORDER BY row_index").pluck();
  const countRows = db.prepare<[number], number>("SELECT count(*) FROM ledger WHERE source_id = ?").pluck();
  const countOutcome = db.prepare<[number, number], number>("SELECT count(*) FROM ledger WHERE source_id = ? AND outcome = ?").pluck();
  const selectRows = db.prepare<[number, number, number], LedgerRecord>(
    "SELECT * FROM ledger WHERE source_id = ? ORDER BY row_index LIMIT ? OFFSET ?",
  );
  const selectOutcome = db.prepare<[number, number, number, number], LedgerRecord>(
    "SELECT * FROM ledger WHERE source_id = ? AND outcome = ? ORDER BY row_index LIMIT ? OFFSET ?",
  );
  const selectOfTrajectory = db.prepare<[number, number], LedgerRecord>(
    "SELECT * FROM ledger WHERE trajectory_id = ? AND source_id = ? ORDER BY row_index",
  );
  const selectFirstRow = db.prepare<[number], SourceRowKey>(
    `SELECT s.sha256, s.format, l.row_index AS rowIndex FROM ledger l JOIN source s ON s.id = l.source_id
     WHERE l.trajectory_id = ? ORDER BY l.source_id, l.row_index LIMIT 1`,
  );
  const selectByRow = db
    .prepare<[string, string, number], number | null>(
      `SELECT l.trajectory_id FROM source s JOIN ledger l ON l.source_id = s.id
       WHERE s.sha256 = ? AND s.format = ? AND l.row_index = ?`,
    )
    .pluck();
  const insertSkipped = db.prepare<[string, string, string]>(
    "INSERT OR REPLACE INTO skipped_file (path, reason, seen_at) VALUES (?, ?, ?)",
  );
  const selectSkipped = db.prepare<[], { path: string; reason: string }>("SELECT path, reason FROM skipped_file ORDER BY path");

  const insertBeside = db.prepare<[number, string, string, number]>(
    "INSERT OR IGNORE INTO source_beside (source_id, name, sha256, num_bytes) VALUES (?, ?, ?, ?)",
  );
  const selectBeside = db.prepare<[number], BesideFile>(
    "SELECT name, sha256, num_bytes AS numBytes FROM source_beside WHERE source_id = ? ORDER BY name",
  );
  const whole = (row: SourceRow): StoredSource => {
    const source = sourceOf(row);
    // nothing counts them as they come: one that is taken back is none
    const counts = row.format === WRITTEN ? { ...source.counts, trajectories: countWritten.get()! } : source.counts;
    const beside = selectBeside.all(row.id).map(({ name, numBytes }) => ({ name, numBytes }));
    return { ...source, counts, beside };
  };

  const uniqueName = (name: string): string => {
    let unique = name;
    for (let i = 2; idOfName.get(unique) !== undefined; i++) unique = `${name} (${i})`;
    return unique;
  };

  return {
    /** Writes: the source with these bytes in this format, unless it is there already. */
    ensure(source: NewSource): StoredSource {
      const known = selectByContent.get(source.sha256, source.format);
      if (known !== undefined) return whole(known);
      const { sha256, format, path, numBytes } = source;
      const { lastInsertRowid } = insert.run(sha256, format, uniqueName(source.name), path, numBytes, new Date().toISOString());
      return whole(selectOne.get(Number(lastInsertRowid))!);
    },

    /** Writes: the source of what is written here, unless it is there already. */
    ensureWritten(): StoredSource {
      const source = this.ensure({ sha256: WRITTEN, format: WRITTEN, name: "Written here", path: "", numBytes: 0 });
      if (!source.finished) setFinished.run(0, source.id);
      return source;
    },

    /** Writes: one ledger line. Call inside the transaction that writes its trajectory. */
    addLedgerRow(sourceId: number, row: Omit<LedgerRow, "trajectoryId"> & { readonly trajectory: number | null }): void {
      const { rowIndex, byteOffset, byteLength, outcome, trajectory, changes, refusal } = row;
      insertRow.run(
        ...[sourceId, rowIndex, byteOffset, byteLength, OUTCOMES.indexOf(outcome), trajectory],
        ...[changes.length === 0 ? null : JSON.stringify(changes), refusal === undefined ? null : JSON.stringify(refusal)],
      );
    },

    /** Writes: adds to what the source's rows became. */
    addCounts(sourceId: number, counts: Pick<ImportCounts, "taken" | "changed" | "refused" | "trajectories">): void {
      addCounts.run(counts.taken, counts.changed, counts.refused, counts.trajectories, sourceId);
    },

    /** Writes: every row of the source has its ledger line. */
    markFinished(sourceId: number, alreadyImported: number): void {
      setFinished.run(alreadyImported, sourceId);
    },

    /** Writes: a file of an imported folder that holds no rows. */
    addSkipped(path: string, reason: string): void {
      insertSkipped.run(path, reason, new Date().toISOString());
    },

    /** Reads only: files of imported folders that were left out, with the reason. */
    skipped(): readonly { readonly path: string; readonly reason: string }[] {
      return selectSkipped.all();
    },

    /** Reads only: every source in order of import. */
    list(): readonly StoredSource[] {
      return selectAll.all().map(whole);
    },

    /** Reads only: one source; throws `E_NOT_FOUND`. */
    get(id: number): StoredSource {
      const row = selectOne.get(id);
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "source", id });
      return whole(row);
    },

    /** Writes: a file that was read with a source; what was recorded first stays. */
    addBeside(sourceId: number, { name, sha256, numBytes }: BesideFile): void {
      insertBeside.run(sourceId, name, sha256, numBytes);
    },

    /** Reads only: files that were read with a source. */
    beside(sourceId: number): readonly BesideFile[] {
      return selectBeside.all(sourceId);
    },

    /** Reads only: whether a file of this size was imported before; its bytes may be other ones. */
    hasSize(numBytes: number): boolean {
      return selectBySize.get(numBytes) !== undefined;
    },

    /** Reads only: earlier sources from the same path in the same format: what the file held before it was changed. */
    earlierVersions(source: ImportedSource): readonly number[] {
      return selectByPath.all(source.path, source.format, source.id);
    },

    /** Reads only: indices of the rows that have a ledger line, ascending. */
    settledRows(sourceId: number): readonly number[] {
      return selectSettled.all(sourceId);
    },

    /** Reads only: a page of the ledger, in order of the file. */
    ledger(sourceId: number, options: { outcome?: LedgerOutcome | undefined; offset: number; limit: number }) {
      const { outcome, offset, limit } = options;
      const code = outcome === undefined ? -1 : OUTCOMES.indexOf(outcome);
      const total = outcome === undefined ? countRows.get(sourceId)! : countOutcome.get(sourceId, code)!;
      const rows = outcome === undefined ? selectRows.all(sourceId, limit, offset) : selectOutcome.all(sourceId, code, limit, offset);
      return { total, rows: rows.map(ledgerRowOf) };
    },

    /** Reads only: the first row that a trajectory came from, or null where it came from none. */
    firstRow(trajectory: number): SourceRowKey | null {
      return selectFirstRow.get(trajectory) ?? null;
    },

    /** Reads only: the trajectory that a row of a file gave, or null. */
    trajectoryOfRow({ sha256, format, rowIndex }: SourceRowKey): number | null {
      return selectByRow.get(sha256, format, rowIndex) ?? null;
    },

    /** Reads only: the rows of one source that a trajectory came from, in order of the file. */
    rowsOfTrajectory(trajectoryId: string, sourceId: number): readonly LedgerRow[] {
      return selectOfTrajectory.all(requireNumber("trajectory", trajectoryId), sourceId).map(ledgerRowOf);
    },
  };
}

function sourceOf(row: SourceRow): Omit<StoredSource, "beside"> {
  const { id, sha256, format, name, path } = row;
  const counts: ImportCounts = {
    rows: row.num_taken + row.num_changed + row.num_refused,
    taken: row.num_taken,
    changed: row.num_changed,
    refused: row.num_refused,
    trajectories: row.num_trajectories,
    alreadyImported: row.num_already,
  };
  return { id, sha256, format, name, path, numBytes: row.num_bytes, importedAt: row.imported_at, finished: row.finished === 1, counts };
}

function ledgerRowOf(row: LedgerRecord): LedgerRow {
  return {
    rowIndex: row.row_index,
    byteOffset: row.byte_offset,
    byteLength: row.byte_length,
    outcome: OUTCOMES[row.outcome]!,
    ...(row.trajectory_id === null ? {} : { trajectoryId: trajectoryIdOf(row.trajectory_id) }),
    changes: row.changes === null ? [] : (JSON.parse(row.changes) as LedgerChange[]),
    ...(row.refusal === null ? {} : { refusal: JSON.parse(row.refusal) as NonNullable<LedgerRow["refusal"]> }),
  };
}
