/**
 * @file Parquet files, read a row group at a time: what a group holds is in memory at once, the file never is.
 *
 * The rows have no bytes of their own: their place in the ledger is the group's. A group that cannot be decoded is refused row by row, and the
 * next one read.
 */
import { readSync } from "node:fs";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData, type RowGroup } from "hyparquet";
import { createTableReader } from "#core/trajectories/formats/tableReader.ts";
import { plainRow } from "#core/trajectories/formats/tableRow.ts";
import type { ReadRows } from "#core/trajectories/formats/fileReader.ts";
import type { InputRow, Settled } from "#core/trajectories/formats/format.ts";
import { refusal } from "#core/trajectories/refusal.ts";
import { AppError } from "#contracts/errors.ts";

/** Decoded, a group takes several times this. Writers keep groups far below it: 1,000 rows, or 128 MB. */
const MAX_GROUP_BYTES = 512 * 2 ** 20;
const ROWS_AT_ONCE = 200;

type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;
/** No more than what the file says: a page that unpacks to more is damaged, or was made to fill the memory. */
const atMost =
  (decompress: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array): Decompress =>
  (input, outputLength) =>
    decompress(input, { maxOutputLength: Math.max(1, outputLength) });

const COMPRESSORS = { GZIP: atMost(gunzipSync), BROTLI: atMost(brotliDecompressSync), ZSTD: atMost(zstdDecompressSync) };

/** @throws AppError `E_FILE_DAMAGED` where the file has no readable footer */
export async function* readParquet(descriptor: number, numBytes: number, path: string): AsyncGenerator<ReadRows> {
  const file = bufferOf(descriptor, numBytes);
  const metadata = await metadataOf(file, path);
  const reader = createTableReader();
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const { byteOffset, byteLength } = placeOf(group);
    const end = byteOffset + byteLength;
    try {
      const rows = await rowsOf(file, metadata, group, rowStart, rowEnd);
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
        const settled = rows.slice(at, at + ROWS_AT_ONCE).flatMap((row, i) => {
          const place: InputRow = { rowIndex: rowStart + at + i, byteOffset, byteLength };
          return reader.push(place, plainRow(row));
        });
        yield { settled, byteOffset: Math.round(byteOffset + (byteLength * (at + ROWS_AT_ONCE)) / Math.max(rows.length, ROWS_AT_ONCE)) };
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      const settled = Array.from({ length: rowEnd - rowStart }, (_, i): Settled => {
        const row = { rowIndex: rowStart + i, byteOffset, byteLength };
        return { kind: "refused", row, refusal: refusal("E_ROW_COLUMNS", { detail }, byteOffset) };
      });
      yield { settled, byteOffset: end };
    }
    rowStart = rowEnd;
  }
  yield { settled: reader.finish(), byteOffset: numBytes };
}

async function rowsOf(file: AsyncBuffer, metadata: FileMetaData, group: RowGroup, rowStart: number, rowEnd: number) {
  if (Number(group.total_byte_size) > MAX_GROUP_BYTES) {
    throw new Error(
      `the row group takes ${group.total_byte_size} bytes, the limit is ${MAX_GROUP_BYTES}; write the file with smaller row groups`,
    );
  }
  const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors: COMPRESSORS });
  if (rows.length !== rowEnd - rowStart) throw new Error(`it holds ${rows.length} rows, the footer says ${rowEnd - rowStart}`);
  return rows;
}

async function metadataOf(file: AsyncBuffer, path: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file);
  } catch (error) {
    throw new AppError("E_FILE_DAMAGED", { path, detail: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
}

function placeOf(group: RowGroup): { readonly byteOffset: number; readonly byteLength: number } {
  const chunks = group.columns.flatMap(({ meta_data: chunk }) => (chunk === undefined ? [] : [chunk]));
  const starts = chunks.map((chunk) => Number(chunk.dictionary_page_offset ?? chunk.data_page_offset));
  const byteLength = chunks.reduce((sum, chunk) => sum + Number(chunk.total_compressed_size), 0);
  return { byteOffset: starts.length === 0 ? 0 : Math.min(...starts), byteLength };
}

function bufferOf(descriptor: number, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice(start, end = byteLength) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - start));
      for (let at = 0; at < bytes.length;) {
        const size = readSync(descriptor, bytes, at, bytes.length - at, start + at);
        if (size === 0) break;
        at += size;
      }
      return bytes.buffer;
    },
  };
}
