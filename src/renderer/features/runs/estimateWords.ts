/** @file An estimate as rows of a table: each figure with what it means for the run. */
import type { RunEstimate, Verdict } from "#contracts/runEstimate.ts";
import { formatBytes, formatCount, formatDuration, plural } from "../../format/numbers.ts";
import type { Severity } from "../../ui/severity.ts";

export interface EstimateRow {
  readonly what: string;
  readonly value: string;
  readonly note: string;
  readonly severity: Severity;
}

const SEVERITY: Readonly<Record<Verdict, Severity>> = { fits: "ok", tight: "warning", tooLarge: "error" };

export function estimateRows(estimate: RunEstimate): readonly EstimateRow[] {
  const { data, measurement, memory, disk, time } = estimate;
  const isSampled = data.numSampled < data.numTrajectories;
  const rows: EstimateRow[] = [
    {
      what: "Data",
      value: `${isSampled ? "about " : ""}${formatCount(data.numTokens)} tokens`,
      note: `${plural(data.numExamples, "sequence")} an epoch, ${formatCount(data.numSupervisedTokens)} tokens trained on${
        isSampled ? `, from ${formatCount(data.numSampled)} of ${formatCount(data.numTrajectories)} trajectories` : ""
      }${data.numRefused === 0 ? "" : `; ${formatCount(data.numRefused)} do not fit and are left out`}`,
      severity: data.numRefused === 0 ? "ok" : "warning",
    },
    {
      what: "Memory",
      value: formatBytes(memory.neededBytes),
      note: `${measurement === null ? "expected" : "measured"}; ${formatBytes(memory.freeBytes)} of ${formatBytes(memory.machineBytes)} are free`,
      severity: SEVERITY[memory.verdict],
    },
    {
      what: "Disk",
      value: formatBytes(disk.neededBytes),
      note: `${plural(disk.numCheckpoints, "checkpoint")} of ${formatBytes(disk.checkpointBytes)}; ${formatBytes(disk.freeBytes)} are free`,
      severity: SEVERITY[disk.verdict],
    },
  ];
  if (time !== null) {
    rows.splice(1, 0, {
      what: "Time",
      value: `about ${formatDuration(time.seconds)}`,
      note: `${plural(time.numSteps, "step")} of ${time.stepSeconds.toFixed(2)} s and ${plural(time.numEvaluations, "evaluation")} of ${time.evaluationSeconds.toFixed(1)} s`,
      severity: "ok",
    });
  }
  return rows;
}

/** One sentence for the live region. */
export function verdictSentence({ memory, disk }: RunEstimate): string {
  if (memory.verdict === "tooLarge") return "This run does not fit the machine's memory.";
  if (disk.verdict === "tooLarge") return "This run does not fit the disk.";
  return memory.verdict === "tight" ? "This run fits the machine, but not the memory that is free now." : "This run fits.";
}
