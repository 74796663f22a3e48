/**
 * @file The prepared example file of a run: what the trainer reads instead of the database, written once and never changed.
 *
 *   magic (8 bytes) | one record an example | index (JSON, UTF-8) | CRC-32 of the index | its length in bytes | magic
 *
 * A record is inputIds and labels as Int32, lossWeights as Float32 and segments as bytes, filled up to a multiple of four. The index comes
 * last, so that the file is written in one pass, and names each record's length and CRC-32. Numbers are little-endian.
 *
 * Version 1 had no labels and a byte for each weight (0 or 1); a run prepared with it still resumes.
 */
import { AppError } from "#contracts/errors.ts";
import type { Split } from "#contracts/trajectory.ts";
import type { ExampleSet, TrainExample } from "./microBatch.ts";

export const EXAMPLE_FILE_VERSION = 2;
/** Bytes of a token in a record, by version of the file. */
const TOKEN_BYTES: Readonly<Record<number, number>> = { 1: 6, 2: 13 };
const MAGIC = new TextEncoder().encode("CSMEXMP1");
const TAIL_BYTES = 8 + MAGIC.length;

/** How the examples were made; a run that resumes refuses a file made otherwise. */
export interface ExampleFileOrigin {
  readonly tokenizer: string;
  readonly template: string;
  readonly maskMode: string;
  readonly maxLength: number;
  readonly padTokenId: number;
  readonly vocabSize: number;
  readonly dataVersion: string;
}

/** Parallel arrays, one entry a record. */
export interface ExampleFileIndex extends ExampleFileOrigin {
  readonly version: number;
  /** Whose tokens a record holds. Those of others that merging put into it are in the workspace's record of the run. */
  readonly trajectoryIds: readonly string[];
  readonly splits: readonly Split[];
  /** Tokens. */
  readonly lengths: readonly number[];
  readonly checksums: readonly number[];
}

export const EXAMPLE_FILE_START: Uint8Array<ArrayBuffer> = MAGIC;

/** Bytes of a record of that many tokens. */
export function recordBytes(length: number, version = EXAMPLE_FILE_VERSION): number {
  return Math.ceil((length * TOKEN_BYTES[version]!) / 4) * 4;
}

export function encodeRecord({ inputIds, labels, lossWeights, segments }: TrainExample): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checksum: number;
} {
  const length = inputIds.length;
  const bytes = new Uint8Array(recordBytes(length));
  const view = new DataView(bytes.buffer);
  for (let t = 0; t < length; t++) {
    view.setInt32(4 * t, inputIds[t]!, true);
    view.setInt32(4 * (length + t), labels[t]!, true);
    view.setFloat32(4 * (2 * length + t), lossWeights[t]!, true);
  }
  bytes.set(segments, 12 * length);
  return { bytes, checksum: crc32(bytes) };
}

/** @param length tokens that the record holds */
export function decodeRecord(bytes: Uint8Array, length: number, version = EXAMPLE_FILE_VERSION): TrainExample {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const int32At = (start: number): Int32Array => Int32Array.from({ length }, (_, t) => view.getInt32(start + 4 * t, true));
  const inputIds = int32At(0);
  if (version === 1) {
    const lossWeights = Float32Array.from(bytes.subarray(4 * length, 5 * length));
    return { inputIds, labels: inputIds, lossWeights, segments: bytes.slice(5 * length, 6 * length) };
  }
  const lossWeights = Float32Array.from({ length }, (_, t) => view.getFloat32(4 * (2 * length + t), true));
  return { inputIds, labels: int32At(4 * length), lossWeights, segments: bytes.slice(12 * length, 13 * length) };
}

/** Last part of the file, after the records in the index's order. */
export function encodeIndex(index: ExampleFileIndex): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(index));
  const bytes = new Uint8Array(json.length + TAIL_BYTES);
  bytes.set(json);
  const tail = new DataView(bytes.buffer, json.length);
  tail.setUint32(0, crc32(json), true);
  tail.setUint32(4, json.length, true);
  bytes.set(MAGIC, json.length + 8);
  return bytes;
}

/** Random access to the file's bytes, so that a file larger than memory can be read, too. */
export interface ByteSource {
  readonly name: string;
  readonly numBytes: number;
  read(offset: number, numBytes: number): Uint8Array;
}

export interface ExampleFile extends ExampleSet {
  readonly index: ExampleFileIndex;
}

/** @throws E_EXAMPLES_CORRUPT where the file is cut, altered or of another version; a record is checked each time it is read */
export function openExampleFile(source: ByteSource): ExampleFile {
  const corrupt = (detail: string): AppError => new AppError("E_EXAMPLES_CORRUPT", { path: source.name, detail });
  if (source.numBytes < MAGIC.length + TAIL_BYTES) throw corrupt(`it has ${source.numBytes} bytes`);
  if (!equalBytes(source.read(0, MAGIC.length), MAGIC)) throw corrupt("it does not start as an example file does");
  const tail = source.read(source.numBytes - TAIL_BYTES, TAIL_BYTES);
  if (!equalBytes(tail.subarray(8), MAGIC)) throw corrupt("its end is missing");
  const tailView = new DataView(tail.buffer, tail.byteOffset);
  const indexBytes = tailView.getUint32(4, true);
  const indexStart = source.numBytes - TAIL_BYTES - indexBytes;
  if (indexStart < MAGIC.length) throw corrupt("its index is cut");
  const json = source.read(indexStart, indexBytes);
  if (crc32(json) !== tailView.getUint32(0, true)) throw corrupt("its index does not match its checksum");
  const index = JSON.parse(new TextDecoder().decode(json)) as ExampleFileIndex;
  const { version } = index;
  if (TOKEN_BYTES[version] === undefined) {
    throw corrupt(`it is of version ${version}; this program reads ${Object.keys(TOKEN_BYTES).join(" and ")}`);
  }

  const offsets = new Float64Array(index.lengths.length + 1);
  offsets[0] = MAGIC.length;
  index.lengths.forEach((length, i) => (offsets[i + 1] = offsets[i]! + recordBytes(length, version)));
  if (offsets.at(-1) !== indexStart) throw corrupt("its records do not fill it");

  return {
    index,
    length: index.lengths.length,
    numTokensOf: (i) => index.lengths[i]!,
    at(i) {
      const length = index.lengths[i]!;
      const bytes = source.read(offsets[i]!, recordBytes(length, version));
      if (crc32(bytes) !== index.checksums[i]) throw corrupt(`example ${i} (${index.trajectoryIds[i]}) does not match its checksum`);
      return decodeRecord(bytes, length, version);
    },
  };
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) === 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 of ISO 3309, as in zip and PNG. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
