/** @file `train`: starts a run, or continues one, and follows it. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RunEngine } from "#contracts/engines.ts";
import { mergingInWords } from "#contracts/mergingInWords.ts";
import type { DataPlan, RunConfig, RunState } from "#contracts/run.ts";
import { textOption, usageError, type Command, type CommandCall } from "../command.ts";
import { readRunConfig } from "#services/readRunConfig.ts";
import { printEstimate } from "../printEstimate.ts";
import { watchJob } from "../watchJob.ts";
import type { Client } from "../workbench.ts";

/** What `train --json` prints. */
export interface TrainReport {
  readonly run: string;
  readonly state: RunState;
  /** Wall clock of this job: preparing, compiling, training, checkpoints. */
  readonly seconds: number;
  readonly steps: number;
  /** Median over the steps. */
  readonly tokensPerSecond: number;
  /** Mean loss of the last step's tokens, nats; null where it was not finite. */
  readonly finalLoss: number | null;
  readonly evalLoss: number | null;
  /** What computed; null where it ended before that was known. */
  readonly engine: RunEngine | null;
  /** What it was trained on; null where it ended before that was known. */
  readonly data: Pick<
    DataPlan,
    "numTrajectories" | "numExamples" | "numTokens" | "merged" | "numEvalExamples" | "numRefused" | "numTruncated" | "numCutTokens"
  > | null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Follows a run's job to its end and says how it went. */
export async function followRun(
  client: Client,
  { runId, jobId }: { readonly runId: string; readonly jobId: string },
  { terminal, interrupted }: Pick<CommandCall, "terminal" | "interrupted">,
): Promise<TrainReport> {
  let plan: Promise<void> | null = null;
  const tellPlan = async (): Promise<void> => {
    const run = await client.runs.get({ id: runId });
    if (run.plan !== null) terminal.note(`${runId} trains on ${mergingInWords(run.plan)}.`);
  };
  const job = await watchJob(client, jobId, {
    terminal,
    signal: interrupted,
    // its steps are counted once the examples are
    onUpdate: ({ unit, total }) => {
      if (unit === "steps" && total !== null) plan ??= tellPlan();
    },
  });
  await plan;
  const [run, points] = await Promise.all([client.runs.get({ id: runId }), client.runs.points({ id: runId })]);
  return {
    run: runId,
    state: run.state,
    seconds: (Date.parse(job.endedAt ?? job.startedAt) - Date.parse(job.startedAt)) / 1000,
    steps: run.step,
    tokensPerSecond: Math.round(median(points.tokensPerSecond)),
    finalLoss: run.lastLoss,
    evalLoss: run.lastEvalLoss,
    engine: run.engine,
    data: run.plan === null ? null : countsOf(run.plan),
  };
}

const countsOf = ({
  numTrajectories,
  numExamples,
  numTokens,
  merged,
  numEvalExamples,
  numRefused,
  numTruncated,
  numCutTokens,
}: DataPlan): TrainReport["data"] => ({
  numTrajectories,
  numExamples,
  numTokens,
  merged,
  numEvalExamples,
  numRefused,
  numTruncated,
  numCutTokens,
});

/** What became of the trajectories: nothing is left out or cut without a word. */
function dataSentence(data: NonNullable<TrainReport["data"]>): string {
  const { numTrajectories, numExamples, numEvalExamples, numRefused, numTruncated, numCutTokens } = data;
  const refused =
    numRefused === 0 ? "none left out" : `${numRefused} left out, in whole or some of their rows (the run's Data tab says why for each)`;
  const cut = numTruncated === 0 ? "none cut" : `${numTruncated} cut by ${numCutTokens} tokens of prompt`;
  return `Trained on ${numExamples} and watched ${numEvalExamples} sequences of ${numTrajectories} trajectories: ${mergingInWords(data)}; ${refused}, ${cut}.`;
}

export function sentenceOf(report: TrainReport): string {
  const loss = report.finalLoss === null ? "not finite" : report.finalLoss.toFixed(4);
  const held = report.evalLoss === null ? "" : `, held-out loss ${report.evalLoss.toFixed(4)}`;
  const engine = report.engine?.note === null || report.engine === null ? "" : `\nEngine: ${report.engine.note}`;
  const data = report.data === null ? "" : `\n${dataSentence(report.data)}`;
  return `${report.run} ${report.state} after ${report.steps} steps in ${report.seconds.toFixed(1)} s: loss ${loss}${held}, ${report.tokensPerSecond} tokens/s.${data}${engine}`;
}

/** Options that say what a new run is. */
const SETTINGS: ReadonlySet<string> = new Set(["preset", "model", "config", "set", "estimate"]);

export const train: Command = {
  name: "train",
  usage: "--preset NAME [--model NAME] [--config FILE] [--set key=value]... [--estimate] | --resume RUN",
  summary: "Fine-tune a model on the workspace's training split; Ctrl-C saves a checkpoint.",
  help: `  --preset NAME    sample (default), aws-paper
  --model NAME     what to train: sample-base, a run, a fetched model or a folder; overrides preset and file
  --config FILE    settings by name, in YAML; they override the preset
  --set key=value  one setting; overrides both; may be repeated
  --estimate       say what the run would need (memory, time, disk) and end
  --resume RUN     continue a run from its last checkpoint`,
  options: {
    preset: { type: "string" },
    model: { type: "string" },
    config: { type: "string" },
    set: { type: "string", multiple: true },
    estimate: { type: "boolean" },
    resume: { type: "string" },
  },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    if (positionals.length > 0) throw usageError(`"${positionals[0]}" is one argument too many`);
    const resumed = textOption(values, "resume");
    const file = textOption(values, "config");
    const model = textOption(values, "model");
    const settings = (Array.isArray(values["set"]) ? values["set"] : []).map(String);
    if (resumed !== undefined && Object.keys(values).some((name) => SETTINGS.has(name))) {
      throw usageError("--resume continues a run with the settings it has; it takes no others");
    }
    const { client } = await open();
    const follow = async (started: { readonly runId: string; readonly jobId: string }): Promise<TrainReport> => {
      const report = await followRun(client, started, { terminal, interrupted });
      terminal.print(sentenceOf(report));
      if (report.state === "stopped") terminal.print(`Continue it with: npm run callsmith -- train --resume ${report.run}`);
      return report;
    };
    if (resumed !== undefined) return follow(await client.runs.resume({ id: resumed }));
    const config: RunConfig = {
      ...(await readRunConfig({
        preset: textOption(values, "preset"),
        file: file === undefined ? undefined : resolve(file),
        settings,
      })),
      // a folder is kept whole in the run's settings, because it may be resumed from elsewhere
      ...(model !== undefined && { baseModel: existsSync(resolve(model)) ? resolve(model) : model }),
    };
    if (values["estimate"] === true) return printEstimate(client, config, { terminal, interrupted });
    return follow(await client.runs.start(config));
  },
};
