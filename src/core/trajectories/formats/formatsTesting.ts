/** @file For the tests of the formats: whole files in and out, and the real data beside the checkout. */
import type { ImportFormat, LedgerChange, TextFormat } from "#contracts/imports.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import type { ReaderContext } from "./createReader.ts";
import { createWriter } from "./createWriter.ts";
import { createFileReader } from "./fileReader.ts";
import type { AboutTrajectory, Settled } from "./format.ts";

export interface ReadFile {
  readonly settled: readonly Settled[];
  readonly contents: readonly TrajectoryContent[];
  readonly numRows: number;
}

export function readFile(
  format: Exclude<ImportFormat, "parquet">,
  text: string,
  context: ReaderContext = {},
  chunkBytes = 1 << 20,
): ReadFile {
  const reader = createFileReader(format, context);
  const settled: Settled[] = [];
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const rows of reader.push(bytes.slice(at, at + chunkBytes))) settled.push(...rows.settled);
  }
  for (const rows of reader.finish()) settled.push(...rows.settled);
  const numRows = settled.reduce((sum, entry) => sum + (entry.kind === "refused" ? 1 : entry.rows.length), 0);
  return { settled, contents: settled.flatMap((entry) => (entry.kind === "trajectory" ? [entry.content] : [])), numRows };
}

export interface WrittenFiles {
  /** The main file. */
  readonly text: string;
  /** Files of their own and files beside, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Of each trajectory. */
  readonly changes: readonly (readonly LedgerChange[])[];
}

export function writeFiles(
  format: TextFormat,
  contents: readonly TrajectoryContent[],
  about: readonly Partial<AboutTrajectory>[] = [],
): WrittenFiles {
  const writer = createWriter(format);
  const files = new Map<string, string>();
  let text = writer.begin;
  const changes = contents.map((content, i) => {
    const written = writer.write(content, { id: `T-${String(i + 1).padStart(5, "0")}`, split: "train", ...about[i] });
    if (written.path === undefined) text += written.text;
    else files.set(written.path, written.text);
    for (const beside of written.beside ?? []) files.set(beside.path, (files.get(beside.path) ?? "") + beside.text);
    return written.changes;
  });
  return { text: text + writer.end(), files, changes };
}

export const writeFile = (format: TextFormat, contents: readonly TrajectoryContent[]): string => writeFiles(format, contents).text;

/** Indices of all rows that were settled, in order; equal to 0..n-1 if each was settled exactly once. */
export const settledRows = ({ settled }: ReadFile): readonly number[] =>
  settled
    .flatMap((entry) => (entry.kind === "refused" ? [entry.row.rowIndex] : entry.rows.map((row) => row.rowIndex)))
    .sort((a, b) => a - b);

export const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
