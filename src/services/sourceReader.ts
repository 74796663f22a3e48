/**
 * @file Reads a source in a thread of its own, so that copying a large file, parsing it and writing what was read share the time.
 *
 * Two numbers steer the thread: how much of the file may be read, since a copy is read while it grows; and how much it may still hand
 * over, which the writer raises again as it writes. The second bounds the memory and stops the reading where the writing is paused.
 */
import { on } from "node:events";
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort, Worker } from "node:worker_threads";
import { AppError } from "#contracts/errors.ts";
import type { SerializedError } from "#contracts/trainer.ts";
import type { ImportFormat } from "#contracts/imports.ts";
import type { ReaderContext } from "#core/trajectories/formats/createReader.ts";
import { readParquet } from "./parquetFile.ts";
import { packetsOf, readSource, type SourcePacket } from "./readSource.ts";

/** Smaller files are read before a thread has started. */
const THREAD_FROM_BYTES = 8 * 2 ** 20;
/** Characters read and not yet written: a few seconds of reading, the time a copy takes. */
const MAX_CHARACTERS_AHEAD = 128 * 2 ** 20;
const MAX_HEAP_MB = 1024;
/** Parsed rows live for milliseconds; with room for them the collector seldom runs: a third less time in all. */
const YOUNG_HEAP_MB = 64;

const READABLE_BYTES = 0;
const CHARACTERS_ALLOWED = 1;
const TO_THE_END = 2n ** 62n;

export interface SourceFile {
  readonly descriptor: number;
  readonly format: ImportFormat;
  /** Of the whole file. */
  readonly numBytes: number;
  /** As the person named it. */
  readonly path: string;
  readonly context: ReaderContext;
}

export interface SourceReaderInput {
  readonly file: SourceFile;
  readonly limits: BigInt64Array<SharedArrayBuffer>;
}

type FromReader =
  | { readonly type: "packet"; readonly packet: SourcePacket }
  | { readonly type: "end" }
  | { readonly type: "failed"; readonly error: SerializedError };

export interface SourceReader {
  /** The file is whole, or growing and valid as far as this many bytes. */
  mayRead(numBytes: number | "to the end"): void;
  /** To be gone through once, to its end. */
  packets(): AsyncIterable<SourcePacket>;
  close(): Promise<void>;
}

/**
 * @param copy   exists; may still be written to, and renamed
 * @param entry  file of the thread, which calls `serveSourceReader`
 */
export function openSourceReader(copy: string, about: Omit<SourceFile, "descriptor">, entry: string): SourceReader {
  const descriptor = openSync(copy, "r");
  const { numBytes, path } = about;
  const file: SourceFile = { ...about, descriptor };
  if (numBytes < THREAD_FROM_BYTES) {
    return {
      mayRead: () => undefined,
      async *packets() {
        yield* packetsIn(file, (chunk) => readSync(descriptor, chunk));
      },
      close: () => Promise.resolve(closeSync(descriptor)),
    };
  }
  const limits = new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT));
  limits[CHARACTERS_ALLOWED] = BigInt(MAX_CHARACTERS_AHEAD);
  const workerData: SourceReaderInput = { file, limits };
  const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: YOUNG_HEAP_MB };
  const thread = new Worker(entry, { workerData, resourceLimits });
  // from the start: what arrives before anybody asks for it waits here
  const messages = on(thread, "message", { close: ["exit"] }) as AsyncIterable<[FromReader]>;
  return {
    mayRead: (bytes) => {
      Atomics.store(limits, READABLE_BYTES, bytes === "to the end" ? TO_THE_END : BigInt(bytes));
      Atomics.notify(limits, READABLE_BYTES);
    },
    async *packets() {
      for await (const [message] of messages) {
        if (message.type === "end") return;
        if (message.type === "failed") throw AppError.from(message.error);
        yield message.packet;
        Atomics.add(limits, CHARACTERS_ALLOWED, BigInt(message.packet.numCharacters));
        Atomics.notify(limits, CHARACTERS_ALLOWED);
      }
      throw new AppError("E_BUG", { detail: `the reader of ${path} ended before the file did` });
    },
    close: async () => {
      await thread.terminate();
      closeSync(descriptor);
    },
  };
}

function packetsIn(file: SourceFile, readNext: (chunk: Uint8Array) => number): Iterable<SourcePacket> | AsyncIterable<SourcePacket> {
  const { descriptor, format, numBytes, path, context } = file;
  return format === "parquet" ? packetsOf(readParquet(descriptor, numBytes, path)) : readSource(readNext, format, context);
}

/** The thread's side. The descriptor stays the other thread's to close. */
export async function serveSourceReader({ file, limits }: SourceReaderInput): Promise<void> {
  const post = (message: FromReader) => parentPort!.postMessage(message);
  let position = 0;
  const readNext = (chunk: Uint8Array): number => {
    const readable = Number(waitAbove(limits, READABLE_BYTES, BigInt(position))) - position;
    const size = readSync(file.descriptor, chunk, 0, Math.min(chunk.length, readable), position);
    position += size;
    return size;
  };
  try {
    // a Parquet file begins with its end: the copy has to be whole
    if (file.format === "parquet") waitAbove(limits, READABLE_BYTES, BigInt(file.numBytes) - 1n);
    for await (const packet of packetsIn(file, readNext)) {
      waitAbove(limits, CHARACTERS_ALLOWED, 0n);
      Atomics.sub(limits, CHARACTERS_ALLOWED, BigInt(packet.numCharacters));
      post({ type: "packet", packet });
    }
    post({ type: "end" });
  } catch (thrown) {
    const { code, params, stack } = AppError.from(thrown).toJSON();
    post({ type: "failed", error: { code, params, ...(stack === undefined ? {} : { stack }) } });
  }
}

/** Waits until a number that only others raise is above `bound`, and returns it. */
function waitAbove(numbers: BigInt64Array<SharedArrayBuffer>, index: number, bound: bigint): bigint {
  for (;;) {
    const value = Atomics.load(numbers, index);
    if (value > bound) return value;
    Atomics.wait(numbers, index, value);
  }
}
