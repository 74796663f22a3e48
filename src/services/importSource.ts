/**
 * @file One source, in the data worker: its kept file is read row by row and written in short transactions.
 *
 * A transaction holds whole trajectories with the ledger lines of all their rows. (source, row index) is the key: an import that was
 * killed reads the file again and leaves out what is settled, so that no row comes in twice and none is missing.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { createReader } from "#core/trajectories/formats/createReader.ts";
import type { Settled } from "#core/trajectories/formats/format.ts";
import { createRowScanner, type ScannedRow } from "#core/trajectories/scanRows.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import type { ImportFormat } from "#contracts/imports.ts";
import type { Store } from "#store/index.ts";
import type { StoredSource } from "#store/sources.ts";
import { assignSplit } from "./assignSplit.ts";

const CHUNK_BYTES = 2 ** 20;
/** A batch is written once reading it has taken this long: short enough that the core's own writes hardly wait. */
const BATCH_MS = 50;
/** The most that one transaction writes, where a reader hands out many trajectories at once. */
const BATCH_ENTRIES = 1000;

/** How far a source is read. */
export interface SourceProgress {
  readonly byteOffset: number;
  readonly rows: number;
  /** Rows that were settled by an earlier import, of this file or of an earlier version of it. */
  readonly alreadyImported: number;
}

/** Reads the source to its end; `onBatch` is called after each transaction and may throw to stop between two of them. */
export function importSource(
  store: Store,
  source: StoredSource,
  path: string,
  onBatch: (progress: SourceProgress) => void,
): SourceProgress {
  const settled = settledBits(store.sources.settledRows(source.id));
  const writer = createBatchWriter(store, source, settled.bits);
  const progressAt = (byteOffset: number): SourceProgress => ({
    byteOffset,
    rows: writer.rowsSeen(),
    alreadyImported: settled.count + writer.rowsHereBefore(),
  });
  readRows(path, source.format, (batch, byteOffset) => {
    writer.write(batch);
    onBatch(progressAt(byteOffset));
  });
  const progress = progressAt(source.numBytes);
  store.sources.markFinished(source.id, progress.alreadyImported);
  return progress;
}

/** Hands out what the rows of a file became, in the order they settle, in batches; `byteOffset` is how far the file is read. */
function readRows(path: string, format: ImportFormat, onBatch: (batch: readonly Settled[], byteOffset: number) => void): void {
  const scanner = createRowScanner();
  const reader = createReader(format);
  let batch: Settled[] = [];
  let startedAt = performance.now();
  let byteOffset = 0;
  const flush = (): void => {
    for (let i = 0; i < batch.length; i += BATCH_ENTRIES) onBatch(batch.slice(i, i + BATCH_ENTRIES), byteOffset);
    batch = [];
    startedAt = performance.now();
  };
  const read = (rows: readonly ScannedRow[]): void => {
    for (const row of rows) {
      const { rowIndex, byteOffset: at, byteLength } = row;
      if (row.ok) batch.push(...reader.push(rowIndex, at, byteLength, row.text));
      else batch.push({ kind: "refused", row: { rowIndex, byteOffset: at, byteLength }, refusal: row.refusal });
      byteOffset = at + byteLength;
      if (performance.now() - startedAt > BATCH_MS && batch.length > 0) flush();
    }
  };
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) read(scanner.push(chunk.subarray(0, size)));
  } finally {
    closeSync(file);
  }
  read(scanner.finish());
  batch.push(...reader.finish());
  flush();
}

interface BatchWriter {
  write(batch: readonly Settled[]): void;
  /** Rows written or found settled so far. */
  rowsSeen(): number;
  /** Rows whose trajectory an earlier version of the file had brought in. */
  rowsHereBefore(): number;
}

function createBatchWriter(store: Store, source: StoredSource, settled: Uint8Array): BatchWriter {
  const at = new Date().toISOString();
  const revision = { author: "import", reason: "imported", at };
  const sourceId = source.id;
  // A file that was corrected and imported again adds only what is new in it.
  const earlier = store.sources.earlierVersions(source);
  let rowsSeen = 0;
  let rowsHereBefore = 0;
  const isSettled = (rowIndex: number): boolean => settled[rowIndex] === 1;

  const writeEntry = (entry: Settled, counts: Counts): void => {
    if (entry.kind === "refused") {
      rowsSeen++;
      if (isSettled(entry.row.rowIndex)) return;
      counts.refused++;
      store.sources.addLedgerRow(sourceId, { ...entry.row, outcome: "refused", trajectory: null, changes: [], refusal: entry.refusal });
      return;
    }
    rowsSeen += entry.rows.length;
    const rows = entry.rows.filter((row) => !isSettled(row.rowIndex));
    if (rows.length === 0) return;
    const contentId = store.contents.write(entry.content, summaryOf(entry.content));
    const known = earlier.length === 0 ? null : store.trajectories.importedBefore(contentId, earlier, sourceId);
    const trajectory = known ?? store.trajectories.add({ sourceId, split: assignSplit(entry.content), contentId, ...revision });
    if (known === null) counts.trajectories++;
    else rowsHereBefore += rows.length;
    for (const row of rows) {
      counts[row.outcome]++;
      store.sources.addLedgerRow(sourceId, { ...row, trajectory });
    }
  };

  return {
    write(batch) {
      const counts: Counts = { taken: 0, changed: 0, refused: 0, trajectories: 0 };
      store.transaction(() => {
        for (const entry of batch) writeEntry(entry, counts);
        store.sources.addCounts(sourceId, counts);
      });
    },
    rowsSeen: () => rowsSeen,
    rowsHereBefore: () => rowsHereBefore,
  };
}

interface Counts {
  taken: number;
  changed: number;
  refused: number;
  trajectories: number;
}

/** One byte a row, 1 where it has its ledger line; `rows` ascend. */
function settledBits(rows: readonly number[]): { readonly bits: Uint8Array; readonly count: number } {
  const bits = new Uint8Array((rows.at(-1) ?? -1) + 1);
  for (const row of rows) bits[row] = 1;
  return { bits, count: rows.length };
}
