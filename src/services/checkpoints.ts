/**
 * @file Checkpoint folders on disk: their names, which of them are whole, and what their `trainer_state.json` says.
 *
 * A checkpoint is written under another name and renamed when all of it is on the disk, so a folder with a checkpoint's name was once
 * whole; sizes and checksums tell whether it still is.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { LossScale } from "#core/training/lossScale.ts";

export interface CheckpointFolder {
  readonly step: number;
  readonly dir: string;
}

export interface CheckedFile {
  readonly numBytes: number;
  readonly crc32: number;
}

/** Our part of `trainer_state.json`. */
export interface CheckpointRecord {
  readonly formatVersion: number;
  readonly config: RunConfig;
  readonly dataVersion: string;
  /** What computed, and why that way, in words; absent from checkpoints of earlier versions. */
  readonly engine?: string;
  /** Resolved. */
  readonly warmupSteps: number;
  readonly numSteps: number;
  /** Position of the next step in the data; with the seed and the example file it determines every batch to come. */
  readonly nextEpoch: number;
  readonly nextStepInEpoch: number;
  /** Order of examples and dropout are functions of this seed and the step: there is no other random state. */
  readonly seed: number;
  /** Updates that the optimizer's moments have seen: steps less those skipped. */
  readonly numUpdates: number;
  readonly skippedSteps: readonly number[];
  /** Absent from checkpoints of earlier versions, which trained in float32. */
  readonly lossScale?: LossScale;
  /** Every file of the folder but `trainer_state.json`. */
  readonly files: Readonly<Record<string, CheckedFile>>;
}

/** One step or one evaluation in Hugging Face's words; what is not finite is null. */
export type LogEntry = Readonly<Record<string, number | null>>;

/** `trainer_state.json` with the fields of Hugging Face's `TrainerState`, which takes no others. */
export interface TrainerStateFile {
  readonly epoch: number;
  readonly global_step: number;
  readonly max_steps: number;
  readonly num_train_epochs: number;
  readonly train_batch_size: number;
  readonly logging_steps: number;
  readonly eval_steps: number;
  readonly save_steps: number;
  readonly log_history: readonly LogEntry[];
  readonly best_metric: null;
  readonly best_model_checkpoint: null;
  readonly is_hyper_param_search: false;
  readonly is_local_process_zero: true;
  readonly is_world_process_zero: true;
  readonly total_flos: 0;
  readonly trial_name: null;
  readonly trial_params: null;
  /** The one field of theirs that takes state of any kind. */
  readonly stateful_callbacks: { readonly callsmith: CheckpointRecord };
}

export const TRAINER_STATE = "trainer_state.json";
export const OPTIMIZER_FILE = "optimizer.safetensors";
export const CHECKPOINT_FORMAT = 1;
const NAME = /^checkpoint-(\d+)$/;

export const checkpointName = (step: number): string => `checkpoint-${step}`;

/** The step of a checkpoint's folder; null for another folder. */
export function checkpointStepOf(dir: string): number | null {
  const match = NAME.exec(basename(dir));
  return match === null ? null : Number(match[1]);
}

/** Finished checkpoints of a run, oldest first; those still being written have another name. */
export function listCheckpoints(runDir: string): readonly CheckpointFolder[] {
  if (!existsSync(runDir)) return [];
  return readdirSync(runDir, { withFileTypes: true })
    .flatMap((entry) => {
      const match = entry.isDirectory() ? NAME.exec(entry.name) : null;
      return match === null ? [] : [{ step: Number(match[1]), dir: join(runDir, entry.name) }];
    })
    .sort((a, b) => a.step - b.step);
}

const WEIGHTS = /^(model|pytorch_model).*[.](safetensors|bin)$/;

/** What tells a checkpoint's weights from others: sizes and checksums of its weight files, as they were when it was written. */
export const weightsFingerprint = ({ stateful_callbacks: { callsmith } }: TrainerStateFile): string =>
  Object.entries(callsmith.files)
    .filter(([name]) => WEIGHTS.test(name))
    .map(([name, { numBytes, crc32 }]) => `${name} ${numBytes} ${crc32.toString(16).padStart(8, "0")}`)
    .join(", ");

export function checkpointBytes(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}

/** @throws E_CHECKPOINT_CORRUPT where `trainer_state.json` is missing or not ours */
export async function readTrainerState(dir: string): Promise<TrainerStateFile> {
  const path = join(dir, TRAINER_STATE);
  const corrupt = (detail: string, cause?: unknown) => new AppError("E_CHECKPOINT_CORRUPT", { path: dir, detail }, { cause });
  let state: TrainerStateFile;
  try {
    state = JSON.parse(await readFile(path, "utf8")) as TrainerStateFile;
  } catch (cause) {
    throw corrupt(existsSync(path) ? `${TRAINER_STATE} cannot be read` : `${TRAINER_STATE} is missing`, cause);
  }
  const version = state.stateful_callbacks?.callsmith?.formatVersion;
  if (version === undefined) throw corrupt(`${TRAINER_STATE} is not one of ours`);
  if (version !== CHECKPOINT_FORMAT) throw corrupt(`${TRAINER_STATE} is of format ${version}; this one reads ${CHECKPOINT_FORMAT}`);
  return state;
}

/**
 * Reads every file once against its size and checksum.
 *
 * @param leftOut files that are of no interest to the caller: the moments are twice the size of the weights
 * @throws E_CHECKPOINT_CORRUPT naming the first file that differs
 */
export async function verifyCheckpoint(dir: string, leftOut: readonly string[] = []): Promise<TrainerStateFile> {
  const state = await readTrainerState(dir);
  for (const [name, expected] of Object.entries(state.stateful_callbacks.callsmith.files)) {
    if (leftOut.includes(name)) continue;
    const detail = await faultOf(join(dir, name), expected);
    if (detail !== null) throw new AppError("E_CHECKPOINT_CORRUPT", { path: dir, detail: `${name} ${detail}` });
  }
  return state;
}

/** The newest checkpoint that is whole, with those that were passed over. */
export async function newestWholeCheckpoint(
  runDir: string,
): Promise<{ readonly checkpoint: CheckpointFolder | null; readonly damaged: readonly AppError[] }> {
  const damaged: AppError[] = [];
  for (const checkpoint of listCheckpoints(runDir).toReversed()) {
    try {
      await verifyCheckpoint(checkpoint.dir);
      return { checkpoint, damaged };
    } catch (error) {
      damaged.push(AppError.from(error));
    }
  }
  return { checkpoint: null, damaged };
}

async function faultOf(path: string, expected: CheckedFile): Promise<string | null> {
  if (!existsSync(path)) return "is missing";
  const found = await checksumFile(path);
  if (found.numBytes !== expected.numBytes) return `has ${found.numBytes} bytes instead of ${expected.numBytes}`;
  return found.crc32 === expected.crc32 ? null : "does not match its checksum";
}

const CHUNK_BYTES = 4 << 20;

export async function checksumFile(path: string): Promise<CheckedFile> {
  const file = await open(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let [numBytes, checksum] = [0, 0];
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return { numBytes, crc32: checksum };
      numBytes += bytesRead;
      checksum = crc32(chunk.subarray(0, bytesRead), checksum);
    }
  } finally {
    await file.close();
  }
}
