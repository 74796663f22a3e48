/**
 * @file The trainer's own record of what it measured, one JSON line each, beside the checkpoints.
 *
 * The core writes points into the database as it hears of them. A core that was killed heard less than its trainer went on to save; the
 * journal then gives what lies between, so that a checkpoint never is ahead of its curve.
 */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EvalMetrics, LossSum, StepMetrics } from "#contracts/run.ts";

const JOURNAL = "metrics.jsonl";

type JournalEntry = { readonly step: StepMetrics } | { readonly eval: EvalMetrics };

export interface RunJournal {
  add(entry: JournalEntry): void;
  /** Called before a checkpoint is written, so that the journal never lacks a step that a checkpoint has. */
  flush(): void;
  close(): void;
}

export function openJournal(runDir: string): RunJournal {
  const file = openSync(join(runDir, JOURNAL), "a");
  // A line that a crash cut short must not swallow the next one.
  writeSync(file, "\n");
  return {
    add: (entry) => void writeSync(file, `${JSON.stringify(entry)}\n`),
    flush: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

export interface JournalContents {
  /** By step; where a step was made more than once, the last time. */
  readonly steps: ReadonlyMap<number, StepMetrics>;
  readonly evals: ReadonlyMap<number, EvalMetrics>;
}

/** Reads what is whole; a missing journal is an empty one. */
export async function readJournal(runDir: string): Promise<JournalContents> {
  const text = await readFile(join(runDir, JOURNAL), "utf8").catch(() => "");
  const steps = new Map<number, StepMetrics>();
  const evals = new Map<number, EvalMetrics>();
  for (const line of text.split("\n")) {
    const entry = parseLine(line);
    if (entry === null) continue;
    if ("step" in entry) steps.set(entry.step.step, withNaN(entry.step));
    else evals.set(entry.eval.step, { ...entry.eval, loss: numberOf(entry.eval.loss) });
  }
  return { steps, evals };
}

function parseLine(line: string): JournalEntry | null {
  if (line === "") return null;
  try {
    return JSON.parse(line) as JournalEntry;
  } catch {
    // Cut short by a crash; no checkpoint was written after it.
    return null;
  }
}

/** JSON has no word for a number that is not finite and writes null. */
const numberOf = (value: number | null): number => value ?? Number.NaN;
const sumOf = (loss: LossSum): LossSum => ({ ...loss, sum: numberOf(loss.sum) });

function withNaN(metrics: StepMetrics): StepMetrics {
  const segmentLoss = Object.fromEntries(Object.entries(metrics.segmentLoss).map(([segment, loss]) => [segment, sumOf(loss)]));
  const examples = metrics.examples.map(({ index, loss }) => ({ index, loss: sumOf(loss) }));
  return { ...metrics, loss: numberOf(metrics.loss), gradNorm: numberOf(metrics.gradNorm), segmentLoss, examples };
}
