/** @file Which files an import reads: those named, and those found in the folders named, in a fixed order. */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";

export interface InputFile {
  readonly path: string;
  /** Relative to the folder that holds what was named: how a person would say where it is from. */
  readonly name: string;
  readonly numBytes: number;
  /** Named itself, not found in a folder: what cannot be read of it is an error, not a note. */
  readonly isNamed: boolean;
}

export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

export interface InputFiles {
  readonly files: readonly InputFile[];
  readonly skipped: readonly SkippedFile[];
}

const DATA_EXTENSIONS = new Set([".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"]);

/** Every named path has to be there and readable, before anything is written; throws `E_FILE_*` for the first that is not. */
export function findInputFiles(paths: readonly string[]): InputFiles {
  const files = new Map<string, InputFile>();
  const skipped: SkippedFile[] = [];
  for (const named of paths) {
    const path = resolve(named);
    const { isFolder, numBytes } = look(path);
    if (isFolder) walk(path, dirname(path), files, skipped);
    else if (numBytes === 0) throw new AppError("E_FILE_EMPTY", { path });
    else files.set(path, { path, name: basename(path), numBytes, isNamed: true });
  }
  return { files: [...files.values()], skipped };
}

function walk(folder: string, root: string, files: Map<string, InputFile>, skipped: SkippedFile[]): void {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry);
    if (entry.startsWith(".")) continue;
    try {
      const { isFolder, numBytes } = look(path);
      if (isFolder) walk(path, root, files, skipped);
      else if (!DATA_EXTENSIONS.has(extname(entry).toLowerCase()))
        skipped.push({ path, reason: "not a .json, .jsonl, .csv or .parquet file" });
      else if (numBytes === 0) skipped.push({ path, reason: "empty" });
      else if (!files.has(path)) files.set(path, { path, name: relative(root, path).replaceAll("\\", "/"), numBytes, isNamed: false });
    } catch (error) {
      skipped.push({ path, reason: AppError.from(error).message });
    }
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw AppError.from(error);
  }
}

function look(path: string): { readonly isFolder: boolean; readonly numBytes: number } {
  try {
    const found = statSync(path);
    accessSync(path, found.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    return { isFolder: found.isDirectory(), numBytes: found.size };
  } catch (error) {
    throw AppError.from(error);
  }
}
