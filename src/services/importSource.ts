/**
 * @file One source, in the data worker: what its rows became is written in short transactions.
 *
 * A transaction holds whole trajectories with the ledger lines of all their rows. (source, row index) is the key: an import that was
 * killed reads the file again and leaves out what is settled, so that no row comes in twice and none is missing.
 */
import type { Store } from "#store/index.ts";
import type { StoredSource } from "#store/sources.ts";
import type { SourcePacket } from "./readSource.ts";

/** How far a source is read. */
export interface SourceProgress {
  readonly byteOffset: number;
  readonly rows: number;
  /** Rows that were settled by an earlier import, of this file or of an earlier version of it. */
  readonly alreadyImported: number;
}

/** Writes what the packets hold and returns their rows; `onBatch` is called after each transaction and may throw to stop. */
export async function importSource(
  store: Store,
  source: StoredSource,
  packets: AsyncIterable<SourcePacket>,
  onBatch: (progress: SourceProgress) => void,
): Promise<number> {
  const settled = settledBits(store.sources.settledRows(source.id));
  const writer = createBatchWriter(store, source, settled.bits);
  const alreadyImported = (): number => settled.count + writer.rowsHereBefore();
  for await (const { entries, byteOffset } of packets) {
    writer.write(entries);
    onBatch({ byteOffset, rows: writer.rowsSeen(), alreadyImported: alreadyImported() });
  }
  store.sources.markFinished(source.id, alreadyImported());
  return writer.rowsSeen();
}

type Entry = SourcePacket["entries"][number];

interface BatchWriter {
  write(batch: readonly Entry[]): void;
  /** Rows written or found settled so far. */
  rowsSeen(): number;
  /** Rows whose trajectory an earlier version of the file had brought in. */
  rowsHereBefore(): number;
}

function createBatchWriter(store: Store, source: StoredSource, settled: Uint8Array): BatchWriter {
  const at = new Date().toISOString();
  const revision = { author: "import", reason: "imported", at };
  const sourceId = source.id;
  // A file that was corrected and imported again adds only what is new in it.
  const earlier = store.sources.earlierVersions(source);
  let rowsSeen = 0;
  let rowsHereBefore = 0;
  const isSettled = (rowIndex: number): boolean => settled[rowIndex] === 1;

  const writeEntry = (entry: Entry, counts: Counts): void => {
    if (entry.kind === "refused") {
      rowsSeen++;
      if (isSettled(entry.row.rowIndex)) return;
      counts.refused++;
      store.sources.addLedgerRow(sourceId, { ...entry.row, outcome: "refused", trajectory: null, changes: [], refusal: entry.refusal });
      return;
    }
    rowsSeen += entry.rows.length;
    const rows = entry.rows.filter((row) => !isSettled(row.rowIndex));
    if (rows.length === 0) return;
    const contentId = store.contents.writeEncoded(entry.content, entry.summary);
    const known = earlier.length === 0 ? null : store.trajectories.importedBefore(contentId, earlier, sourceId);
    const trajectory = known ?? store.trajectories.add({ sourceId, split: entry.split, contentId, ...revision });
    if (known === null) counts.trajectories++;
    else rowsHereBefore += rows.length;
    for (const row of rows) {
      counts[row.outcome]++;
      store.sources.addLedgerRow(sourceId, { ...row, trajectory });
    }
  };

  return {
    write(batch) {
      const counts: Counts = { taken: 0, changed: 0, refused: 0, trajectories: 0 };
      store.transaction(() => {
        for (const entry of batch) writeEntry(entry, counts);
        store.sources.addCounts(sourceId, counts);
      });
    },
    rowsSeen: () => rowsSeen,
    rowsHereBefore: () => rowsHereBefore,
  };
}

interface Counts {
  taken: number;
  changed: number;
  refused: number;
  trajectories: number;
}

/** One byte a row, 1 where it has its ledger line; `rows` ascend. */
function settledBits(rows: readonly number[]): { readonly bits: Uint8Array; readonly count: number } {
  const bits = new Uint8Array((rows.at(-1) ?? -1) + 1);
  for (const row of rows) bits[row] = 1;
  return { bits, count: rows.length };
}
