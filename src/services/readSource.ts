/** @file The rows of a kept source made ready for the store: everything of an import that needs no database. */
import { createReader } from "#core/trajectories/formats/createReader.ts";
import type { Settled } from "#core/trajectories/formats/format.ts";
import { createRowScanner, type ScannedRow } from "#core/trajectories/scanRows.ts";
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
 * Reads a file to its end; every row of it is in exactly one packet.
 *
 * @param readNext  fills the buffer with what comes next and returns how much that is; 0 at the end
 */
export function* readSource(readNext: (chunk: Uint8Array) => number, format: ImportFormat): Generator<SourcePacket> {
  const scanner = createRowScanner();
  const reader = createReader(format);
  const encode = createContentEncoder();
  const ready = (settled: Settled): ReadTrajectory | Refused => {
    if (settled.kind === "refused") return settled;
    const { content, rows } = settled;
    return { kind: "trajectory", content: encode(content), summary: summaryOf(content), split: assignSplit(content), rows };
  };
  let entries: (ReadTrajectory | Refused)[] = [];
  let byteOffset = 0;
  const read = ({ rowIndex, byteOffset: at, byteLength, ...row }: ScannedRow): void => {
    const settled: readonly Settled[] = row.ok
      ? reader.push(rowIndex, at, byteLength, row.text)
      : [{ kind: "refused", row: { rowIndex, byteOffset: at, byteLength }, refusal: row.refusal }];
    for (const each of settled) entries.push(ready(each));
    byteOffset = at + byteLength;
  };
  function* handOver(): Generator<SourcePacket> {
    for (let i = 0; i < entries.length; i += PACKET_ENTRIES) yield packetOf(entries.slice(i, i + PACKET_ENTRIES), byteOffset);
    entries = [];
  }
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let startedAt = performance.now();
  for (let size = readNext(chunk); size > 0; size = readNext(chunk)) {
    for (const row of scanner.push(chunk.subarray(0, size))) {
      read(row);
      if (performance.now() - startedAt < PACKET_MS) continue;
      yield* handOver();
      startedAt = performance.now();
    }
  }
  scanner.finish().forEach(read);
  for (const each of reader.finish()) entries.push(ready(each));
  yield* handOver();
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
