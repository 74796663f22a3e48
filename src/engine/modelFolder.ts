/** @file Models as folders in Hugging Face layout: `config.json` and `model.safetensors`. */
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { formatOptConfig, parseOptConfig } from "#core/model/config.ts";
import { parameterShapes, type ParameterValues } from "#core/model/parameters.ts";
import {
  decodeTensor,
  encodeSafetensors,
  parseSafetensorsHeader,
  type SafetensorsEntry,
  safetensorsHeaderLength,
} from "#core/model/safetensors.ts";

export interface Model {
  readonly config: OptConfig;
  /** In the checkpoint's order. */
  readonly parameters: readonly ParameterValues[];
}

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "model.safetensors";

/** In files, but not among our parameters: the head is `embed_tokens`, the version is metaseq's. */
const IGNORED = new Set(["lm_head.weight", "model.decoder.version"]);

/**
 * Reads a model. Names with and without the `model.` prefix are known; a stored `lm_head.weight` is ignored, because the head is tied.
 *
 * @throws E_MODEL_INVALID, E_FILE_NOT_FOUND
 */
export async function loadModelFolder(dir: string): Promise<Model> {
  const config = parseOptConfig(await readText(join(dir, CONFIG_FILE)), dir);
  const path = join(dir, WEIGHTS_FILE);
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    const headerLength = safetensorsHeaderLength(await readAt(file, 0, Math.min(8, size)), size, dir);
    const dataStart = 8 + headerLength;
    const entries = parseSafetensorsHeader(await readAt(file, 8, headerLength), size - dataStart, dir);
    const byName = new Map(entries.map((entry) => [publishedName(entry.name), entry]));
    const parameters: ParameterValues[] = [];
    for (const { name, shape } of parameterShapes(config)) {
      const entry = byName.get(name);
      byName.delete(name);
      parameters.push({ name, shape, values: await readTensor(file, dir, dataStart, name, shape, entry) });
    }
    for (const name of byName.keys())
      if (!IGNORED.has(name)) throw new AppError("E_MODEL_INVALID", { path: dir, detail: `tensor ${name} has no place in this OPT model` });
    return { config, parameters };
  } finally {
    await file.close();
  }
}

const publishedName = (name: string): string => (name.startsWith("decoder.") ? `model.${name}` : name);

async function readTensor(
  file: FileHandle,
  dir: string,
  dataStart: number,
  name: string,
  shape: readonly number[],
  entry: SafetensorsEntry | undefined,
): Promise<Float32Array> {
  if (entry === undefined) throw new AppError("E_MODEL_INVALID", { path: dir, detail: `tensor ${name} is missing` });
  if (entry.shape.join() !== shape.join()) {
    const detail = `tensor ${name} has shape [${entry.shape.join(", ")}], config.json asks for [${shape.join(", ")}]`;
    throw new AppError("E_MODEL_INVALID", { path: dir, detail });
  }
  return decodeTensor(entry, await readAt(file, dataStart + entry.begin, entry.end - entry.begin));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw AppError.from(cause);
  }
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
    throw AppError.from(cause);
  }
}
