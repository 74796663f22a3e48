import { crc32 as zlibCrc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  crc32,
  encodeIndex,
  encodeRecord,
  EXAMPLE_FILE_START,
  EXAMPLE_FILE_VERSION,
  openExampleFile,
  type ByteSource,
} from "./exampleFile.ts";
import type { TrainExample } from "./microBatch.ts";

const EXAMPLES: readonly TrainExample[] = [1, 2, 7, 64].map((length) => ({
  inputIds: Int32Array.from({ length }, (_, t) => (t * 7919 + length) % 50272),
  labels: Int32Array.from({ length }, (_, t) => (t === 6 ? 2 : (t * 7919 + length) % 50272)),
  lossWeights: Float32Array.from({ length }, (_, t) => (t > 0 && t % 3 === 0 ? 0.5 * t : 0)),
  segments: Uint8Array.from({ length }, (_, t) => t % 10),
}));

function fileOf(examples: readonly TrainExample[], { version = EXAMPLE_FILE_VERSION, encode = encodeRecord } = {}): Uint8Array {
  const records = examples.map(encode);
  const index = encodeIndex({
    version,
    tokenizer: "toy",
    template: "callsmith-1",
    maskMode: "allAssistantTurns",
    maxLength: 64,
    padTokenId: 1,
    vocabSize: 50272,
    dataVersion: "0".repeat(64),
    trajectoryIds: examples.map((_, i) => `T-0000${i}`),
    splits: examples.map((_, i) => (i === 0 ? "validation" : "train")),
    lengths: examples.map(({ inputIds }) => inputIds.length),
    checksums: records.map(({ checksum }) => checksum),
  });
  return new Uint8Array(Buffer.concat([EXAMPLE_FILE_START, ...records.map(({ bytes }) => bytes), index]));
}

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  name: "examples.bin",
  numBytes: bytes.length,
  read: (offset, numBytes) => bytes.slice(offset, offset + numBytes),
});
const readAll = (bytes: Uint8Array) => {
  const file = openExampleFile(sourceOf(bytes));
  return Array.from({ length: file.length }, (_, i) => file.at(i));
};

describe("the example file", () => {
  it("gives back what was written, whatever the lengths", () => {
    const bytes = fileOf(EXAMPLES);
    expect(readAll(bytes)).toEqual(EXAMPLES);
    const { index } = openExampleFile(sourceOf(bytes));
    expect(index.trajectoryIds).toEqual(["T-00000", "T-00001", "T-00002", "T-00003"]);
    expect(index.splits).toEqual(["validation", "train", "train", "train"]);
  });

  it("holds no example, too", () => {
    expect(readAll(fileOf([]))).toEqual([]);
  });

  it("raises an error for any single byte that was changed", () => {
    const bytes = fileOf(EXAMPLES);
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i]! ^= 0x10;
      expect(() => readAll(changed), `byte ${i}`).toThrow(expect.objectContaining({ code: "E_EXAMPLES_CORRUPT" }));
    }
  });

  it("raises an error wherever it was cut", () => {
    const bytes = fileOf(EXAMPLES);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readAll(bytes.slice(0, length)), `${length} bytes`).toThrow(expect.objectContaining({ code: "E_EXAMPLES_CORRUPT" }));
    }
  });

  it("still reads version 1, in which every supervised token counted once", () => {
    const encode = ({ inputIds, lossWeights, segments }: TrainExample) => {
      const bytes = new Uint8Array(Math.ceil((inputIds.length * 6) / 4) * 4);
      bytes.set(new Uint8Array(inputIds.buffer));
      bytes.set(lossWeights, 4 * inputIds.length);
      bytes.set(segments, 5 * inputIds.length);
      return { bytes, checksum: crc32(bytes) };
    };
    const masked = EXAMPLES.map((example) => ({ ...example, lossWeights: example.lossWeights.map((weight) => (weight > 0 ? 1 : 0)) }));
    expect(readAll(fileOf(masked, { version: 1, encode }))).toEqual(masked.map((example) => ({ ...example, labels: example.inputIds })));
  });

  it("refuses another version, naming what it reads", () => {
    expect(() => readAll(fileOf(EXAMPLES, { version: 3 }))).toThrow("it is of version 3; this program reads 1 and 2");
  });
});

describe("crc32", () => {
  it("agrees with zlib's", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    for (const { inputIds } of EXAMPLES) {
      const bytes = new Uint8Array(inputIds.buffer);
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    }
  });
});
