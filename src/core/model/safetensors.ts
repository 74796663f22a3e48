/**
 * @file The safetensors format: 8 bytes of header length (little-endian), a JSON header, then the tensors' bytes without gaps.
 * Source: huggingface/safetensors, README, "Format".
 */
import { AppError } from "#contracts/errors.ts";
import { bfloatToFloat, floatToHalf, halfToFloat } from "./halfPrecision.ts";
import { numElements, type ParameterShape, type ParameterValues } from "./parameters.ts";

export const BYTES_PER_ELEMENT = { F32: 4, F16: 2, BF16: 2 } as const;
/** Types of numbers that weights may have. */
export type TensorType = keyof typeof BYTES_PER_ELEMENT;
export const isTensorType = (type: string): type is TensorType => Object.hasOwn(BYTES_PER_ELEMENT, type);

export interface SafetensorsEntry {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Bytes of the tensor within the data, that is, after the header. */
  readonly begin: number;
  readonly end: number;
}

/** The reference implementation refuses longer headers too: a damaged length should not lead to reading gigabytes. */
const HEADER_LIMIT = 100_000_000;

/**
 * Length of the header in bytes, from the first 8 bytes of a file.
 *
 * @throws E_MODEL_INVALID
 */
export function safetensorsHeaderLength(first8: Uint8Array, fileLength: number, path: string): number {
  if (first8.length < 8) throw invalid(path, "the weights file is truncated: it has no header length");
  const length = Number(new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true));
  if (length > HEADER_LIMIT) throw invalid(path, `the weights file is damaged: its header would be ${length} bytes long`);
  if (8 + length > fileLength)
    throw invalid(path, `the weights file is truncated: its header needs ${8 + length} bytes, it has ${fileLength}`);
  return length;
}

/**
 * Reads the header and checks that the tensors fill the data exactly, one after the other.
 *
 * @param dataLength  bytes that follow the header
 * @throws E_MODEL_INVALID naming the tensor
 */
export function parseSafetensorsHeader(header: Uint8Array, dataLength: number, path: string): SafetensorsEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (cause) {
    throw new AppError("E_MODEL_INVALID", { path, detail: "the weights file's header is not valid JSON" }, { cause });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw invalid(path, "the weights file's header is not an object");
  const entries = Object.entries(parsed)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, fields]) => parseEntry(name, fields, path))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin < end) throw invalid(path, `tensor ${entry.name} overlaps the one before it`);
    if (entry.begin > end) throw invalid(path, `there are ${entry.begin - end} unused bytes before tensor ${entry.name}`);
    if (entry.end > dataLength)
      throw invalid(path, `the weights file is truncated: tensor ${entry.name} ends ${entry.end - dataLength} bytes after it`);
    end = entry.end;
  }
  if (end < dataLength) throw invalid(path, `the weights file has ${dataLength - end} bytes after its last tensor`);
  return entries;
}

function parseEntry(name: string, fields: unknown, path: string): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (fields ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const isSizes = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
  if (typeof dtype !== "string" || !isTensorType(dtype))
    throw invalid(path, `tensor ${name} has type ${String(dtype)}; only F32, F16 and BF16 are supported`);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) throw invalid(path, `tensor ${name} has no valid shape or place`);
  const [begin, end] = offsets as [number, number];
  const type = dtype;
  const needed = numElements(shape) * BYTES_PER_ELEMENT[type];
  if (end - begin !== needed)
    throw invalid(path, `tensor ${name} of shape [${shape.join(", ")}] needs ${needed} bytes, the file gives it ${end - begin}`);
  return { name, type, shape, begin, end };
}

/** @param bytes the tensor's own bytes, at any alignment; little-endian as on every machine this runs on */
export function decodeNumbers(type: TensorType, bytes: Uint8Array): Float32Array {
  // bytes with a buffer of their own become the numbers themselves; others are copied, which also aligns them (and not with `slice`,
  // which for Node's Buffer shares memory)
  const aligned = bytes.byteLength === bytes.buffer.byteLength ? (bytes.buffer as ArrayBuffer) : new Uint8Array(bytes).buffer;
  switch (type) {
    case "F32":
      return new Float32Array(aligned);
    case "F16":
      return halfToFloat(new Uint16Array(aligned));
    case "BF16":
      return bfloatToFloat(new Uint16Array(aligned));
  }
}

/** A whole file held in memory: every tensor by name. */
export function decodeSafetensors(file: Uint8Array, path: string): Map<string, ParameterValues> {
  const headerLength = safetensorsHeaderLength(file.subarray(0, 8), file.length, path);
  const data = file.subarray(8 + headerLength);
  const entries = parseSafetensorsHeader(file.subarray(8, 8 + headerLength), data.length, path);
  return new Map(
    entries.map((entry) => [
      entry.name,
      { name: entry.name, shape: entry.shape, values: decodeNumbers(entry.type, data.subarray(entry.begin, entry.end)) },
    ]),
  );
}

/**
 * The bytes of a file, piece by piece in the order in which they are to be written, so that no second copy of the weights is held.
 *
 * @param metadata  strings only, as the format demands; `format: "pt"` is added because Hugging Face's loaders ask for it
 * @throws E_MODEL_INVALID where a number does not fit into half precision
 */
export function* encodeSafetensors(
  tensors: readonly ParameterValues[],
  type: "F32" | "F16",
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  yield encodeHeader(tensors, type, metadata);
  for (const tensor of tensors) yield encodeTensor(tensor, type);
}

/** All that stands in front of the tensors' bytes, which follow in this order. */
export function encodeHeader(
  tensors: readonly ParameterShape[],
  type: "F32" | "F16",
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let end = 0;
  for (const { name, shape } of tensors) {
    const begin = end;
    end += numElements(shape) * BYTES_PER_ELEMENT[type];
    header[name] = { dtype: type, shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // data should start at a multiple of 8; the format pads the header with spaces
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

/**
 * @returns bytes that share memory with `values` where those need no conversion
 * @throws E_MODEL_INVALID where a number does not fit into half precision
 */
export function encodeTensor({ name, values }: Pick<ParameterValues, "name" | "values">, type: "F32" | "F16"): Uint8Array {
  if (type === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (values.some((value) => Math.abs(value) >= 65520))
    throw invalid("memory", `tensor ${name} has numbers beyond the range of half precision`);
  return new Uint8Array(floatToHalf(values).buffer);
}

function invalid(path: string, detail: string): AppError {
  return new AppError("E_MODEL_INVALID", { path, detail });
}
