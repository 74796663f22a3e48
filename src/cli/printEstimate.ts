/** @file What a run would need, measured and printed instead of started. */
import type { RunConfig } from "#contracts/run.ts";
import type { RunEstimate, Verdict } from "#contracts/runEstimate.ts";
import type { CommandCall } from "./command.ts";
import { watchJob } from "./watchJob.ts";
import type { Client } from "./workbench.ts";

const WORDS: Readonly<Record<Verdict, string>> = { fits: "fits", tight: "more than is free now", tooLarge: "does not fit" };
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`;
const count = (value: number): string => Math.round(value).toLocaleString("en");

export async function printEstimate(
  client: Client,
  config: RunConfig,
  { terminal, interrupted }: Pick<CommandCall, "terminal" | "interrupted">,
): Promise<RunEstimate> {
  const { jobId } = await client.runs.estimate(config);
  const { result } = await watchJob(client, jobId, { terminal, signal: interrupted });
  const estimate = result as RunEstimate;
  const { data, measurement, memory, disk, time, remedies } = estimate;
  const about = data.numSampled < data.numTrajectories ? `about (from ${count(data.numSampled)} trajectories) ` : "";
  terminal.print(
    `Data    ${about}${count(data.numTokens)} tokens in ${count(data.numExamples)} sequences, ${count(data.numSupervisedTokens)} trained on`,
  );
  if (time !== null) {
    terminal.print(
      `Time    about ${count(time.seconds)} s: ${count(time.numSteps)} steps of ${time.stepSeconds.toFixed(2)} s, ${count(time.numEvaluations)} evaluations of ${time.evaluationSeconds.toFixed(1)} s`,
    );
  }
  const origin = measurement === null ? "expected" : "measured";
  terminal.print(
    `Memory  ${gigabytes(memory.neededBytes)} ${origin}, ${gigabytes(memory.freeBytes)} of ${gigabytes(memory.machineBytes)} free: ${WORDS[memory.verdict]}`,
  );
  terminal.print(
    `Disk    ${gigabytes(disk.neededBytes)} for ${count(disk.numCheckpoints)} checkpoints, ${gigabytes(disk.freeBytes)} free: ${WORDS[disk.verdict]}`,
  );
  if (measurement !== null)
    terminal.print(`Engine  ${measurement.engine}${measurement.modeReason === "" ? "" : `; ${measurement.modeReason}`}`);
  for (const remedy of remedies) terminal.print(`- ${remedy}`);
  return estimate;
}
