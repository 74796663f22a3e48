/** @file The example file on disk, read a record at a time. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { AppError } from "#contracts/errors.ts";
import { openExampleFile, type ExampleFile } from "#core/training/exampleFile.ts";

export interface OpenedExamples {
  readonly examples: ExampleFile;
  close(): void;
}

/**
 * Opens the file and reads all of it once against its checksums: a damaged one is found before the first step, not in the middle.
 *
 * @throws E_EXAMPLES_CORRUPT, E_FILE_NOT_FOUND
 */
export function openExamples(path: string): OpenedExamples {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    throw AppError.from(error);
  }
  try {
    const examples = openExampleFile({
      name: path,
      numBytes: fstatSync(file).size,
      read: (offset, numBytes) => {
        const bytes = new Uint8Array(numBytes);
        return bytes.subarray(0, readSync(file, bytes, 0, numBytes, offset));
      },
    });
    for (let i = 0; i < examples.length; i++) examples.at(i);
    return { examples, close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
