/** @file What an import would make of files: the first rows of the first ones, read as the import would read them. Nothing is written. */
import { closeSync, openSync, readSync } from "node:fs";
import { createFileReader, type ReadRows } from "#core/trajectories/formats/fileReader.ts";
import type { Settled } from "#core/trajectories/formats/format.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { AppError } from "#contracts/errors.ts";
import type { ImportFormat } from "#contracts/imports.ts";
import type { DryRun, DryRunFile, DryRunRow, DryRunTrajectory } from "#contracts/previews.ts";
import type { Split, TrajectoryContent } from "#contracts/trajectory.ts";
import { assignSplit } from "./assignSplit.ts";
import { contextOf } from "./besideFile.ts";
import { findInputFiles, type InputFile } from "./inputFiles.ts";
import { readParquet } from "./parquetFile.ts";
import { recogniseFormat } from "./recogniseFormat.ts";

export interface DryRunRequest {
  readonly paths: readonly string[];
  readonly format?: ImportFormat | undefined;
  /** Rows of each file. */
  readonly limit: number;
}

const MAX_FILES = 8;
const MAX_SKIPPED = 50;
/** A file whose first rows are longer than this together shows as many as there are room for. */
const MAX_BYTES = 16 * 2 ** 20;
const CHUNK_BYTES = 2 ** 18;
const MAX_TURNS = 12;
const MAX_CHARACTERS = 160;

/** Throws `E_FILE_*` where a named path cannot be read; what is wrong with a file is said of that file. */
export async function dryRun({ paths, format, limit }: DryRunRequest): Promise<DryRun> {
  const { files, skipped } = findInputFiles(paths);
  const looked: DryRunFile[] = [];
  for (const file of files.slice(0, MAX_FILES)) looked.push(await lookAt(file, format ?? null, limit));
  return { files: looked, numFiles: files.length, skipped: skipped.slice(0, MAX_SKIPPED) };
}

async function lookAt({ path, name, numBytes }: InputFile, named: ImportFormat | null, limit: number): Promise<DryRunFile> {
  const about = { path, name, numBytes };
  const nothing = { rows: [], trajectories: [], isWhole: false };
  const recognised = recogniseFormat(path, named);
  if ("error" in recognised) return { ...about, ...nothing, format: null, why: recognised.error.message, error: errorOf(recognised.error) };
  const { format, why } = recognised;
  try {
    return { ...about, format, why, ...(await firstRows(path, numBytes, format, limit)) };
  } catch (error) {
    return { ...about, ...nothing, format, why, error: errorOf(AppError.from(error)) };
  }
}

const errorOf = ({ code, message, fix }: AppError) => ({ code, message, fix });

async function firstRows(path: string, numBytes: number, format: ImportFormat, limit: number) {
  const rows: DryRunRow[] = [];
  const trajectories: DryRunTrajectory[] = [];
  const add = (settled: Settled): void => {
    if (settled.kind === "refused") {
      rows.push({ ...settled.row, outcome: "refused", changes: [], refusal: settled.refusal });
      return;
    }
    rows.push(...settled.rows.map((row) => ({ ...row, trajectory: trajectories.length })));
    trajectories.push(trajectoryOf(settled.content, settled.split));
  };
  const file = openSync(path, "r");
  let isWhole = true;
  try {
    const read = format === "parquet" ? readParquet(file, numBytes, path) : readText(file, path, format, limit);
    for await (const { settled } of read) {
      settled.forEach(add);
      if (rows.length <= limit) continue;
      isWhole = false;
      break;
    }
    isWhole &&= format === "parquet" || numBytes <= MAX_BYTES;
  } finally {
    closeSync(file);
  }
  const shown = rows.sort((a, b) => a.rowIndex - b.rowIndex).slice(0, limit);
  const numShown = 1 + Math.max(-1, ...shown.map((row) => row.trajectory ?? -1));
  return { rows: shown, trajectories: trajectories.slice(0, numShown), isWhole };
}

/** Rows of a path may be open when the limit is reached: they are shown as far as they have come. */
function* readText(file: number, path: string, format: Exclude<ImportFormat, "parquet">, limit: number): Generator<ReadRows> {
  const reader = createFileReader(format, contextOf(format, path));
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let numRows = 0;
  let numBytes = 0;
  for (let size = readSync(file, chunk); size > 0 && numBytes < MAX_BYTES; size = readSync(file, chunk)) {
    numBytes += size;
    for (const rows of reader.push(chunk.subarray(0, size))) {
      yield rows;
      // one more than is shown: there are more
      if (++numRows <= limit) continue;
      yield { settled: reader.close(), byteOffset: numBytes };
      return;
    }
  }
  yield* reader.finish();
}

function trajectoryOf(content: TrajectoryContent, split: Split | undefined): DryRunTrajectory {
  const assistants = content.turns.flatMap((turn, i) => (turn.role === "assistant" ? [{ turn, i }] : []));
  const numWeighted = assistants.filter(({ turn, i }) => turn.weight !== undefined || content.targets?.includes(i) === false).length;
  const turns = content.turns.slice(0, MAX_TURNS).map((turn) => {
    const text = turn.role === "assistant" ? renderAssistantText(turn) : turn.content;
    return { role: turn.role, text: cut(text) };
  });
  return { ...summaryOf(content), split: split ?? assignSplit(content), numWeighted, turns };
}

const cut = (text: string): string => {
  const line = text
    .slice(0, 4 * MAX_CHARACTERS)
    .replaceAll(/\s+/gu, " ")
    .trim();
  return line.length <= MAX_CHARACTERS && text.length <= 4 * MAX_CHARACTERS ? line : `${[...line].slice(0, MAX_CHARACTERS - 1).join("")}…`;
};
