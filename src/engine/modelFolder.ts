/** @file Models as folders in Hugging Face layout: `config.json` and the weights beside it. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { formatOptConfig, parseOptConfig } from "#core/model/config.ts";
import { isNoWeight, missingHint, STORED_HEAD } from "#core/model/checkpointNames.ts";
import { EMBED_TOKENS, numElements, type ParameterShape, parameterShapes, type ParameterValues } from "#core/model/parameters.ts";
import { encodeSafetensors } from "#core/model/safetensors.ts";
import { openWeights, type Weights } from "./weights/openWeights.ts";

export interface Model {
  readonly config: OptConfig;
  /** In the checkpoint's order. */
  readonly parameters: readonly ParameterValues[];
}

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "model.safetensors";

/** What was read, so that it can be told. */
export interface WeightsRead {
  /** `model.safetensors`, or the index of a sharded checkpoint. */
  readonly file: string;
  /** Types of its numbers, as in `F16`; in memory they are float32. */
  readonly types: readonly string[];
}

export interface LoadedModel extends Model {
  readonly weights: WeightsRead;
}

export interface LoadOptions {
  /** Told after each tensor. */
  readonly onProgress?: (progress: { readonly file: string; readonly done: number; readonly total: number }) => void;
  /** Where the numbers shall lie; arrays of their own where absent. */
  readonly roomFor?: (shapes: readonly ParameterShape[]) => readonly ParameterValues[];
}

/**
 * Reads a model, tensor by tensor: besides the float32 parameters only one tensor's bytes are held. Names with and without the `model.`
 * prefix are known; a stored head must equal `embed_tokens`, because the head is tied.
 *
 * @throws E_MODEL_INVALID naming the tensor or file, E_FILE_NOT_FOUND
 */
export async function loadModelFolder(dir: string, { onProgress, roomFor = roomOfItsOwn }: LoadOptions = {}): Promise<LoadedModel> {
  const config = parseOptConfig(await readText(join(dir, CONFIG_FILE)), dir);
  const weights = await openWeights(dir);
  const { file } = weights;
  try {
    const shapes = parameterShapes(config);
    requireParameters(dir, weights, shapes);
    const parameters = roomFor(shapes);
    for (const [i, { name, values }] of parameters.entries()) {
      values.set(await weights.tensors.get(name)!.read());
      onProgress?.({ file, done: i + 1, total: parameters.length });
    }
    await requireTiedHead(dir, weights, parameters);
    const types = new Set(shapes.map(({ name }) => weights.tensors.get(name)!.type));
    return { config, parameters, weights: { file, types: [...types] } };
  } finally {
    await weights.close();
  }
}

const roomOfItsOwn = (shapes: readonly ParameterShape[]): ParameterValues[] =>
  shapes.map(({ name, shape }) => ({ name, shape, values: new Float32Array(numElements(shape)) }));

/** Every parameter in its shape, and nothing besides, before any number is read. */
function requireParameters(dir: string, { tensors }: Weights, shapes: readonly ParameterShape[]): void {
  const refuse = (detail: string): AppError => new AppError("E_MODEL_INVALID", { path: dir, detail });
  for (const { name, shape } of shapes) {
    const stored = tensors.get(name);
    if (stored === undefined) throw refuse(`tensor ${name} is missing${missingHint(tensors.keys())}`);
    if (stored.shape.join() !== shape.join())
      throw refuse(`tensor ${name} has shape [${stored.shape.join(", ")}], config.json asks for [${shape.join(", ")}]`);
  }
  const known = new Set(shapes.map(({ name }) => name));
  for (const [name, stored] of tensors)
    if (!known.has(name) && name !== STORED_HEAD && !isNoWeight(name)) throw refuse(`tensor ${stored.name} has no place in this OPT model`);
}

/** A head of its own would be lost without a word: training and saving know the tied one only. */
async function requireTiedHead(dir: string, { tensors }: Weights, parameters: readonly ParameterValues[]): Promise<void> {
  const head = tensors.get(STORED_HEAD);
  const embedding = tensors.get(EMBED_TOKENS)!;
  if (head === undefined || (head.file === embedding.file && head.place === embedding.place)) return;
  const { shape, values } = parameters.find(({ name }) => name === EMBED_TOKENS)!;
  const isTied = head.shape.join() === shape.join() && isSame(await head.read(), values);
  if (isTied) return;
  const detail = `tensor ${head.name} differs from embed_tokens.weight; a head that is not tied to the embedding is not supported`;
  throw new AppError("E_MODEL_INVALID", { path: dir, detail });
}

/** By bit pattern, so that NaN equals itself. */
function isSame(a: Float32Array, b: Float32Array): boolean {
  const words = (floats: Float32Array): Uint8Array => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  return Buffer.compare(words(a), words(b)) === 0;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw AppError.from(cause);
  }
}

/**
 * Writes a model into a folder, which is created where it is missing. Each file appears whole or not at all; the weights come first, so a
 * folder with a new `config.json` has its weights.
 *
 * @throws E_DISK_FULL, E_MODEL_INVALID where half precision cannot hold a number
 */
export async function saveModelFolder(dir: string, model: Model, precision: "float32" | "float16" = "float32"): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFileAtomically(join(dir, WEIGHTS_FILE), encodeSafetensors(model.parameters, precision === "float32" ? "F32" : "F16"));
  await writeFileAtomically(join(dir, CONFIG_FILE), [new TextEncoder().encode(formatOptConfig(model.config))]);
}

/** Temporary file, flush to the disk, rename: after a crash there is the old file or the new one. */
export async function writeFileAtomically(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw atPath(cause, path);
  }
}

/** A failed write to an open file tells no path. */
function atPath(cause: unknown, path: string): AppError {
  const error = AppError.from(cause);
  return error.code === "E_DISK_FULL" ? new AppError(error.code, { path }, { cause }) : error;
}
