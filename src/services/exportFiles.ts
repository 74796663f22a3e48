/**
 * @file The export itself, in the data worker: a page of trajectories at a time into a temporary file, renamed once it is complete.
 *
 * Beside the rows goes a ledger, one line for each trajectory from which the format cannot carry something.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createWriter } from "#core/trajectories/formats/createWriter.ts";
import { AppError } from "#contracts/errors.ts";
import type { LedgerChange } from "#contracts/imports.ts";
import type { Store } from "#store/index.ts";
import type { DataTask, TaskControl } from "./dataTask.ts";

type ExportTask = Extract<DataTask, { type: "export" }>;

export interface ExportResult {
  readonly trajectories: number;
  readonly rows: number;
  /** Trajectories from which the format could not carry something; each has a line in the ledger file. */
  readonly changed: number;
  readonly numBytes: number;
  readonly seconds: number;
  readonly files: readonly string[];
}

const PAGE = 500;
const BUFFER_BYTES = 4 * 2 ** 20;

export function exportFiles(store: Store, task: ExportTask, control: TaskControl): ExportResult {
  const startedAt = performance.now();
  const writer = createWriter(task.format);
  mkdirSync(task.directory, { recursive: true });
  const rowsFile = createOutput(join(task.directory, `trajectories${writer.extension}`));
  const ledgerFile = createOutput(join(task.directory, "export-ledger.jsonl"));
  let trajectories = 0;
  let rows = 0;
  let changed = 0;
  try {
    rowsFile.write(writer.begin);
    for (;;) {
      const page = store.lists.page(task.filter, trajectories, PAGE);
      for (const number of page.numbers) {
        const { trajectory } = store.trajectories.getByNumber(number);
        const written = writer.write(trajectory);
        rowsFile.write(written.text);
        rows += written.numRows;
        if (written.changes.length > 0) {
          changed++;
          ledgerFile.write(`${JSON.stringify(ledgerLine(trajectory.id, written.numRows, written.changes))}\n`);
        }
      }
      trajectories += page.numbers.length;
      control.report({ phase: "writing", done: trajectories, total: page.total });
      control.checkpoint();
      if (page.numbers.length < PAGE) break;
    }
    rowsFile.write(writer.end());
    const numBytes = rowsFile.finish();
    ledgerFile.finish();
    const seconds = (performance.now() - startedAt) / 1000;
    return { trajectories, rows, changed, numBytes, seconds, files: [rowsFile.path, ledgerFile.path] };
  } catch (error) {
    rowsFile.discard();
    ledgerFile.discard();
    throw AppError.from(error);
  }
}

function ledgerLine(trajectory: string, numRows: number, changes: readonly LedgerChange[]) {
  return { trajectory, rows: numRows, changes };
}

interface Output {
  readonly path: string;
  write(text: string): void;
  /** Puts the file in its place; returns its size in bytes. */
  finish(): number;
  discard(): void;
}

function createOutput(path: string): Output {
  const temporary = `${path}.${process.pid}.part`;
  const file = openSync(temporary, "w");
  let pending: string[] = [];
  let pendingLength = 0;
  let numBytes = 0;
  const flush = (): void => {
    const bytes = Buffer.from(pending.join(""), "utf8");
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at);
    numBytes += bytes.length;
    pending = [];
    pendingLength = 0;
  };
  return {
    path,
    write: (text) => {
      pending.push(text);
      pendingLength += text.length;
      if (pendingLength > BUFFER_BYTES) flush();
    },
    finish: () => {
      flush();
      fsyncSync(file);
      closeSync(file);
      renameSync(temporary, path);
      return numBytes;
    },
    discard: () => {
      try {
        closeSync(file);
      } catch {
        // Closed already: the other output failed after this one was finished.
      }
      rmSync(temporary, { force: true });
    },
  };
}
