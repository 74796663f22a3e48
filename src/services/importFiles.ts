/**
 * @file The import itself, in the data worker: each file is kept, recognised, read row by row and written in short transactions.
 *
 * A transaction holds whole trajectories with the ledger lines of all their rows. (source, row index) is the key: an import that was
 * killed reads the file again and leaves out what is settled, so that no row comes in twice and none is missing.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { createReader } from "#core/trajectories/formats/createReader.ts";
import type { Settled } from "#core/trajectories/formats/format.ts";
import { createRowScanner, type ScannedRow } from "#core/trajectories/scanRows.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { AppError } from "#contracts/errors.ts";
import type { ImportCounts } from "#contracts/imports.ts";
import type { StoredSource } from "#store/sources.ts";
import type { Store } from "#store/index.ts";
import { assignSplit } from "./assignSplit.ts";
import type { DataTask, TaskControl } from "./dataTask.ts";
import type { ImportResult } from "./importDataset.ts";
import type { InputFile, SkippedFile } from "./inputFiles.ts";
import { keepSourceFile } from "./keepSourceFile.ts";
import { recogniseFormat } from "./recogniseFormat.ts";

type ImportTask = Extract<DataTask, { type: "import" }>;

const CHUNK_BYTES = 2 ** 20;
/** A batch is written once reading it has taken this long: short enough that the core's own writes hardly wait. */
const BATCH_MS = 50;
/** The most that one transaction writes, where a reader hands out many trajectories at once. */
const BATCH_ENTRIES = 1000;

/** What the whole job has done so far. */
interface Progress {
  readonly startedAt: number;
  readonly totalBytes: number;
  bytesOfEarlierFiles: number;
  rowsOfEarlierFiles: number;
}

export function importFiles(store: Store, task: ImportTask, control: TaskControl): ImportResult {
  const progress: Progress = {
    startedAt: performance.now(),
    totalBytes: task.files.reduce((sum, file) => sum + file.numBytes, 0),
    bytesOfEarlierFiles: 0,
    rowsOfEarlierFiles: 0,
  };
  const sources = new Map<number, StoredSource>();
  const skipped: SkippedFile[] = [];
  let alreadyImported = 0;
  for (const file of task.files) {
    const outcome = importFile(store, task, file, control, progress);
    progress.bytesOfEarlierFiles += file.numBytes;
    if ("reason" in outcome) {
      skipped.push(outcome);
      store.sources.addSkipped(outcome.path, outcome.reason);
      continue;
    }
    sources.set(outcome.source.id, outcome.source);
    alreadyImported += outcome.alreadyImported;
    progress.rowsOfEarlierFiles += outcome.source.counts.rows;
  }
  if (sources.size === 0 && task.files.length > 0) {
    throw new AppError("E_FORMAT_UNKNOWN", { path: skipped[0]!.path, detail: skipped[0]!.reason });
  }
  const counts = totalOf([...sources.values()].map((source) => source.counts));
  const seconds = (performance.now() - progress.startedAt) / 1000;
  control.report({ phase: "", done: counts.rows, total: counts.rows, subject: [...sources.keys()].join(",") }, true);
  return {
    ...counts,
    alreadyImported,
    numBytes: progress.totalBytes,
    seconds,
    bytesPerSecond: Math.round(progress.totalBytes / seconds),
    sourceIds: [...sources.keys()],
    skipped,
  };
}

type FileOutcome = { readonly source: StoredSource; readonly alreadyImported: number } | SkippedFile;

function importFile(store: Store, task: ImportTask, file: InputFile, control: TaskControl, progress: Progress): FileOutcome {
  const recognised = recogniseFormat(file.path, task.format);
  if ("error" in recognised) {
    if (file.isNamed) throw recognised.error;
    return { path: file.path, reason: recognised.error.message };
  }
  const kept = keepSourceFile(file.path, task.sourcesDir, {
    mayBeKnown: store.sources.hasSize(file.numBytes),
    onBytes: (numBytes) => {
      control.checkpoint();
      control.report({ phase: `copying ${file.name}, ${percent(numBytes, file.numBytes)}` });
    },
  });
  const source = store.sources.ensure({
    sha256: kept.sha256,
    format: recognised.format,
    name: file.name,
    path: file.path,
    numBytes: kept.numBytes,
  });
  if (source.finished) return { source, alreadyImported: source.counts.rows };

  const settled = settledBits(store.sources.settledRows(source.id));
  const writer = createBatchWriter(store, source, settled.bits);
  readRows(kept.path, recognised.format, (batch, byteOffset) => {
    writer.write(batch);
    const bytes = progress.bytesOfEarlierFiles + byteOffset;
    const done = progress.rowsOfEarlierFiles + writer.rowsSeen();
    const seconds = (performance.now() - progress.startedAt) / 1000;
    const phase = `reading ${file.name}, ${(bytes / seconds / 1e6).toFixed(1)} MB/s`;
    // How many rows are to come is not known before they are read; their bytes are.
    control.report({ phase, done, total: Math.max(done, Math.round((done * progress.totalBytes) / Math.max(bytes, 1))) }, true);
    control.checkpoint();
  });
  const alreadyImported = settled.count + writer.rowsHereBefore();
  store.sources.markFinished(source.id, alreadyImported);
  return { source: store.sources.get(source.id), alreadyImported };
}

/** Hands out what the rows of a file became, in the order they settle, in batches; `byteOffset` is how far the file is read. */
function readRows(
  path: string,
  format: Parameters<typeof createReader>[0],
  onBatch: (batch: readonly Settled[], byteOffset: number) => void,
): void {
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

function totalOf(counts: readonly ImportCounts[]): Omit<ImportCounts, "alreadyImported"> {
  const sum = (key: keyof ImportCounts) => counts.reduce((total, each) => total + each[key], 0);
  return { rows: sum("rows"), taken: sum("taken"), changed: sum("changed"), refused: sum("refused"), trajectories: sum("trajectories") };
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.min(100, Math.floor((100 * part) / whole))} %`;
}
