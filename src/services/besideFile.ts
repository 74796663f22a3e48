/** @file What lies beside a file and belongs to it: BFCL's accepted calls, API-Bank's descriptions of its APIs. */
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { API_FILE } from "#core/trajectories/formats/apiBankDialogue.ts";
import type { ReaderContext } from "#core/trajectories/formats/createReader.ts";
import type { ImportFormat } from "#contracts/imports.ts";

/** Real ones stay below a megabyte. */
const MAX_BYTES = 64 * 2 ** 20;

/** @param path the file as it was named, not its copy in the workspace */
export function contextOf(format: ImportFormat, path: string): ReaderContext {
  for (const candidate of candidatesOf(format, path)) {
    try {
      if (statSync(candidate).size <= MAX_BYTES) return { beside: readFileSync(candidate, "utf8") };
    } catch {
      // none there, or not ours to read: the reader says what it lacks
    }
  }
  return {};
}

function candidatesOf(format: ImportFormat, path: string): readonly string[] {
  const folder = dirname(path);
  if (format === "bfcl") return [join(folder, "possible_answer", basename(path))];
  if (format === "api-bank-dialogue") return [join(folder, API_FILE), join(folder, "..", API_FILE)];
  return [];
}
