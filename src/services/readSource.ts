/** @file The rows of a kept source made ready for the store: everything of an import that needs no database. */
import type { ReaderContext } from "#core/trajectories/formats/createReader.ts";
import { createFileReader, type ReadRows } from "#core/trajectories/formats/fileReader.ts";
import type { Settled } from "#core/trajectories/formats/format.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import type { ImportFormat } from "#contracts/imports.ts";
import type { Split } from "#contracts/trajectory.ts";
import { createContentEncoder, type ContentSummary, type EncodedContent } from "#store/index.ts";
import { assignSplit } from "./assignSplit.ts";

const CHUNK_BYTES = 2 ** 20;
/** A packet is handed over once reading it has taken this long: what is written at once is then short, and the core's own writes hardly wait. */
const PACKET_MS = 50;
/** The most that one packet holds, where a reader hands out many trajectories at once. */
const PACKET_ENTRIES = 1000;

type Refused = Extract<Settled, { kind: "refused" }>;
type Trajectory = Extract<Settled, { kind: "trajectory" }>;

export interface ReadTrajectory {
  readonly kind: "trajectory";
  readonly content: EncodedContent;
  readonly summary: ContentSummary;
  readonly split: Split;
  readonly rows: Trajectory["rows"];
}

/** What some rows became, in the order they settled. */
export interface SourcePacket {
  readonly entries: readonly (ReadTrajectory | Refused)[];
  /** How far the file is read. */
  readonly byteOffset: number;
  /** Of its texts: what it takes to hold it. */
  readonly numCharacters: number;
}

/**
 * Reads a file to its end, from front to back; every row of it is in exactly one packet.
 *
 * @param readNext  fills the buffer with what comes next and returns how much that is; 0 at the end
 */
export function* readSource(
  readNext: (chunk: Uint8Array) => number,
  format: Exclude<ImportFormat, "parquet">,
  context: ReaderContext = {},
): Generator<SourcePacket> {
  const reader = createFileReader(format, context);
  const packer = createPacker();
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let size = readNext(chunk); size > 0; size = readNext(chunk)) {
    for (const rows of reader.push(chunk.subarray(0, size))) {
      packer.add(rows);
      if (packer.isDue()) yield* packer.take();
    }
  }
  for (const rows of reader.finish()) packer.add(rows);
  yield* packer.take();
}

/** The same of rows that come from elsewhere. */
export async function* packetsOf(read: AsyncIterable<ReadRows>): AsyncGenerator<SourcePacket> {
  const packer = createPacker();
  for await (const rows of read) {
    packer.add(rows);
    if (packer.isDue()) yield* packer.take();
  }
  yield* packer.take();
}

interface Packer {
  add(rows: ReadRows): void;
  isDue(): boolean;
  take(): Generator<SourcePacket>;
}

function createPacker(): Packer {
  const encode = createContentEncoder();
  const ready = (settled: Settled): ReadTrajectory | Refused => {
    if (settled.kind === "refused") return settled;
    const { content, rows, split } = settled;
    return { kind: "trajectory", content: encode(content), summary: summaryOf(content), split: split ?? assignSplit(content), rows };
  };
  let entries: (ReadTrajectory | Refused)[] = [];
  let byteOffset = 0;
  let startedAt = performance.now();
  return {
    add(rows) {
      for (const each of rows.settled) entries.push(ready(each));
      byteOffset = Math.max(byteOffset, rows.byteOffset);
    },
    isDue: () => performance.now() - startedAt >= PACKET_MS,
    *take() {
      for (let i = 0; i < entries.length; i += PACKET_ENTRIES) yield packetOf(entries.slice(i, i + PACKET_ENTRIES), byteOffset);
      entries = [];
      startedAt = performance.now();
    },
  };
}

function packetOf(entries: SourcePacket["entries"], byteOffset: number): SourcePacket {
  let numCharacters = 0;
  for (const entry of entries) {
    if (entry.kind === "refused") continue;
    numCharacters += entry.content.body.length;
    for (const { body } of entry.content.newParts) numCharacters += body.length;
  }
  return { entries, byteOffset, numCharacters };
}
