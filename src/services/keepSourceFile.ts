/**
 * @file Keeps the original bytes of an imported file in the workspace, under the name of their SHA-256.
 *
 * Ledger rows point into the kept file, so it has to be exactly what was read: the hash is taken of the copy.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

export interface KeptFile {
  readonly sha256: string;
  readonly path: string;
  readonly numBytes: number;
}

export interface KeepOptions {
  /** True where a file of this size was kept before: it is then hashed first, and copied only if it is another one. */
  readonly mayBeKnown: boolean;
  /** Called before the first byte is copied: the copy may be read as it grows, as far as `onBytes` has told. */
  readonly onCopy?: (path: string) => void;
  /** Called after every chunk with the bytes so far; may throw to stop. */
  readonly onBytes?: (numBytes: number) => void;
}

const CHUNK_BYTES = 4 * 2 ** 20;
const SYNCED_FROM_BYTES = 2 ** 20;
const INCOMING = ".incoming-";

export function keepSourceFile(path: string, sourcesDir: string, options: KeepOptions): KeptFile {
  if (options.mayBeKnown) {
    const known = hashing(path, null, options);
    if (existsSync(join(sourcesDir, known.sha256))) return { ...known, path: join(sourcesDir, known.sha256) };
  }
  const temporary = join(sourcesDir, `${INCOMING}${process.pid}-${performance.now().toString(36).replace(".", "")}`);
  try {
    const isCloned = cloned(path, temporary);
    if (isCloned) options.onCopy?.(temporary);
    const { sha256, numBytes } = isCloned ? hashing(temporary, null, options) : hashing(path, temporary, options);
    const kept = join(sourcesDir, sha256);
    if (existsSync(kept)) rmSync(temporary);
    else renameSync(temporary, kept);
    return { sha256, numBytes, path: kept };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes what a killed import was copying; call while nobody else imports. */
export function removeIncoming(sourcesDir: string): void {
  for (const name of readdirSync(sourcesDir)) if (name.startsWith(INCOMING)) rmSync(join(sourcesDir, name), { force: true });
}

/** Shares the blocks where the file system can; false where it cannot. */
function cloned(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    rmSync(to, { force: true });
    return false;
  }
}

/** Reads a file once: hash and size, and a copy where one is asked for. */
function hashing(from: string, to: string | null, options: KeepOptions): { readonly sha256: string; readonly numBytes: number } {
  const hash = createHash("sha256");
  const input = openSync(from, "r");
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, fstatSync(input).size + 1));
  const output = to === null ? null : openSync(to, "wx");
  if (to !== null) options.onCopy?.(to);
  let numBytes = 0;
  try {
    for (;;) {
      const read = readSync(input, chunk);
      if (read === 0) break;
      const bytes = chunk.subarray(0, read);
      hash.update(bytes);
      if (output !== null) writeAll(output, bytes);
      numBytes += read;
      options.onBytes?.(numBytes);
    }
    // The ledger should not outlive the bytes it points into. A folder of a hundred thousand small files cannot wait for each.
    if (output !== null && numBytes >= SYNCED_FROM_BYTES) fsyncSync(output);
  } finally {
    closeSync(input);
    if (output !== null) closeSync(output);
  }
  return { sha256: hash.digest("hex"), numBytes };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at);
}
