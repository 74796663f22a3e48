/** @file `eval`: the calls of a run's last checkpoint on the held-out split, against their references. */
import type { EvaluationSummary } from "#contracts/procedures/evaluations.ts";
import { AppError } from "#contracts/errors.ts";
import { onlyPositional, percent, textOption, type Command, type CommandCall } from "../command.ts";
import { watchJob } from "../watchJob.ts";
import type { Client } from "../workbench.ts";

/** Evaluates and gives the stored summary. */
export async function runEvaluation(
  client: Client,
  { runId, suite }: { readonly runId: string; readonly suite: string },
  { terminal, interrupted }: Pick<CommandCall, "terminal" | "interrupted">,
): Promise<EvaluationSummary> {
  const before = new Set((await client.evaluations.list({ runId })).map(({ id }) => id));
  const { jobId } = await client.evaluations.start({ runId, suite });
  const job = await watchJob(client, jobId, { terminal, signal: interrupted });
  const made = (await client.evaluations.list({ runId })).find(({ id }) => !before.has(id));
  if (made === undefined) throw new AppError("E_CANCELLED", { what: job.title });
  return made;
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
    exactCallRate: exactCallRate.value,
    malformedRate: malformedRate.value,
    decisionRate: decisionRate.value,
    rates: { exactCallRate, malformedRate, decisionRate },
    slices: summary.slices,
    byCode: summary.byCode,
    seconds: summary.seconds,
  };
}

const rateLine = (name: string, rate: EvaluationSummary["exactCallRate"]): string =>
  `  ${name.padEnd(28)} ${percent(rate.value).padStart(7)}  (${rate.numerator} of ${rate.denominator}; 95 % interval ${percent(rate.low)} to ${percent(rate.high)})`;

export function linesOf(summary: EvaluationSummary): string {
  const codes = Object.entries(summary.byCode).map(([code, count]) => `${code}: ${count}`);
  return [
    `${summary.runId}, step ${summary.checkpointStep}, suite ${summary.suite}: ${summary.prompts} prompts, ${summary.calls} with a call as reference.`,
    rateLine("exact calls", summary.exactCallRate),
    rateLine("malformed", summary.malformedRate),
    rateLine("decision as in reference", summary.decisionRate),
    ...summary.slices.map((slice) => rateLine(`exact calls, ${slice.name}`, slice.exactCallRate)),
    ...(codes.length === 0 ? [] : [`  failures by code: ${codes.join(", ")}`]),
  ].join("\n");
}

export const evaluate: Command = {
  name: "eval",
  usage: "RUN [--suite NAME]",
  summary: "Let a run's last checkpoint answer the held-out prompts and compare its calls with the references.",
  help: "  --suite NAME     heldout (default)",
  options: { suite: { type: "string" } },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    const runId = onlyPositional(positionals, "the id of a run");
    const { client } = await open();
    const summary = await runEvaluation(client, { runId, suite: textOption(values, "suite") ?? "heldout" }, { terminal, interrupted });
    terminal.print(linesOf(summary));
    return evaluationReport(summary);
  },
};
