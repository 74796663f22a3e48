/** @file What an export would write and leave out: the first trajectories of the filter, written on trial into memory. */
import { createWriter } from "#core/trajectories/formats/createWriter.ts";
import type { WrittenTrajectory } from "#core/trajectories/formats/format.ts";
import type { ExportFormat, LedgerChange, TextFormat } from "#contracts/imports.ts";
import type { ExportPreview } from "#contracts/previews.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Trajectory } from "#contracts/trajectory.ts";
import { createBesideReader } from "./besideFile.ts";
import type { Core } from "./core.ts";
import { isTextFormat, writeText } from "./exportFiles.ts";
import { tableRowWithLosses } from "./exportTables.ts";

export interface PreviewRequest {
  readonly format: ExportFormat;
  readonly filter: TrajectoryFilter;
  /** Trajectories whose text is shown. */
  readonly limit: number;
}

/** Trajectories that are tried for what they would lose. */
const MAX_TRIED = 200;
const MAX_CHARACTERS = 12_000;

export function previewExport(core: Core, { format, filter, limit }: PreviewRequest): ExportPreview {
  const { total, numbers } = core.store.lists.page(filter, 0, MAX_TRIED);
  const trajectories = numbers.map((number) => core.store.trajectories.getByNumber(number).trajectory);
  const tried = isTextFormat(format) ? tryText(core, format, trajectories, limit) : tryTable(format, trajectories, limit);
  const files = [...tried.files].map(([path, text]) => ({
    path,
    text: text.slice(0, MAX_CHARACTERS),
    isCut: text.length > MAX_CHARACTERS,
  }));
  return { total, numTried: trajectories.length, ...countsOf(tried.changes), files };
}

interface Tried {
  readonly files: ReadonlyMap<string, string>;
  /** Of each trajectory. */
  readonly changes: readonly (readonly LedgerChange[])[];
}

function tryText(core: Core, format: TextFormat, trajectories: readonly Trajectory[], limit: number): Tried {
  const files = new Map<string, string>();
  const [shown, others] = [createWriter(format), createWriter(format)];
  const besideOf = createBesideReader(core.store, core.paths.sources);
  const main = `trajectories${shown.extension}`;
  const add = (path: string, text: string): void => {
    if (text !== "") files.set(path, (files.get(path) ?? "") + text);
  };
  add(main, shown.begin);
  const changes = trajectories.map((trajectory, i) => {
    const written: WrittenTrajectory = writeText(core.store, i < limit ? shown : others, core.paths.sources, trajectory, besideOf);
    if (i < limit) {
      add(written.path ?? main, written.text);
      for (const { path, text } of written.beside ?? []) add(path, text);
    }
    return written.changes;
  });
  add(main, shown.end());
  return { files, changes };
}

function tryTable(format: ExportFormat, trajectories: readonly Trajectory[], limit: number): Tried {
  const files = new Map<string, string>();
  const changes = trajectories.map((trajectory, i) => {
    const { row, changes: lost } = tableRowWithLosses(trajectory);
    if (i < limit) {
      const path = format === "parquet" ? "trajectories.parquet" : `${trajectory.split}.${format === "huggingface" ? "parquet" : "jsonl"}`;
      const text = format === "huggingface-jsonl" ? JSON.stringify(row) : JSON.stringify(row, null, 2);
      files.set(path, `${files.get(path) ?? ""}${text}\n`);
    }
    return lost;
  });
  return { files, changes };
}

function countsOf(changes: readonly (readonly LedgerChange[])[]): Pick<ExportPreview, "numChanged" | "changes"> {
  const byRule = new Map<string, { count: number; readonly example: string }>();
  for (const each of changes) {
    for (const { rule, detail } of each) {
      const known = byRule.get(rule);
      if (known === undefined) byRule.set(rule, { count: 1, example: detail });
      else known.count++;
    }
  }
  const counted = [...byRule].map(([rule, { count, example }]) => ({ rule, count, example })).sort((a, b) => b.count - a.count);
  return { numChanged: changes.filter((each) => each.length > 0).length, changes: counted };
}
