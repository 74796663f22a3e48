/** @file The weights of a folder, in whichever of the known files they lie, by the names that the parameters have here. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { parameterName } from "#core/model/checkpointNames.ts";
import { chooseWeights, isShardIndex, noWeights, parseShardIndex } from "#core/model/weightFiles.ts";
import { openSafetensors } from "./safetensorsFile.ts";
import { openTorchArchive } from "./torchArchive.ts";
import type { StoredTensor, WeightFile } from "./weightFile.ts";

export interface Weights {
  /** The file chosen; of a sharded checkpoint, its index. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

/**
 * Opens the first of `model.safetensors`, its shards, `pytorch_model.bin`, its shards.
 *
 * @throws E_MODEL_INVALID naming the file or tensor, E_FILE_NOT_FOUND
 */
export async function openWeights(dir: string): Promise<Weights> {
  const names = await readdir(dir).catch((cause: unknown) => {
    throw AppError.from(cause);
  });
  const file = chooseWeights(names);
  if (file === undefined) throw new AppError("E_MODEL_INVALID", { path: dir, detail: noWeights(names) });
  const shardOf = isShardIndex(file) ? parseShardIndex(await readFile(join(dir, file), "utf8"), join(dir, file)) : undefined;
  const files = shardOf === undefined ? [file] : [...new Set(shardOf.values())].sort();
  const missing = files.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const detail = `${missing.join(", ")} is missing, which ${file} names (${files.length - missing.length} of ${files.length} are there)`;
    throw new AppError("E_MODEL_INVALID", { path: dir, detail });
  }
  const opened: WeightFile[] = [];
  const close = async (): Promise<void> => void (await Promise.all(opened.map((one) => one.close())));
  try {
    for (const name of files) opened.push(await (name.endsWith(".safetensors") ? openSafetensors : openTorchArchive)(join(dir, name)));
    const tensors = byParameterName(dir, opened);
    if (shardOf !== undefined) requireAll(dir, file, shardOf, tensors);
    return { file, tensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function byParameterName(dir: string, files: readonly WeightFile[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of files.flatMap((file) => file.tensors)) {
    const name = parameterName(tensor.name);
    const other = tensors.get(name);
    if (other !== undefined) {
      const detail = `tensor ${name} is there twice: as ${other.name} in ${other.file} and as ${tensor.name} in ${tensor.file}`;
      throw new AppError("E_MODEL_INVALID", { path: dir, detail });
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

function requireAll(dir: string, index: string, shardOf: ReadonlyMap<string, string>, tensors: ReadonlyMap<string, StoredTensor>): void {
  for (const [stored, shard] of shardOf) {
    if (tensors.get(parameterName(stored))?.file === shard) continue;
    throw new AppError("E_MODEL_INVALID", { path: dir, detail: `${index} puts tensor ${stored} into ${shard}, which does not have it` });
  }
}
