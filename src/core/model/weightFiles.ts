/**
 * @file Which files of a folder hold its weights, and which shard holds which tensor.
 *
 * Names are those that Hugging Face's `save_pretrained` writes. Safetensors comes first, because it is read without a pickle.
 */
import { AppError } from "#contracts/errors.ts";

/** In the order of preference. */
const WEIGHT_FILES = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"] as const;
export type WeightsFile = (typeof WEIGHT_FILES)[number];

/** Weights that other programs read: named in errors, so that nobody wonders why they are not used. */
const FOREIGN_WEIGHTS = /^(tf_model|flax_model|rust_model|consolidated|.*\.gguf$|.*\.onnx$|.*\.pth?$)/;

/** The first in the order of preference that is among `names`: one file, or the index of several. */
export function chooseWeights(names: readonly string[]): WeightsFile | undefined {
  return WEIGHT_FILES.find((name) => names.includes(name));
}

/** Why a folder with these names has no weights that can be read. */
export function noWeights(names: readonly string[]): string {
  const foreign = names.filter((name) => FOREIGN_WEIGHTS.test(name));
  const found = foreign.length === 0 ? "" : ` (${foreign.join(", ")} cannot be read here)`;
  return `it has no ${WEIGHT_FILES[0]} and no ${WEIGHT_FILES[2]}, whole or in shards${found}`;
}

export const isShardIndex = (name: string): boolean => name.endsWith(".index.json");

/**
 * Reads the index of a sharded checkpoint: tensor name to the file that holds it.
 *
 * @throws E_MODEL_INVALID where a shard is anything but a file beside the index
 */
export function parseShardIndex(text: string, path: string): ReadonlyMap<string, string> {
  const refuse = (detail: string): AppError => new AppError("E_MODEL_INVALID", { path, detail });
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new AppError("E_MODEL_INVALID", { path, detail: `the shard index is not valid JSON (${String(cause)})` }, { cause });
  }
  const files = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof files !== "object" || files === null || Array.isArray(files)) throw refuse("the shard index has no weight_map");
  const shardOf = new Map<string, string>();
  for (const [tensor, file] of Object.entries(files)) {
    if (typeof file !== "string" || !isFileBeside(file))
      throw refuse(`the shard index puts tensor ${tensor} into ${JSON.stringify(file)}, which is not a file beside it`);
    shardOf.set(tensor, file);
  }
  if (shardOf.size === 0) throw refuse("the shard index names no tensor");
  return shardOf;
}

const isFileBeside = (name: string): boolean => /^[\w-][\w.-]*$/.test(name) && /\.(safetensors|bin)$/.test(name);
