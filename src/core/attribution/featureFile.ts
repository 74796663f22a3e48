/**
 * @file The file of a run's features at one checkpoint: a place of fixed size for every example, in the order of the example file.
 *
 *   magic (8 bytes) | length of the header text and its CRC-32 | header (JSON, filled up) | one row an example
 *
 * A row is its head (32 bytes: the example's number plus 1, CRC-32 of the rest, gradient scale, gradient norm, two state scales, mean loss, 0),
 * the gradient's bytes, the states' bytes, filled up to a multiple of 16. A place never written is zeros. Rows can be written in any order, and a
 * process that is killed loses no more than the row it was writing: that one does not match its checksum and counts as not there. Numbers are
 * little-endian.
 */
import { z } from "zod";
import { featureSpecSchema, type FeatureSpec } from "#contracts/attribution.ts";
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { crc32 } from "../training/exampleFile.ts";
import { gradientWidth, stateWidth } from "./featureSpec.ts";
import { quantise, type QuantisedVector } from "./quantise.ts";

const MAGIC = new TextEncoder().encode("CSMFEAT1");
/** Room for the header, so that it can be written anew: the checkpoint of features that training left is known only at its end. */
export const HEADER_BYTES = 4096;
const HEADER_TEXT_START = MAGIC.length + 8;
export const ROW_HEAD_BYTES = 32;
const ROW_ALIGNMENT = 16;

const headerSchema = z.object({
  /** 1 held numbers where 2 holds their roots; such a file is made anew. */
  version: z.literal(2),
  runId: z.string(),
  /** Of the checkpoint. */
  step: z.int().nonnegative(),
  /** `checkpoint`: all rows from the checkpoint's weights. `training`: from the steps of the last epoch, each with the weights of its time. */
  origin: z.enum(["checkpoint", "training"]),
  spec: featureSpecSchema,
  /** What tells the checkpoint's weights from others. */
  checkpoint: z.string(),
  /** Of the example file. */
  tokenizer: z.string(),
  dataVersion: z.string(),
  numExamples: z.int().nonnegative(),
  gradientWidth: z.int().positive(),
  stateWidth: z.int().positive(),
});
export type FeatureFileHeader = z.infer<typeof headerSchema>;

export function featureFileHeader(
  config: OptConfig,
  spec: FeatureSpec,
  of: Omit<FeatureFileHeader, "version" | "spec" | "gradientWidth" | "stateWidth">,
): FeatureFileHeader {
  return { version: 2, ...of, spec, gradientWidth: gradientWidth(spec), stateWidth: stateWidth(config) };
}

/** Whether rows of one file may be added to by whoever would write the other: everything that makes features comparable is the same. */
export const areComparable = (a: FeatureFileHeader, b: FeatureFileHeader): boolean =>
  textOf({ ...a, origin: "checkpoint" }) === textOf({ ...b, origin: "checkpoint" });

/** One order of fields, whoever made the object. */
const textOf = (header: FeatureFileHeader): string => JSON.stringify(headerSchema.parse(header));

export const featureRowBytes = ({ gradientWidth, stateWidth }: Pick<FeatureFileHeader, "gradientWidth" | "stateWidth">): number =>
  Math.ceil((ROW_HEAD_BYTES + gradientWidth + stateWidth) / ROW_ALIGNMENT) * ROW_ALIGNMENT;

export const featureRowOffset = (header: FeatureFileHeader, index: number): number => HEADER_BYTES + index * featureRowBytes(header);

export function encodeFeatureHeader(header: FeatureFileHeader): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(textOf(header));
  if (text.length > HEADER_BYTES - HEADER_TEXT_START)
    throw new AppError("E_BUG", { detail: `a feature file's header has ${text.length} bytes` });
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(MAGIC.length, text.length, true);
  view.setUint32(MAGIC.length + 4, crc32(text), true);
  bytes.set(text, HEADER_TEXT_START);
  return bytes;
}

/** @throws E_FEATURES_CORRUPT */
export function decodeFeatureHeader(bytes: Uint8Array, path: string): FeatureFileHeader {
  const corrupt = (detail: string): AppError => new AppError("E_FEATURES_CORRUPT", { path, detail });
  if (bytes.length < HEADER_BYTES) throw corrupt("its header is cut");
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw corrupt("it does not start as a feature file does");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const text = bytes.subarray(HEADER_TEXT_START, HEADER_TEXT_START + Math.min(HEADER_BYTES, view.getUint32(MAGIC.length, true)));
  if (crc32(text) !== view.getUint32(MAGIC.length + 4, true)) throw corrupt("its header does not match its checksum");
  const parsed = headerSchema.safeParse(JSON.parse(new TextDecoder().decode(text)));
  if (!parsed.success) throw corrupt(`its header does not hold: ${parsed.error.issues[0]!.message}`);
  return parsed.data;
}

/** Features of one example as they are stored. */
export interface FeatureRow {
  readonly gradient: QuantisedVector;
  /** In the middle, and after the last layer; their lengths are not kept. */
  readonly states: readonly [QuantisedVector, QuantisedVector];
  /** Mean over the example's supervised tokens by their weights, nats. */
  readonly meanLoss: number;
}

/** Null where a number is not finite: half precision overflowed, or the step was no good. */
export function featureRowOf(gradient: Float32Array, states: Float32Array, meanLoss: number): FeatureRow | null {
  if (![gradient, states].every((vector) => vector.every(Number.isFinite)) || !Number.isFinite(meanLoss)) return null;
  const half = states.length / 2;
  return { gradient: quantise(gradient), states: [quantise(states.subarray(0, half)), quantise(states.subarray(half))], meanLoss };
}

export function encodeFeatureRow(
  header: FeatureFileHeader,
  index: number,
  { gradient, states, meanLoss }: FeatureRow,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(featureRowBytes(header));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, index + 1, true);
  [gradient.scale, gradient.norm, states[0].scale, states[1].scale, meanLoss].forEach((value, i) =>
    view.setFloat32(8 + 4 * i, value, true),
  );
  const numbers = new Int8Array(bytes.buffer);
  numbers.set(gradient.values, ROW_HEAD_BYTES);
  numbers.set(states[0].values, ROW_HEAD_BYTES + header.gradientWidth);
  numbers.set(states[1].values, ROW_HEAD_BYTES + header.gradientWidth + header.stateWidth / 2);
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** What a scan needs of a row besides its bytes. */
export interface FeatureRowHead {
  readonly gradientScale: number;
  readonly gradientNorm: number;
  readonly stateScales: readonly [number, number];
  readonly meanLoss: number;
}

/**
 * The head of a row; null where there is no whole row of that example.
 *
 * @param checksum  CRC-32; whoever has a faster one passes it
 */
export function decodeFeatureRowHead(
  bytes: Uint8Array,
  index: number,
  checksum: (bytes: Uint8Array) => number = crc32,
): FeatureRowHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== index + 1 || view.getUint32(4, true) !== checksum(bytes.subarray(8))) return null;
  const number = (i: number): number => view.getFloat32(8 + 4 * i, true);
  return { gradientScale: number(0), gradientNorm: number(1), stateScales: [number(2), number(3)], meanLoss: number(4) };
}
