/** @file For the tests of the formats: whole files in and out, and the real data beside the checkout. */
import type { ExportFormat, ImportFormat } from "#contracts/imports.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { createRowScanner } from "../scanRows.ts";
import { createReader } from "./createReader.ts";
import { createWriter } from "./createWriter.ts";
import type { Settled } from "./format.ts";

export interface ReadFile {
  readonly settled: readonly Settled[];
  readonly contents: readonly TrajectoryContent[];
  readonly numRows: number;
}

export function readFile(format: ImportFormat, text: string): ReadFile {
  const scanner = createRowScanner();
  const reader = createReader(format);
  const settled: Settled[] = [];
  let numRows = 0;
  for (const row of [...scanner.push(new TextEncoder().encode(text)), ...scanner.finish()]) {
    numRows++;
    const { rowIndex, byteOffset, byteLength } = row;
    if (row.ok) settled.push(...reader.push(rowIndex, byteOffset, byteLength, row.text));
    else settled.push({ kind: "refused", row: { rowIndex, byteOffset, byteLength }, refusal: row.refusal });
  }
  settled.push(...reader.finish());
  return { settled, contents: settled.flatMap((entry) => (entry.kind === "trajectory" ? [entry.content] : [])), numRows };
}

export function writeFile(format: ExportFormat, contents: readonly TrajectoryContent[]): string {
  const writer = createWriter(format);
  return writer.begin + contents.map((content) => writer.write(content).text).join("") + writer.end();
}

/** Indices of all rows that were settled, in order; equal to 0..n-1 if each was settled exactly once. */
export const settledRows = ({ settled }: ReadFile): readonly number[] =>
  settled
    .flatMap((entry) => (entry.kind === "refused" ? [entry.row.rowIndex] : entry.rows.map((row) => row.rowIndex)))
    .sort((a, b) => a - b);

export const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
