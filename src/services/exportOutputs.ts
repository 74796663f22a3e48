/** @file Files of an export: each written under another name and put in its place once all of them are whole. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

const SYNCED_FROM_BYTES = 2 ** 20;
const BUFFER_BYTES = 4 * 2 ** 20;

export interface Outputs {
  /** Adds text to the file at `path`, relative to the folder. */
  write(path: string, text: string): void;
  /** A file of its own, whole. */
  whole(path: string, text: string): void;
  /** A name to write under, for whoever writes files of its own; `finalPath` may be decided at the end. */
  claim(finalPath: () => string): string;
  /** Puts the files in their places. */
  finish(): { readonly files: readonly string[]; readonly numBytes: number };
  discard(): void;
}

interface Open {
  readonly file: number;
  pending: string[];
  numPending: number;
}

interface Claimed {
  readonly temporary: string;
  readonly finalPath: () => string;
}

export function createOutputs(directory: string): Outputs {
  const claimed: Claimed[] = [];
  const open = new Map<string, Open>();
  mkdirSync(directory, { recursive: true });

  const claim = (finalPath: () => string): string => {
    const temporary = join(directory, `.export-${process.pid}-${claimed.length}.part`);
    claimed.push({ temporary, finalPath });
    return temporary;
  };
  const flush = (output: Open): void => {
    const bytes = Buffer.from(output.pending.join(""), "utf8");
    for (let at = 0; at < bytes.length;) at += writeSync(output.file, bytes, at, bytes.length - at);
    output.pending = [];
    output.numPending = 0;
  };
  const openAt = (path: string): Open => {
    const known = open.get(path);
    if (known !== undefined) return known;
    const output = {
      file: openSync(
        claim(() => path),
        "w",
      ),
      pending: [],
      numPending: 0,
    };
    open.set(path, output);
    return output;
  };

  return {
    write(path, text) {
      const output = openAt(path);
      output.pending.push(text);
      output.numPending += text.length;
      if (output.numPending > BUFFER_BYTES) flush(output);
    },
    whole: (path, text) =>
      writeFileSync(
        claim(() => path),
        text,
      ),
    claim,
    finish() {
      for (const output of open.values()) {
        flush(output);
        closeSync(output.file);
      }
      open.clear();
      const files: string[] = [];
      let numBytes = 0;
      for (const { temporary } of claimed) {
        const { size } = statSync(temporary);
        numBytes += size;
        // a folder of thousands of small files cannot wait for each
        if (size >= SYNCED_FROM_BYTES || claimed.length < 16) sync(temporary);
      }
      for (const { temporary, finalPath } of claimed) {
        const path = join(directory, finalPath());
        mkdirSync(dirname(path), { recursive: true });
        renameSync(temporary, path);
        files.push(path);
      }
      return { files, numBytes };
    },
    discard() {
      for (const { file } of open.values()) closeSync(file);
      for (const { temporary } of claimed) rmSync(temporary, { force: true });
    },
  };
}

function sync(path: string): void {
  const file = openSync(path, "r+");
  fsyncSync(file);
  closeSync(file);
}
