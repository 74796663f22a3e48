/** @file Reads a file of a format from its bytes: finds the rows of its container, and settles each exactly once. */
import type { ImportFormat } from "#contracts/imports.ts";
import { createCsvScanner } from "../scanCsv.ts";
import { createMemberScanner } from "../scanMembers.ts";
import { createRowScanner, type RowScanner, type ScannedRow } from "../scanRows.ts";
import { createReader, type ReaderContext } from "./createReader.ts";
import { createCsvReader } from "./csv.ts";
import type { FormatReader, Settled } from "./format.ts";

/** What some rows became, and how far the file is read. */
export interface ReadRows {
  readonly settled: readonly Settled[];
  readonly byteOffset: number;
}

export interface FileReader {
  /** The next part of the file, cut anywhere; the chunk may be reused once the iteration has ended. */
  push(chunk: Uint8Array): Iterable<ReadRows>;
  finish(): Iterable<ReadRows>;
  /** What the rows read so far give, where the rest of the file is not wanted. */
  close(): readonly Settled[];
}

/** Every format but Parquet, whose files are not read from front to back. */
export function createFileReader(format: Exclude<ImportFormat, "parquet">, context: ReaderContext = {}): FileReader {
  if (format === "csv") return csvFileReader();
  const scanner = format === "tooleval" ? createMemberScanner() : createRowScanner();
  // an API of ToolAlpaca's holds many rows: they are counted, not the APIs
  return readThrough(scanner, createReader(format, context), format === "toolalpaca");
}

function readThrough(scanner: RowScanner, reader: FormatReader, isExpanding: boolean): FileReader {
  let [rowIndex, byteOffset] = [0, 0];
  function* read(rows: readonly ScannedRow[]): Iterable<ReadRows> {
    for (const row of rows) {
      const settled = settle(row, rowIndex, reader);
      rowIndex += isExpanding ? Math.max(1, numRowsOf(settled)) : 1;
      byteOffset = row.byteOffset + row.byteLength;
      yield { settled, byteOffset };
    }
  }
  return {
    push: (chunk) => read(scanner.push(chunk)),
    *finish() {
      yield* read(scanner.finish());
      yield { settled: reader.finish(), byteOffset };
    },
    close: () => reader.finish(),
  };
}

function settle(row: ScannedRow, rowIndex: number, reader: FormatReader): readonly Settled[] {
  const { byteOffset, byteLength } = row;
  if (row.ok) return reader.push(rowIndex, byteOffset, byteLength, row.text);
  return [{ kind: "refused", row: { rowIndex, byteOffset, byteLength }, refusal: row.refusal }];
}

const numRowsOf = (settled: readonly Settled[]): number =>
  settled.reduce((sum, entry) => sum + (entry.kind === "refused" ? 1 : entry.rows.length), 0);

/** The header is no row. */
function csvFileReader(): FileReader {
  const scanner = createCsvScanner();
  let reader: FormatReader | undefined;
  let rowIndex = 0;
  function* read(rows: readonly ScannedRow[]): Iterable<ReadRows> {
    for (const row of rows) {
      const byteOffset = row.byteOffset + row.byteLength;
      if (reader === undefined && row.ok) {
        reader = createCsvReader(row.text);
        continue;
      }
      const settled = settle(row, rowIndex++, reader ?? NO_ROWS);
      yield { settled, byteOffset };
    }
  }
  return {
    push: (chunk) => read(scanner.push(chunk)),
    *finish() {
      yield* read(scanner.finish());
      yield { settled: reader?.finish() ?? [], byteOffset: 0 };
    },
    close: () => reader?.finish() ?? [],
  };
}

const NO_ROWS: FormatReader = { push: () => [], finish: () => [] };
