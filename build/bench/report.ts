/** @file What a benchmark prints: measures with their bars, and whether they hold. */
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";

export interface Measure {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** What has to hold; null where the measure only informs. */
  readonly bar: string | null;
  readonly goal: string | null;
  readonly holds: boolean | null;
  /** Smallest and largest of the repeats. */
  readonly interval: readonly [number, number] | null;
}

export interface BenchReport {
  readonly name: string;
  readonly machine: string;
  readonly measures: readonly Measure[];
  readonly holds: boolean;
}

export interface BenchOptions {
  /** Arguments after the benchmark's name, `--json` left out. */
  readonly args: readonly string[];
  /** Progress, for people. */
  readonly note: (line: string) => void;
}

export type Bench = (options: BenchOptions) => Promise<readonly Measure[]>;

export function reportOf(name: string, measures: readonly Measure[]): BenchReport {
  const machine = `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}, Node ${process.versions.node}`;
  return { name, machine, measures, holds: measures.every((measure) => measure.holds !== false) };
}

/** A measure that must stay at or below a bar. The median of the repeats is what counts. */
export function atMost(measure: string, repeats: readonly number[], unit: string, bar: number): Measure {
  const value = median(repeats);
  return { measure, value: rounded(value), unit, bar: `<= ${bar}`, goal: null, holds: value <= bar, interval: intervalOf(repeats) };
}

/** A measure that only informs. */
export function informs(measure: string, repeats: readonly number[], unit: string): Measure {
  return { measure, value: rounded(median(repeats)), unit, bar: null, goal: null, holds: null, interval: intervalOf(repeats) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function intervalOf(values: readonly number[]): readonly [number, number] | null {
  return values.length < 2 ? null : [rounded(Math.min(...values)), rounded(Math.max(...values))];
}

/** Four significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
