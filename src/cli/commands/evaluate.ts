/** @file `eval`: the calls of a run's last checkpoint on the held-out split, against their references. */
import type { EvaluationSummary, Rate } from "#contracts/procedures/evaluations.ts";
import { AppError } from "#contracts/errors.ts";
import { onlyPositional, percent, textOption, usageError, type Command, type CommandCall, type OptionValues } from "../command.ts";
import { watchJob } from "../watchJob.ts";
import type { Client } from "../workbench.ts";

/** Evaluates and gives the stored summary. */
export async function runEvaluation(
  client: Client,
  request: { readonly runId: string; readonly suite: string; readonly maxPrompts: number | null; readonly checkpointStep?: number | null },
  { terminal, interrupted }: Pick<CommandCall, "terminal" | "interrupted">,
): Promise<EvaluationSummary> {
  const { jobId } = await client.evaluations.start(request);
  const job = await watchJob(client, jobId, { terminal, signal: interrupted });
  const result = job.result as { readonly evaluation: string } | null;
  const made = (await client.evaluations.list({ runId: request.runId })).find(({ id }) => id === result?.evaluation);
  if (made === undefined) throw new AppError("E_CANCELLED", { what: job.title });
  return made;
}

function maxPromptsOption(values: OptionValues): number | null {
  const text = textOption(values, "max-prompts");
  if (text === undefined) return null;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw usageError(`--max-prompts is "${text}"; it takes a whole number from 1 on`);
}

function checkpointOption(values: OptionValues): number | null {
  const text = textOption(values, "checkpoint");
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return Number(text);
  throw usageError(`--checkpoint is "${text}"; it takes the step of a checkpoint`);
}

/** What `eval --json` prints: rates as numbers, their counts and intervals under `rates`. */
export function evaluationReport(summary: EvaluationSummary) {
  const { exactCallRate, malformedRate, decisionRate } = summary;
  return {
    evaluation: summary.id,
    run: summary.runId,
    checkpointStep: summary.checkpointStep,
    suite: summary.suite,
    prompts: summary.prompts,
    calls: summary.calls,
    numRefused: summary.numRefused,
    exactCallRate: exactCallRate.value,
    malformedRate: malformedRate.value,
    decisionRate: decisionRate.value,
    decisions: summary.decisions,
    outcomes: summary.outcomes,
    rates: { exactCallRate, malformedRate, decisionRate },
    slices: summary.slices,
    faultConditions: summary.faultConditions,
    byCode: summary.byCode,
    seconds: summary.seconds,
  };
}

const rateLine = (name: string, rate: Rate): string =>
  `  ${name.padEnd(44)} ${percent(rate.value).padStart(7)}  (${rate.numerator} of ${rate.denominator}; 95 % interval ${percent(rate.low)} to ${percent(rate.high)})`;

export function linesOf(summary: EvaluationSummary): string {
  const codes = Object.entries(summary.byCode).map(([code, count]) => `${code}: ${count}`);
  return [
    `${summary.runId}, step ${summary.checkpointStep}, suite ${summary.suite}: ${summary.prompts} prompts, ${summary.calls} with a call as reference.`,
    rateLine("exact calls", summary.exactCallRate),
    rateLine("malformed", summary.malformedRate),
    rateLine("decision as in reference", summary.decisionRate),
    ...Object.entries(summary.outcomes).map(([name, rate]) => rateLine(`where a call was due, ${name}`, rate)),
    ...summary.slices
      .filter((slice) => slice.exactCallRate.denominator > 0)
      .map((slice) => rateLine(`exact calls, ${slice.name}`, slice.exactCallRate)),
    ...summary.faultConditions.map(({ name, surfaced }) => rateLine(`planted ${name}`, surfaced)),
    ...(codes.length === 0 ? [] : [`  failures by code: ${codes.join(", ")}`]),
  ].join("\n");
}

export const evaluate: Command = {
  name: "eval",
  usage: "RUN [--checkpoint N] [--suite NAME] [--max-prompts N]",
  summary: "Let a run's checkpoint answer the held-out prompts and compare its calls with the references.",
  help: `  --checkpoint N   the checkpoint of this step (default: the last one)
  --suite NAME     heldout (default), validation, test, train
  --max-prompts N  a seeded choice of so many prompts (default: all)`,
  options: { checkpoint: { type: "string" }, suite: { type: "string" }, "max-prompts": { type: "string" } },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    const runId = onlyPositional(positionals, "the id of a run");
    const request = {
      runId,
      suite: textOption(values, "suite") ?? "heldout",
      maxPrompts: maxPromptsOption(values),
      checkpointStep: checkpointOption(values),
    };
    const { client } = await open();
    const summary = await runEvaluation(client, request, { terminal, interrupted });
    terminal.print(linesOf(summary));
    return evaluationReport(summary);
  },
};
