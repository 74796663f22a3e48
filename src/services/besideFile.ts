/** @file What lies beside a file and belongs to it: BFCL's accepted calls, API-Bank's descriptions of its APIs. Kept with the source. */
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { API_FILE } from "#core/trajectories/formats/apiBankDialogue.ts";
import type { ReaderContext } from "#core/trajectories/formats/createReader.ts";
import type { ImportFormat } from "#contracts/imports.ts";
import type { Store } from "#store/index.ts";
import type { BesideFile } from "#store/sources.ts";
import { keepSourceFile } from "./keepSourceFile.ts";

/** Real ones stay below a megabyte. */
const MAX_BYTES = 64 * 2 ** 20;

/** The file that lies beside one, if it is there. @param path the file as it was named, not its copy in the workspace */
export function besidePath(format: ImportFormat, path: string): string | undefined {
  return candidatesOf(format, path).find((candidate) => {
    try {
      return statSync(candidate).size <= MAX_BYTES;
    } catch {
      // none there, or not ours to look at: the reader says what it lacks
      return false;
    }
  });
}

/** Of a file that is only looked at. */
export const contextOf = (format: ImportFormat, path: string): ReaderContext => contextFrom(besidePath(format, path));

export interface KeptBeside {
  readonly context: ReaderContext;
  readonly file: BesideFile | null;
  /** As it was found. */
  readonly path: string | undefined;
}

/** Keeps the file beside one byte for byte, and reads what was kept. */
export function keepBeside(format: ImportFormat, path: string, sourcesDir: string): KeptBeside {
  const found = besidePath(format, path);
  if (found === undefined) return { context: {}, file: null, path: undefined };
  try {
    const { sha256, numBytes, path: kept } = keepSourceFile(found, sourcesDir, { mayBeKnown: true });
    const name = relative(dirname(path), found).replaceAll("\\", "/");
    return { context: contextFrom(kept), file: { name, sha256, numBytes }, path: found };
  } catch {
    // it cannot be read: the reader says what it lacks
    return { context: {}, file: null, path: undefined };
  }
}

/** What was kept with a source; null where nothing was, or it is gone. */
export function keptContext(store: Store, sourcesDir: string, sourceId: number): ReaderContext | null {
  const [file] = store.sources.beside(sourceId);
  if (file === undefined) return null;
  const context = contextFrom(join(sourcesDir, file.sha256));
  return context.beside === undefined ? null : context;
}

/** The text that was kept beside the source of a trajectory; asked for one trajectory after another, it is read once. */
export function createBesideReader(store: Store, sourcesDir: string): (trajectoryId: string) => string | undefined {
  const bySource = new Map<number, string | undefined>();
  const bySha = new Map<string, string | undefined>();
  return (trajectoryId) => {
    const { sourceId } = store.trajectories.origin(trajectoryId);
    if (bySource.has(sourceId)) return bySource.get(sourceId);
    const [file] = store.sources.beside(sourceId);
    if (file !== undefined && !bySha.has(file.sha256)) bySha.set(file.sha256, contextFrom(join(sourcesDir, file.sha256)).beside);
    const text = file === undefined ? undefined : bySha.get(file.sha256);
    bySource.set(sourceId, text);
    return text;
  };
}

function contextFrom(path: string | undefined): ReaderContext {
  try {
    return path === undefined ? {} : { beside: readFileSync(path, "utf8") };
  } catch {
    return {};
  }
}

/** Whether a file could be one that belongs to others; a folder of a hundred thousand files is not looked through twice for none. */
export const mayBeBeside = (path: string): boolean => basename(path) === API_FILE || basename(dirname(path)) === ANSWERS_FOLDER;

const ANSWERS_FOLDER = "possible_answer";

function candidatesOf(format: ImportFormat, path: string): readonly string[] {
  const folder = dirname(path);
  if (format === "bfcl") return [join(folder, ANSWERS_FOLDER, basename(path))];
  if (format === "api-bank-dialogue") return [join(folder, API_FILE), join(folder, "..", API_FILE)];
  return [];
}
