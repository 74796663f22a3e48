/** @file Looks at the beginning of a file and says which format it is in, or why that cannot be said. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { detectFormat } from "#core/trajectories/formats/detectFormat.ts";
import { AppError } from "#contracts/errors.ts";
import { IMPORT_FORMATS, type ImportFormat } from "#contracts/imports.ts";

/** Enough for several rows of the largest kind, ToolBench's answer trees. */
const HEAD_BYTES = 4 * 2 ** 20;

export type RecognisedFormat = { readonly format: ImportFormat; readonly why: string } | { readonly error: AppError };

/** Formats with rows of one shape, which a person may tell apart better than the first rows do. */
const ALIKE: readonly (readonly ImportFormat[])[] = [
  ["openai-chat", "trl", "hermes"],
  ["sharegpt", "hermes", "toolace"],
];

/** `named`: what the person says it is; refused only where the file plainly is something else. */
export function recogniseFormat(path: string, named: ImportFormat | null): RecognisedFormat {
  const detected = detectFormat(headOf(path));
  if (named === null) {
    return detected.ok ? detected : { error: new AppError("E_FORMAT_UNKNOWN", { path, detail: detected.detail }) };
  }
  const isAlike = detected.ok && ALIKE.some((formats) => formats.includes(detected.format) && formats.includes(named));
  if (!detected.ok || detected.format === named || isAlike) return { format: named, why: "You named the format." };
  const detail = `it looks like ${IMPORT_FORMATS[detected.format]}`;
  return { error: new AppError("E_FORMAT_MISMATCH", { path, format: IMPORT_FORMATS[named], detail }) };
}

function headOf(path: string): Uint8Array {
  try {
    const file = openSync(path, "r");
    try {
      const head = Buffer.alloc(Math.min(HEAD_BYTES, fstatSync(file).size));
      return head.subarray(0, readSync(file, head));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw AppError.from(error);
  }
}
