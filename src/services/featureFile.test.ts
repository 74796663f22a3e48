import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import {
  type FeatureFileHeader,
  featureFileHeader,
  featureRowBytes,
  featureRowOf,
  featureRowOffset,
} from "#core/attribution/featureFile.ts";
import { defaultFeatureSpec } from "#core/attribution/featureSpec.ts";
import { fillNormal } from "#core/model/random.ts";
import { featureFileName, openFeatureReader, openFeatureWriter } from "./featureFile.ts";

const MODEL: OptConfig = {
  vocabSize: 100,
  hiddenSize: 24,
  ffnDim: 96,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  wordEmbedProjDim: 24,
  doLayerNormBefore: true,
  maxPositionEmbeddings: 64,
  dropout: 0,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
};
const headerOf = (over: Partial<FeatureFileHeader> = {}): FeatureFileHeader => ({
  ...featureFileHeader(
    MODEL,
    { ...defaultFeatureSpec(MODEL), rank: 4 },
    {
      runId: "run1",
      step: 40,
      origin: "checkpoint",
      checkpoint: "weights",
      tokenizer: "tokenizer",
      dataVersion: "data",
      numExamples: 9,
    },
  ),
  ...over,
});

const normal = (length: number, seed: number): Float32Array => {
  const values = new Float32Array(length);
  fillNormal(values, 1, seed);
  return values;
};
const gradientOf = (index: number): Float32Array => normal(headerOf().gradientWidth, 100 + index);
const statesOf = (index: number): Float32Array => normal(headerOf().stateWidth, 200 + index);
const rowOf = (index: number) => featureRowOf(gradientOf(index), statesOf(index), index + 0.5)!;

let path: string;
beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), "callsmith-features-"));
  path = join(dir, "features", featureFileName("run1", 40));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

async function write(indices: readonly number[], header = headerOf()): Promise<Uint8Array> {
  const writer = await openFeatureWriter(path, header);
  const before = writer.present.slice();
  for (const index of indices) writer.write(index, rowOf(index));
  writer.close();
  return before;
}

describe("a feature file", () => {
  it("takes no more than 13 kB an example with the features of OPT-350M", () => {
    const large: OptConfig = { ...MODEL, hiddenSize: 1024, ffnDim: 4096, numHiddenLayers: 24, numAttentionHeads: 16 };
    expect(featureRowBytes(featureFileHeader(large, defaultFeatureSpec(large), headerOf()))).toBe(12_880);
  });

  it("finds the row most like a query, by every part, and has nothing where nothing was written", async () => {
    await write([7, 2, 5]);
    const reader = openFeatureReader(path);
    expect([reader.numRows, reader.header, reader.head(3)]).toEqual([3, headerOf(), null]);
    expect(reader.head(5)).toMatchObject({ meanLoss: 5.5 });
    const scores = reader.scan(gradientOf(2), "gradient");
    expect([...scores.keys()].filter((index) => !Number.isNaN(scores[index]!))).toEqual([2, 5, 7]);
    expect(scores[2]).toBeGreaterThan(0.999);
    expect(Math.abs(scores[7]!)).toBeLessThan(0.3);
    const half = headerOf().stateWidth / 2;
    expect(reader.scan(statesOf(7).subarray(0, half), "middleState")[7]).toBeGreaterThan(0.999);
    expect(reader.scan(statesOf(7).subarray(half), "lastState")[7]).toBeGreaterThan(0.999);
    reader.close();
  });

  it("goes on where it was, and counts a row that was cut off in the middle as not there", async () => {
    await write([0, 1, 4]);
    // the process was killed within its last write: at the end of the file, and in the middle of it
    truncateSync(path, featureRowOffset(headerOf(), 4) + 50);
    const file = openSync(path, "r+");
    writeSync(file, new Uint8Array(8).fill(0x5a), 0, 8, featureRowOffset(headerOf(), 1) + 60);
    closeSync(file);
    expect([...(await write([1, 4, 8]))]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
    const reader = openFeatureReader(path);
    expect([0, 1, 4, 8].map((index) => reader.head(index)?.meanLoss)).toEqual([0.5, 1.5, 4.5, 8.5]);
    reader.close();
  });

  it("is started anew for other weights, another data version or another spec, and when its header is torn", async () => {
    const others: Partial<FeatureFileHeader>[] = [
      { checkpoint: "other" },
      { dataVersion: "other" },
      { spec: { ...headerOf().spec, seed: 1 } },
    ];
    for (const over of others) {
      await write([3]);
      expect([...(await write([], headerOf(over)))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    await write([3]);
    truncateSync(path, 100);
    expect(() => openFeatureReader(path)).toThrow(/its header is cut/);
    expect([...(await write([]))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("that training left gets its checkpoint's name and header when the run is over, with its rows", async () => {
    const writer = await openFeatureWriter(path, headerOf({ origin: "training", step: 0, checkpoint: "" }));
    writer.write(6, rowOf(6));
    const finished = headerOf({ origin: "training", step: 41, checkpoint: "weights" });
    const target = path.replace("-40", "-41");
    writer.finish(finished, target);
    writer.close();
    const reader = openFeatureReader(target);
    expect([reader.header, reader.numRows]).toEqual([finished, 1]);
    reader.close();
    expect(statSync(target).size).toBe(featureRowOffset(headerOf(), 7));
  });

  it("refuses rows with numbers that are none", () => {
    const gradient = gradientOf(1);
    gradient[3] = NaN;
    expect(featureRowOf(gradient, statesOf(1), 1)).toBeNull();
    expect(featureRowOf(gradientOf(1), statesOf(1), Infinity)).toBeNull();
  });

  it("is read as its checksums say: a flipped bit of the header is found", async () => {
    await write([0]);
    const bytes = readFileSync(path);
    bytes[30]! ^= 4;
    const file = openSync(path, "r+");
    writeSync(file, bytes, 0, 64, 0);
    closeSync(file);
    expect(() => openFeatureReader(path)).toThrow(/E_FEATURES_CORRUPT|does not match its checksum/);
  });
});
