/**
 * @file One file from the hub into a folder: resumed where it stopped, verified as a whole, then put in its place under its own name.
 *
 * Beside an unfinished `<name>.part` lies `<name>.part.etag`, the content's identity: after a change on the hub it starts anew.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { get, hubUrl, Transient, unreachable, withRetries, type Hub } from "./hub.ts";
import type { PauseSwitch } from "./pauseSwitch.ts";
import type { HubFile } from "./planFetch.ts";

export interface FetchFileOptions {
  readonly hub: Hub;
  /** `facebook/opt-350m`. */
  readonly model: string;
  readonly commit: string;
  readonly folder: string;
  readonly pause: PauseSwitch;
  /** Bytes of this file that are there. */
  readonly onBytes: (numBytes: number) => void;
  /** What is being done: "fetching model.safetensors", or why it waits. */
  readonly onPhase: (phase: string) => void;
}

/** Without a byte for so long, a connection counts as cut. */
const STALL_MS = 60_000;

/** @throws E_FETCH_CORRUPT where it arrives damaged twice, E_HUB_*, E_DISK_FULL, E_CANCELLED */
export async function fetchFile(file: HubFile, options: FetchFileOptions): Promise<void> {
  const { folder, pause, onBytes, onPhase } = options;
  const path = join(folder, file.name);
  const part = `${path}.part`;
  if ((await sizeOf(path)) === file.numBytes && (await differenceFrom(path, file, pause.signal)) === null) return onBytes(file.numBytes);
  for (const isLast of [false, true]) {
    await completePart(file, part, options);
    onPhase(`verifying ${file.name}`);
    const difference = await differenceFrom(part, file, pause.signal);
    if (difference === null) break;
    await rm(part);
    onBytes(0);
    if (isLast) throw new AppError("E_FETCH_CORRUPT", { path: file.name, detail: difference });
  }
  await rename(part, path);
  await rm(tagFileOf(part), { force: true });
}

const tagFileOf = (part: string): string => `${part}.etag`;

/** Null where there is no such file. */
async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** Connects, again and again where that may help, until the part has as many bytes as the file. */
async function completePart(file: HubFile, part: string, options: FetchFileOptions): Promise<void> {
  const { hub, pause, onBytes, onPhase } = options;
  let have = 0;
  const attempt = async (): Promise<void> => {
    for (;;) {
      await pause.passed();
      const size = await sizeOf(part);
      have = size ?? 0;
      onBytes(have);
      if (size === file.numBytes) return;
      onPhase(`fetching ${file.name}`);
      await continuePart(file, part, have, { ...options, onBytes: (numBytes) => onBytes((have = numBytes)) });
    }
  };
  await withRetries(hub, pause.signal, attempt, { progress: () => have, onWait: (reason) => onPhase(`waiting: ${reason}`) });
}

/** One connection. Returns early for a pause; a part that cannot be continued is removed. */
async function continuePart(file: HubFile, part: string, have: number, options: FetchFileOptions): Promise<void> {
  const { hub, model, commit, pause } = options;
  const url = hubUrl(hub, `${model}/resolve/${commit}/${encodeURIComponent(file.name)}`);
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), STALL_MS);
  const signal = AbortSignal.any([pause.interruption, stalled.signal]);
  try {
    const range: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const { response, etag } = await get(hub, url, `${model}: ${file.name}`, signal, range);
    const isContinued = response.status === 206 && rangeStartOf(response) === have && etag === (await readTag(part));
    if (response.status === 200 || isContinued) {
      await writeFile(tagFileOf(part), etag ?? "");
      await append(response, { part, from: isContinued ? have : 0, url, file, onBytes: (n) => (timer.refresh(), options.onBytes(n)) });
    } else if (have > 0) {
      // another content than before, another range than asked for, or a part that is longer than the file
      await response.body?.cancel();
      await rm(part, { force: true });
    } else {
      throw new AppError("E_HUB_ANSWER", { what: file.name, detail: `it has status ${response.status}` });
    }
  } catch (thrown) {
    pause.signal.throwIfAborted();
    if (pause.isPaused) return;
    if (stalled.signal.aborted) throw new Transient(unreachable(url, new Error(`no byte came for ${STALL_MS / 1000} s`)));
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/** Where the bytes of a partial answer start; null where it does not say. */
function rangeStartOf(response: Response): number | null {
  const [, start] = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "") ?? [];
  return start === undefined ? null : Number(start);
}

async function readTag(part: string): Promise<string | null> {
  return readFile(tagFileOf(part), "utf8").catch(() => null);
}

interface Appending {
  readonly part: string;
  readonly from: number;
  readonly url: URL;
  readonly file: HubFile;
  readonly onBytes: (numBytes: number) => void;
}

/** Writes what comes behind the first `from` bytes of the part. */
async function append(response: Response, { part, from, url, file, onBytes }: Appending): Promise<void> {
  const output = await open(part, from === 0 ? "w" : "a").catch((cause: unknown) => {
    throw AppError.from(cause);
  });
  const reader = response.body!.getReader();
  let at = from;
  try {
    for (;;) {
      const { value } = await reader.read().catch((cause: unknown) => {
        throw new Transient(unreachable(url, cause));
      });
      if (value === undefined) break;
      if (at + value.length > file.numBytes)
        throw new AppError("E_FETCH_CORRUPT", { path: file.name, detail: `more comes than the ${file.numBytes} bytes it should have` });
      await output.writeFile(value).catch((cause: unknown) => {
        throw AppError.from(cause);
      });
      onBytes((at += value.length));
    }
    if (at < file.numBytes)
      throw new Transient(unreachable(url, new Error(`the connection was cut after ${at} of ${file.numBytes} bytes`)));
    await output.sync();
  } finally {
    await reader.cancel().catch(() => undefined);
    await output.close();
  }
}

/** How a file differs from what the hub lists, or null where it is the same. Read in pieces. */
async function differenceFrom(path: string, file: HubFile, signal: AbortSignal): Promise<string | null> {
  const hash = createHash(file.sha256 === null ? "sha1" : "sha256");
  if (file.sha256 === null) hash.update(`blob ${file.numBytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal })) hash.update(chunk as Uint8Array);
  const [found, listed] = [hash.digest("hex"), file.sha256 ?? file.gitSha1];
  return found === listed ? null : `its ${file.sha256 === null ? "Git digest" : "SHA-256"} is ${found}, the hub lists ${listed}`;
}
