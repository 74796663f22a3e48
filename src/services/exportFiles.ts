/**
 * @file The export itself, in the data worker: a page of trajectories at a time into temporary files, renamed once all are complete.
 *
 * Beside the rows goes a ledger, one line for each trajectory from which the format cannot carry something.
 */
import { createWriter } from "#core/trajectories/formats/createWriter.ts";
import type { WrittenTrajectory } from "#core/trajectories/formats/format.ts";
import { AppError } from "#contracts/errors.ts";
import type { ExportFormat, LedgerChange, TextFormat } from "#contracts/imports.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Trajectory } from "#contracts/trajectory.ts";
import type { Store } from "#store/index.ts";
import { createBesideReader } from "./besideFile.ts";
import { datasetCard } from "./datasetCard.ts";
import type { DataTask, TaskControl } from "./dataTask.ts";
import { createOutputs, type Outputs } from "./exportOutputs.ts";
import { createTableWriter } from "./exportTables.ts";
import { originalRow } from "./originalRow.ts";

type ExportTask = Extract<DataTask, { type: "export" }>;

export interface ExportResult {
  readonly trajectories: number;
  readonly rows: number;
  /** Trajectories from which the format could not carry something; each has a line in the ledger file. */
  readonly changed: number;
  readonly numBytes: number;
  readonly seconds: number;
  readonly files: readonly string[];
}

const PAGE = 500;
const LEDGER = "export-ledger.jsonl";
/** Formats in which each trajectory is a file of its own. */
const WITHOUT_MAIN_FILE: ReadonlySet<ExportFormat> = new Set(["toolbench-tree", "api-bank-dialogue"]);

interface Sink {
  write(trajectory: Trajectory): { readonly numRows: number; readonly changes: readonly LedgerChange[] };
  finish(numChanged: number): void;
}

export function exportFiles(store: Store, task: ExportTask, control: TaskControl): ExportResult {
  const startedAt = performance.now();
  const outputs = createOutputs(task.directory);
  const totals = { trajectories: 0, rows: 0, changed: 0 };
  try {
    const sink = isTextFormat(task.format) ? textSink(store, task.format, task.sourcesDir, outputs) : tableSink(store, task, outputs);
    for (const { trajectories, total } of pagesOf(store, task.filter)) {
      for (const trajectory of trajectories) {
        const { numRows, changes } = sink.write(trajectory);
        totals.rows += numRows;
        if (changes.length === 0) continue;
        totals.changed++;
        outputs.write(LEDGER, `${JSON.stringify({ trajectory: trajectory.id, rows: numRows, changes })}\n`);
      }
      totals.trajectories += trajectories.length;
      control.report({ phase: "writing", done: totals.trajectories, total });
      control.checkpoint();
    }
    sink.finish(totals.changed);
    outputs.write(LEDGER, "");
    const { files, numBytes } = outputs.finish();
    const seconds = (performance.now() - startedAt) / 1000;
    return { ...totals, numBytes, seconds, files };
  } catch (error) {
    outputs.discard();
    throw AppError.from(error);
  }
}

export const isTextFormat = (format: ExportFormat): format is TextFormat =>
  format !== "parquet" && format !== "huggingface" && format !== "huggingface-jsonl";

function* pagesOf(
  store: Store,
  filter: TrajectoryFilter,
): Generator<{ readonly trajectories: readonly Trajectory[]; readonly total: number }> {
  for (let done = 0; ;) {
    const page = store.lists.page(filter, done, PAGE);
    yield { trajectories: page.numbers.map((number) => store.trajectories.getByNumber(number).trajectory), total: page.total };
    done += page.numbers.length;
    if (page.numbers.length < PAGE) return;
  }
}

/** What a writer makes of a trajectory of this workspace. */
export function writeText(
  store: Store,
  writer: ReturnType<typeof createWriter>,
  sourcesDir: string,
  { id, split, ...content }: Trajectory,
  besideOf: ReturnType<typeof createBesideReader>,
): WrittenTrajectory {
  return writer.write(content, { id, split, original: () => originalRow(store, sourcesDir, id), beside: () => besideOf(id) });
}

function textSink(store: Store, format: TextFormat, sourcesDir: string, outputs: Outputs): Sink {
  const writer = createWriter(format);
  const besideOf = createBesideReader(store, sourcesDir);
  const main = `trajectories${writer.extension}`;
  const hasMain = !WITHOUT_MAIN_FILE.has(format);
  if (hasMain) outputs.write(main, writer.begin);
  return {
    write(trajectory) {
      const { text, path, beside = [], numRows, changes } = writeText(store, writer, sourcesDir, trajectory, besideOf);
      if (path !== undefined) outputs.whole(path, text);
      else if (text !== "") outputs.write(main, text);
      for (const other of beside) outputs.write(other.path, other.text);
      return { numRows, changes };
    },
    finish() {
      if (hasMain) outputs.write(main, writer.end());
    },
  };
}

function tableSink(store: Store, { format, filter }: ExportTask, outputs: Outputs): Sink {
  if (isTextFormat(format)) throw new AppError("E_BUG", { detail: `${format} is no table` });
  const table = createTableWriter(format, outputs);
  return {
    write: (trajectory) => table.write(trajectory),
    finish(numChanged) {
      const counts = table.finish();
      if (format !== "parquet") outputs.write("README.md", datasetCard(store, { format, filter, counts, numChanged }));
    },
  };
}
