/** @file What a benchmark prints: measures with their bars, and whether they hold. */
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";

export interface Measure {
  readonly measure: string;
  /** Null where it could not be measured. */
  readonly value: number | null;
  readonly unit: string;
  /** What has to hold; null where the measure only informs. */
  readonly bar: string | null;
  /** What is aimed for beyond the bar; null where nothing is. */
  readonly goal: string | null;
  /** Null where there is no bar, or nothing was measured. */
  readonly holds: boolean | null;
  readonly reachesGoal: boolean | null;
  /** Smallest and largest of the repeats. */
  readonly interval: readonly [number, number] | null;
}

/** What a benchmark found. */
export interface BenchOutcome {
  readonly measures: readonly Measure[];
  /** Under what the numbers were measured, a sentence each: versions, precision, threads, padding, truncation. */
  readonly conditions?: readonly string[];
  /** How many times faster than the peer; above 1 we are faster. */
  readonly ratioToPeer?: number;
}

export interface BenchReport {
  readonly name: string;
  readonly machine: string;
  readonly measures: readonly Measure[];
  readonly conditions: readonly string[];
  readonly ratioToPeer: number | null;
  readonly holds: boolean;
}

export interface BenchOptions {
  /** Arguments after the benchmark's name, `--json` left out. */
  readonly args: readonly string[];
  /** Progress, for people. */
  readonly note: (line: string) => void;
}

export type Bench = (options: BenchOptions) => Promise<BenchOutcome>;

export function reportOf(name: string, { measures, conditions = [], ratioToPeer }: BenchOutcome): BenchReport {
  const machine = `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}, Node ${process.versions.node}`;
  return {
    name,
    machine,
    measures,
    conditions,
    ratioToPeer: ratioToPeer === undefined ? null : rounded(ratioToPeer),
    holds: measures.every((measure) => measure.holds !== false),
  };
}

/** A measure that must stay at or below a bar. The median of the repeats is what counts. */
export function atMost(measure: string, repeats: readonly number[], unit: string, bar: number, goal?: number): Measure {
  return compared({ measure, repeats, unit, bar, goal, sign: "<=", isWithin: (value, limit) => value <= limit });
}

/** A measure that must reach a bar. The median of the repeats is what counts. */
export function atLeast(measure: string, repeats: readonly number[], unit: string, bar: number, goal?: number): Measure {
  return compared({ measure, repeats, unit, bar, goal, sign: ">=", isWithin: (value, limit) => value >= limit });
}

/** A mean with the interval it lies in; the mean is what counts. */
export function estimated(
  measure: string,
  { value, interval }: { readonly value: number; readonly interval: readonly [number, number] },
  unit: string,
  bar?: number,
): Measure {
  const told = bar === undefined ? informs(measure, [value], unit) : atLeast(measure, [value], unit, bar);
  return { ...told, interval: [rounded(interval[0]), rounded(interval[1])] };
}

/** A measure of which a share of all values, say 0.95 of them, must stay at or below a bar; without one, it only informs. */
export function mostOf(measure: string, values: readonly number[], share: number, unit: string, bar?: number, goal?: number): Measure {
  const most = percentile(values, share);
  const told = bar === undefined ? informs(measure, [most], unit) : atMost(measure, [most], unit, bar, goal);
  return { ...told, interval: intervalOf(values) };
}

interface Comparison {
  readonly measure: string;
  readonly repeats: readonly number[];
  readonly unit: string;
  readonly bar: number;
  readonly goal: number | undefined;
  readonly sign: string;
  readonly isWithin: (value: number, limit: number) => boolean;
}

function compared({ measure, repeats, unit, bar, goal, sign, isWithin }: Comparison): Measure {
  const value = median(repeats);
  return {
    measure,
    value: rounded(value),
    unit,
    bar: `${sign} ${bar}`,
    goal: goal === undefined ? null : `${sign} ${goal}`,
    holds: isWithin(value, bar),
    reachesGoal: goal === undefined ? null : isWithin(value, goal),
    interval: intervalOf(repeats),
  };
}

/** A measure that only informs. */
export function informs(measure: string, repeats: readonly number[], unit: string): Measure {
  const none = { bar: null, goal: null, holds: null, reachesGoal: null };
  return { measure, value: rounded(median(repeats)), unit, ...none, interval: intervalOf(repeats) };
}

/** The line of a bar that could not be measured here; the conditions say why. */
export function notMeasured(measure: string, unit: string, bar: string, goal: string | null = null): Measure {
  return { measure, value: null, unit, bar, goal, holds: null, reachesGoal: null, interval: null };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that at least this share of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

function intervalOf(values: readonly number[]): readonly [number, number] | null {
  return values.length < 2 ? null : [rounded(Math.min(...values)), rounded(Math.max(...values))];
}

/** Four significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** One line a measure, then the conditions, for people. */
export function tableOf({ measures, conditions, machine }: BenchReport): string {
  return [...measures.map(lineOf), ...conditions, machine].join("\n");
}

function lineOf({ measure, value, unit, bar, goal, holds, reachesGoal, interval }: Measure): string {
  const range = interval === null ? "" : `  [${interval[0]}, ${interval[1]}]`;
  const aim = goal === null ? "" : `; goal ${goal}${reachesGoal === null ? "" : reachesGoal ? ", reached" : ", not reached"}`;
  const verdict = bar === null ? "" : `  ${holds === null ? "not measured" : holds ? "holds" : "DOES NOT HOLD"} (${bar}${aim})`;
  return `${measure.padEnd(44)} ${String(value ?? "-").padStart(10)} ${unit}${range}${verdict}`;
}
