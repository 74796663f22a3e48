/** @file Feature files on disk: written row by row, and searched without holding them in memory. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { AppError } from "#contracts/errors.ts";
import {
  areComparable,
  decodeFeatureHeader,
  decodeFeatureRowHead,
  encodeFeatureHeader,
  encodeFeatureRow,
  type FeatureFileHeader,
  type FeatureRow,
  type FeatureRowHead,
  featureRowBytes,
  featureRowOffset,
  HEADER_BYTES,
  ROW_HEAD_BYTES,
} from "#core/attribution/featureFile.ts";
import { scanRows } from "#core/attribution/quantise.ts";

/** Read at once: a scan holds no more of the file than this. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** Rows between two requests that the disk really has them; a killed process loses none, a machine without power these. */
const ROWS_BETWEEN_FLUSHES = 256;

export const featureFileName = (runId: string, step: number): string => `${runId}-${step}.bin`;
/** Where the last epoch leaves its features until the run has its last checkpoint. */
export const unfinishedFeatureFileName = (runId: string): string => `.unfinished-${runId}.bin`;
export const featuresDir = (workspaceDir: string): string => join(workspaceDir, "features");

export interface FeatureWriter {
  readonly header: FeatureFileHeader;
  /** Which examples have a whole row. */
  readonly present: Uint8Array;
  write(index: number, row: FeatureRow): void;
  /** Gives the file another header, of the same widths, and another name, which it has from here on. */
  finish(header: FeatureFileHeader, path: string): void;
  close(): void;
}

/**
 * Opens a feature file to add rows to, or starts one. A file of other features, or one whose header is not whole, is started anew.
 *
 * @throws E_DISK_FULL, E_FILE_NO_ACCESS
 */
export async function openFeatureWriter(path: string, header: FeatureFileHeader): Promise<FeatureWriter> {
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = openSync(path, existsSync(path) ? "r+" : "w+");
    const before = headerOf(file, path);
    const isContinued = before !== null && areComparable(before, header);
    if (!isContinued) {
      ftruncateSync(file, 0);
      writeSync(file, encodeFeatureHeader(header), 0, HEADER_BYTES, 0);
    }
    const present = new Uint8Array(header.numExamples);
    if (isContinued) readRows(file, header, ({ index, head }) => (present[index] = head === null ? 0 : 1));
    return writerOver(file, isContinued ? before : header, present, path);
  } catch (error) {
    throw AppError.from(error);
  }
}

function writerOver(file: number, header: FeatureFileHeader, present: Uint8Array, path: string): FeatureWriter {
  let numUnflushed = 0;
  let isOpen = true;
  return {
    header,
    present,
    write(index, row) {
      try {
        const bytes = encodeFeatureRow(header, index, row);
        writeSync(file, bytes, 0, bytes.length, featureRowOffset(header, index));
        if (++numUnflushed >= ROWS_BETWEEN_FLUSHES) {
          fsyncSync(file);
          numUnflushed = 0;
        }
      } catch (error) {
        throw AppError.from(error);
      }
      present[index] = 1;
    },
    finish(finished, to) {
      writeSync(file, encodeFeatureHeader(finished), 0, HEADER_BYTES, 0);
      fsyncSync(file);
      renameSync(path, to);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      fsyncSync(file);
      closeSync(file);
    },
  };
}

function headerOf(file: number, path: string): FeatureFileHeader | null {
  const bytes = new Uint8Array(HEADER_BYTES);
  const numRead = readSync(file, bytes, 0, HEADER_BYTES, 0);
  try {
    return decodeFeatureHeader(bytes.subarray(0, numRead), path);
  } catch {
    return null;
  }
}

interface ReadRow {
  readonly index: number;
  /** Null where there is no whole row. */
  readonly head: FeatureRowHead | null;
}

/** Rows of the file a chunk at a time; what lies behind its end is not there. */
function forEachChunk(file: number, header: FeatureFileHeader, visit: (first: number, numRows: number, bytes: Uint8Array) => void): void {
  const rowBytes = featureRowBytes(header);
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
  const buffer = new Uint8Array(rowsAtOnce * rowBytes);
  for (let first = 0; first < header.numExamples; first += rowsAtOnce) {
    const wanted = Math.min(rowsAtOnce, header.numExamples - first);
    const numRead = readSync(file, buffer, 0, wanted * rowBytes, featureRowOffset(header, first));
    // a last row that the end of the file cuts is torn; what an earlier chunk left behind it must not be taken for its rest
    buffer.fill(0, numRead, wanted * rowBytes);
    visit(first, wanted, buffer);
    if (numRead < wanted * rowBytes) return;
  }
}

function readRows(file: number, header: FeatureFileHeader, visit: (row: ReadRow) => void): void {
  const rowBytes = featureRowBytes(header);
  forEachChunk(file, header, (first, numRows, bytes) => {
    for (let row = 0; row < numRows; row++) {
      const index = first + row;
      visit({ index, head: decodeFeatureRowHead(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), index, crc32) });
    }
  });
}

/** Which part of the rows a query is compared with. */
export type FeaturePart = "gradient" | "middleState" | "lastState";

export interface FeatureReader {
  readonly header: FeatureFileHeader;
  readonly numRows: number;
  /** Null where the example has no row. */
  head(index: number): FeatureRowHead | null;
  /** Cosine of the query with every example's part; NaN where it has no row. */
  scan(query: Float32Array, part: FeaturePart): Float64Array;
  /** Mean of the unit vectors of all rows. */
  mean(part: FeaturePart): Float32Array;
  close(): void;
}

/**
 * Opens a feature file and reads it once against its checksums, so that scans need not.
 *
 * @throws E_FEATURES_CORRUPT, E_FILE_NOT_FOUND
 */
export function openFeatureReader(path: string): FeatureReader {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    throw AppError.from(error);
  }
  try {
    const bytes = new Uint8Array(HEADER_BYTES);
    const header = decodeFeatureHeader(bytes.subarray(0, readSync(file, bytes, 0, HEADER_BYTES, 0)), path);
    const heads: (FeatureRowHead | null)[] = Array.from({ length: header.numExamples }, () => null);
    readRows(file, header, ({ index, head }) => (heads[index] = head));
    return {
      header,
      numRows: heads.filter((head) => head !== null).length,
      head: (index) => heads[index] ?? null,
      scan: (query, part) => scanFile(file, { header, heads, part }, query),
      mean: (part) => meanOf(file, { header, heads, part }),
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** One part of every row. */
interface Column {
  readonly header: FeatureFileHeader;
  readonly heads: readonly (FeatureRowHead | null)[];
  readonly part: FeaturePart;
}

/** Where the part lies within a row. */
function placeOf({ header, part }: Column): { readonly offset: number; readonly width: number } {
  if (part === "gradient") return { offset: ROW_HEAD_BYTES, width: header.gradientWidth };
  const width = header.stateWidth / 2;
  return { offset: ROW_HEAD_BYTES + header.gradientWidth + (part === "lastState" ? width : 0), width };
}

/** Of rows from `first` on; NaN where there is none. */
function scalesOf({ heads, part }: Column, first: number, numRows: number): number[] {
  return Array.from({ length: numRows }, (_, row) => {
    const head = heads[first + row] ?? null;
    if (head === null) return NaN;
    return part === "gradient" ? head.gradientScale : head.stateScales[part === "middleState" ? 0 : 1];
  });
}

const numbersOf = (bytes: Uint8Array): Int8Array => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);

function scanFile(file: number, column: Column, query: Float32Array): Float64Array {
  const { header } = column;
  const { offset } = placeOf(column);
  const scores = new Float64Array(header.numExamples).fill(NaN);
  forEachChunk(file, header, (first, numRows, bytes) => {
    const scales = scalesOf(column, first, numRows);
    scanRows(query, { values: numbersOf(bytes), stride: featureRowBytes(header), offset, scales }, scores.subarray(first, first + numRows));
  });
  return scores;
}

function meanOf(file: number, column: Column): Float32Array {
  const { header } = column;
  const { offset, width } = placeOf(column);
  const sum = new Float64Array(width);
  let numRows = 0;
  forEachChunk(file, header, (first, numInChunk, bytes) => {
    const values = numbersOf(bytes);
    scalesOf(column, first, numInChunk).forEach((scale, row) => {
      if (Number.isNaN(scale)) return;
      numRows += 1;
      const start = row * featureRowBytes(header) + offset;
      for (let i = 0; i < width; i++) sum[i]! += scale * values[start + i]!;
    });
  });
  return Float32Array.from(sum, (value) => value / Math.max(1, numRows));
}
