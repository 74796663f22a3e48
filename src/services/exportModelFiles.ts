/**
 * @file The export of a model itself, in the data worker: everything into a folder of another name, flushed, then renamed; so a folder with
 * the name that was asked for is whole.
 *
 * Weights go through one tensor at a time. Beside them goes a ledger, one line for each thing that the folder says otherwise than we do.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { LedgerChange } from "#contracts/imports.ts";
import type { ExportDtype } from "#contracts/model.ts";
import { formatOptConfig, parseOptConfig } from "#core/model/config.ts";
import { decodeNumbers, encodeHeader, encodeTensor, parseSafetensorsHeader, safetensorsHeaderLength } from "#core/model/safetensors.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { publishTokenizer } from "#core/tokenizer/publishTokenizer.ts";
import type { Store } from "#store/index.ts";
import { OPTIMIZER_FILE, verifyCheckpoint } from "./checkpoints.ts";
import type { TaskControl } from "./dataTask.ts";
import { requireFree } from "./exportModel.ts";
import { modelCard } from "./modelCard.ts";
import { readTokenizerFiles } from "./models.ts";

export interface ModelExportTask {
  readonly runId: string;
  readonly step: number;
  readonly checkpointDir: string;
  /** Where the folder is to be. */
  readonly directory: string;
  /** Where it is until it is whole; whatever is there is left over from a crash. */
  readonly unfinished: string;
  readonly dtype: ExportDtype;
}

export interface ModelExportResult {
  readonly run: string;
  readonly checkpoint: number;
  readonly directory: string;
  readonly dtype: ExportDtype;
  readonly parameters: number;
  readonly numBytes: number;
  readonly files: readonly string[];
  /** Lines of the ledger. */
  readonly changes: readonly LedgerChange[];
  readonly seconds: number;
}

const WEIGHTS_FILE = "model.safetensors";

/** @throws E_CHECKPOINT_CORRUPT, E_TARGET_EXISTS, E_DISK_FULL, E_MODEL_INVALID where half precision cannot hold a number */
export async function exportModelFiles(store: Store, task: ModelExportTask, control: TaskControl): Promise<ModelExportResult> {
  const startedAt = performance.now();
  const { runId, step, checkpointDir, directory, unfinished, dtype } = task;
  const names: string[] = [];
  let numBytes = 0;
  const write = (name: string, chunks: Iterable<Uint8Array>): void => {
    numBytes += writeFlushed(join(unfinished, name), chunks);
    names.push(name);
  };
  const writeText = (name: string, text: string): void => write(name, [new TextEncoder().encode(text)]);

  control.report({ phase: "checking the checkpoint" });
  const { stateful_callbacks: state } = await verifyCheckpoint(checkpointDir, [OPTIMIZER_FILE]);
  const config = parseOptConfig(readFileSync(join(checkpointDir, "config.json"), "utf8"), checkpointDir);
  const tokenizerFiles = await readTokenizerFiles(checkpointDir);
  const published = publishTokenizer(tokenizerFiles, config.maxPositionEmbeddings);
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    const copied = copyWeights(join(checkpointDir, WEIGHTS_FILE), dtype, control, (chunks) => write(WEIGHTS_FILE, chunks));
    const changes = [...published.changes, ...copied.changes];
    writeText("config.json", formatOptConfig(config, { torch_dtype: dtype }));
    const { bos, eos, pad } = loadTokenizer(tokenizerFiles).special;
    const generation = { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad, do_sample: false };
    writeText("generation_config.json", `${JSON.stringify(generation, null, 2)}\n`);
    for (const [name, text] of published.files) writeText(name, text);
    writeText("export-ledger.jsonl", changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
    const { callsmith: record } = state;
    const parameters = copied.numParameters;
    writeText("README.md", modelCard(store, { runId, step, record, model: config, parameters, dtype, changes, files: names }));
    control.checkpoint();
    flushFolder(unfinished);
    moveInto(unfinished, directory);
    const seconds = (performance.now() - startedAt) / 1000;
    return { run: runId, checkpoint: step, directory, dtype, parameters, numBytes, files: names, changes, seconds };
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw AppError.from(error);
  }
}

/** Hands the bytes of a weights file in the asked precision to `write`, tensor by tensor. */
function copyWeights(
  path: string,
  dtype: ExportDtype,
  control: TaskControl,
  write: (chunks: Iterable<Uint8Array>) => void,
): { readonly numParameters: number; readonly changes: readonly LedgerChange[] } {
  const type = dtype === "float32" ? "F32" : "F16";
  const source = openSync(path, "r");
  try {
    const read = (position: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const numRead = readSync(source, bytes, at, length - at, position + at);
        if (numRead === 0) return bytes.subarray(0, at);
        at += numRead;
      }
      return bytes;
    };
    const { size } = statSync(path);
    const headerLength = safetensorsHeaderLength(read(0, 8), size, path);
    const dataStart = 8 + headerLength;
    const entries = parseSafetensorsHeader(read(8, headerLength), size - dataStart, path);
    let numParameters = 0;
    let numVanished = 0;
    const chunks = function* (): Generator<Uint8Array> {
      yield encodeHeader(entries, type);
      for (const [done, entry] of entries.entries()) {
        control.report({ phase: "writing weights", done, total: entries.length });
        control.checkpoint();
        const values = decodeNumbers(entry.type, read(dataStart + entry.begin, entry.end - entry.begin));
        numParameters += values.length;
        if (type === "F16") numVanished += countVanished(entry.name, values, path);
        yield encodeTensor({ name: entry.name, values }, type);
      }
      control.report({ phase: "writing the other files", done: entries.length, total: entries.length });
    };
    write(chunks());
    if (type === "F32") return { numParameters, changes: [] };
    const detail = `The weights are rounded from 32 to 16 bits; ${numVanished} of ${numParameters} numbers became 0. Logits differ a little from the run's own.`;
    return { numParameters, changes: [{ rule: "half-precision", detail }] };
  } finally {
    closeSync(source);
  }
}

/** How many numbers half precision has only a 0 for. Those that it cannot hold at all are an error with its remedy. */
function countVanished(name: string, values: Float32Array, path: string): number {
  let numVanished = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size >= 65520)
      throw new AppError("E_MODEL_INVALID", {
        path,
        detail: `tensor ${name} has numbers beyond the range of half precision; export it as float32`,
      });
    // half of the smallest number, 2^-24, rounds to the even neighbour, which is 0
    if (value !== 0 && size <= 2 ** -25) numVanished++;
  }
  return numVanished;
}

/** @returns bytes written */
function writeFlushed(path: string, chunks: Iterable<Uint8Array>): number {
  const file = openSync(path, "wx");
  let numBytes = 0;
  try {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at, chunk.length - at);
      numBytes += chunk.length;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return numBytes;
}

/** Gives the folder its name, which only an empty folder may have had. */
function moveInto(unfinished: string, directory: string): void {
  requireFree(directory);
  if (existsSync(directory)) rmdirSync(directory);
  renameSync(unfinished, directory);
  flushFolder(dirname(directory));
}

/** Makes names durable; Windows has no way to ask for it and does not need to be asked. */
function flushFolder(dir: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(dir, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
