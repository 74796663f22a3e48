/** @file Writing a run's example file in one pass, and the scratch file of its sequences until it is known which of them hold which. */
import { open, rm, type FileHandle } from "node:fs/promises";
import type { Split } from "#contracts/trajectory.ts";
import {
  decodeRecord,
  encodeIndex,
  encodeRecord,
  EXAMPLE_FILE_START,
  EXAMPLE_FILE_VERSION,
  recordBytes,
  type ExampleFileOrigin,
} from "#core/training/exampleFile.ts";
import { mergeInto, openSequence, PrefixFinder } from "#core/training/mergePrefixes.ts";
import type { TrainExample } from "#core/training/microBatch.ts";

const WRITE_BYTES = 1 << 20;

/** Appends to a file in chunks. */
class ChunkedFile {
  readonly #file: FileHandle;
  #chunks: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= WRITE_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    // writeFile goes on until everything is written; a plain write may stop short.
    await this.#file.writeFile(Buffer.concat(this.#chunks));
    this.#chunks = [];
    this.#pendingBytes = 0;
  }
}

/** Writes records as they come and keeps the index for the end. */
export class ExampleWriter {
  readonly #out: ChunkedFile;
  readonly #index = { trajectoryIds: [] as string[], splits: [] as Split[], lengths: [] as number[], checksums: [] as number[] };

  constructor(file: FileHandle) {
    this.#out = new ChunkedFile(file);
  }

  async start(): Promise<void> {
    await this.#out.write(EXAMPLE_FILE_START);
  }

  async add(trajectoryId: string, split: Split, example: TrainExample): Promise<void> {
    const { bytes, checksum } = encodeRecord(example);
    this.#index.trajectoryIds.push(trajectoryId);
    this.#index.splits.push(split);
    this.#index.lengths.push(example.inputIds.length);
    this.#index.checksums.push(checksum);
    await this.#out.write(bytes);
  }

  async finish(origin: ExampleFileOrigin): Promise<void> {
    await this.#out.write(encodeIndex({ version: EXAMPLE_FILE_VERSION, ...origin, ...this.#index }));
    await this.#out.flush();
  }
}

/** A sequence and the indices of those whose labels it carries, its own first. */
export interface MergedSequence {
  readonly example: TrainExample;
  readonly members: readonly number[];
}

/** Sequences on disk while they are compared, so that memory holds a few numbers of each and not its tokens. */
export class SequenceScratch {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #out: ChunkedFile;
  readonly #finder = new PrefixFinder();
  readonly #lengths: number[] = [];
  readonly #offsets: number[] = [0];

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
    this.#out = new ChunkedFile(file);
  }

  static async open(path: string): Promise<SequenceScratch> {
    return new SequenceScratch(path, await open(path, "w+"));
  }

  /** @returns its index, counted from 0 */
  async add(example: TrainExample): Promise<number> {
    const { bytes } = encodeRecord(example);
    this.#finder.add(example);
    this.#offsets.push(this.#offsets.at(-1)! + bytes.length);
    await this.#out.write(bytes);
    return this.#lengths.push(example.inputIds.length) - 1;
  }

  /**
   * All that were added, in their order, those left out that another holds.
   *
   * @param pace awaited between sequences
   */
  async *merged(pace: () => Promise<void>): AsyncGenerator<MergedSequence> {
    await this.#out.flush();
    const count = this.#lengths.length;
    for (let i = 0; i < count; i++) {
      await pace();
      this.#finder.offer(i, await this.#read(i));
    }
    const guestsOf = new Map<number, number[]>();
    for (let i = 0; i < count; i++) {
      const host = this.#finder.hostOf(i);
      if (host !== -1) guestsOf.set(host, [...(guestsOf.get(host) ?? []), i]);
    }
    for (let i = 0; i < count; i++) {
      if (this.#finder.hostOf(i) !== -1) continue;
      await pace();
      const example = openSequence(await this.#read(i));
      const members = [i];
      for (const guest of guestsOf.get(i) ?? []) {
        const sequence = await this.#read(guest);
        if (mergeInto(example, sequence)) members.push(guest);
        else yield { example: sequence, members: [guest] };
      }
      yield { example, members };
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  async #read(index: number): Promise<TrainExample> {
    const length = this.#lengths[index]!;
    const bytes = new Uint8Array(recordBytes(length));
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await this.#file.read(bytes, at, bytes.length - at, this.#offsets[index]! + at);
      if (bytesRead === 0) throw new Error(`${this.#path} ends within sequence ${index}`);
      at += bytesRead;
    }
    return decodeRecord(bytes, length);
  }
}
