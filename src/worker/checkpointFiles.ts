/** @file Writes and reads `checkpoint-<step>` folders: weights, tokenizer, moments, state. */
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { decodeNumbers, encodeSafetensors, parseSafetensorsHeader, safetensorsHeaderLength } from "#core/model/safetensors.ts";
import { numElements, type ParameterShape } from "#core/model/parameters.ts";
import type { AdamWState } from "#core/training/optimizer.ts";
import { saveModelFolder, writeFileAtomically, type Model } from "#engine/modelFolder.ts";
import {
  checkpointName,
  checksumFile,
  listCheckpoints,
  OPTIMIZER_FILE,
  TRAINER_STATE,
  type CheckedFile,
  type CheckpointRecord,
  type TrainerStateFile,
} from "#services/checkpoints.ts";

/** Whatever of these lies beside the base model goes along, so that the checkpoint is a model folder of its own. */
const COMPANIONS = [
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.json",
  "merges.txt",
  "special_tokens_map.json",
  "added_tokens.json",
  "generation_config.json",
];
const UNFINISHED = ".unfinished-";
/** PyTorch's names of the moments. */
const FIRST_MOMENT = ".exp_avg";
const SECOND_MOMENT = ".exp_avg_sq";

export interface CheckpointContents {
  readonly model: Model;
  readonly adamW: AdamWState;
  /** All of `trainer_state.json` but the checksums, which are taken from what was written. */
  readonly state: Omit<TrainerStateFile, "stateful_callbacks">;
  readonly record: Omit<CheckpointRecord, "files">;
  readonly companions: Companions;
}

/** Tokenizer files by name. Held in memory: the folder they come from may be pruned while the run goes on. */
export type Companions = ReadonlyMap<string, Uint8Array>;

export async function readCompanions(modelDir: string): Promise<Companions> {
  const files = new Map<string, Uint8Array>();
  for (const name of COMPANIONS) {
    const path = join(modelDir, name);
    if (existsSync(path)) files.set(name, await readFile(path));
  }
  return files;
}

/**
 * Writes a checkpoint: into a folder of another name, flushed file by file, then renamed. A crash at any moment leaves the old
 * checkpoints as they were, and perhaps an unfinished folder that nothing takes for a checkpoint.
 *
 * @throws E_CHECKPOINT_NO_SPACE where the disk is full; what was written of it is gone again
 */
export async function writeCheckpoint(runDir: string, contents: CheckpointContents): Promise<string> {
  const name = checkpointName(contents.state.global_step);
  const unfinished = join(runDir, UNFINISHED + name);
  const dir = join(runDir, name);
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await saveModelFolder(unfinished, contents.model);
    await writeFileAtomically(join(unfinished, OPTIMIZER_FILE), encodeSafetensors(momentsOf(contents), "F32"));
    for (const [name, bytes] of contents.companions) await writeFileAtomically(join(unfinished, name), [bytes]);
    const files: Record<string, CheckedFile> = {};
    for (const file of (await readdir(unfinished)).sort()) files[file] = await checksumFile(join(unfinished, file));
    const state: TrainerStateFile = { ...contents.state, stateful_callbacks: { callsmith: { ...contents.record, files } } };
    await writeFileAtomically(join(unfinished, TRAINER_STATE), [new TextEncoder().encode(`${JSON.stringify(state, null, 2)}\n`)]);
    await flushFolder(unfinished);
    await replaceFolder(unfinished, dir);
    await flushFolder(runDir);
    return dir;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    const { code } = AppError.from(error);
    throw code === "E_DISK_FULL" ? await noSpaceFor(contents, runDir, error) : AppError.from(error);
  }
}

const inWords = (bytes: number): string => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

/** Weights and two moments, of four bytes a number; what else lies in the folder is small beside them. */
const bytesOf = ({ model }: CheckpointContents): number =>
  3 * Float32Array.BYTES_PER_ELEMENT * model.parameters.reduce((sum, { shape }) => sum + numElements(shape), 0);

async function noSpaceFor(contents: CheckpointContents, runDir: string, cause: unknown): Promise<AppError> {
  const { bavail, bsize } = await statfs(runDir);
  const params = { step: contents.state.global_step, needed: inWords(bytesOf(contents)), path: runDir, free: inWords(bavail * bsize) };
  return new AppError("E_CHECKPOINT_NO_SPACE", params, { cause });
}

/** Leaves the newest checkpoint and `keep` before it; null keeps all. */
export async function pruneCheckpoints(runDir: string, keep: number | null): Promise<void> {
  if (keep === null) return;
  for (const { dir } of listCheckpoints(runDir).slice(0, -(keep + 1))) {
    // Renamed first: a removal that is cut short must not leave half a folder with a checkpoint's name.
    const doomed = join(runDir, `${UNFINISHED}removal-${process.pid}`);
    await rename(dir, doomed);
    await rm(doomed, { recursive: true, force: true });
  }
}

/** Removes what an interrupted write or removal left behind. */
export async function removeUnfinished(runDir: string): Promise<void> {
  for (const name of await readdir(runDir)) {
    if (name.startsWith(UNFINISHED)) await rm(join(runDir, name), { recursive: true, force: true });
  }
}

/**
 * Reads the moments into an optimizer's live state, one tensor at a time: together they are twice the size of the weights.
 *
 * @throws E_CHECKPOINT_CORRUPT where moments are missing or of another shape than the model's parameters
 */
export async function readMoments(dir: string, parameters: readonly ParameterShape[], state: AdamWState): Promise<void> {
  const corrupt = (detail: string, cause?: unknown): AppError =>
    new AppError("E_CHECKPOINT_CORRUPT", { path: dir, detail: `${OPTIMIZER_FILE} ${detail}` }, { cause });
  const path = join(dir, OPTIMIZER_FILE);
  if (!existsSync(path)) throw corrupt("is missing");
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const read = async (position: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, position);
      return bytes.subarray(0, bytesRead);
    };
    const headerLength = safetensorsHeaderLength(await read(0, 8), size, path);
    const dataStart = 8 + headerLength;
    const entries = parseSafetensorsHeader(await read(8, headerLength), size - dataStart, path);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const readInto = async (targets: readonly Float32Array[], suffix: string): Promise<void> => {
      for (const [i, { name, shape }] of parameters.entries()) {
        const entry = byName.get(name + suffix);
        if (entry === undefined) throw corrupt(`has no ${name}${suffix}`);
        if (entry.shape.join() !== shape.join()) throw corrupt(`has ${name}${suffix} in another shape than the model`);
        targets[i]!.set(decodeNumbers(entry.type, await read(dataStart + entry.begin, entry.end - entry.begin)));
      }
    };
    await readInto(state.firstMoments, FIRST_MOMENT);
    await readInto(state.secondMoments, SECOND_MOMENT);
  } catch (error) {
    const { code, params } = AppError.from(error);
    throw code === "E_MODEL_INVALID" ? corrupt(`cannot be read: ${params["detail"]}`, error) : error;
  } finally {
    await file.close();
  }
}

function momentsOf({ model, adamW }: CheckpointContents) {
  return model.parameters.flatMap(({ name, shape }, i) => [
    { name: name + FIRST_MOMENT, shape, values: adamW.firstMoments[i]! },
    { name: name + SECOND_MOMENT, shape, values: adamW.secondMoments[i]! },
  ]);
}

/** A folder cannot be renamed over another one with files in it: the old one steps aside first. */
async function replaceFolder(from: string, to: string): Promise<void> {
  if (!existsSync(to)) return rename(from, to);
  const aside = join(to, "..", `${UNFINISHED}replaced-${process.pid}`);
  await rename(to, aside);
  await rename(from, to);
  await rm(aside, { recursive: true, force: true });
}

/** Makes names durable; Windows has no way to ask for it and does not need to be asked. */
async function flushFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
