/** @file `trace`: the training examples that taught wrong outputs, of cases or of all open ones. */
import { AppError } from "#contracts/errors.ts";
import { SIGNALS, type CaseTrace, type TracedExample } from "#contracts/tracing.ts";
import { textOption, type Command } from "../command.ts";
import { watchJob } from "../watchJob.ts";
import type { Client } from "../workbench.ts";

/** Printed of each case. */
const NUM_GROUPS = 10;

function lineOf({ examples }: CaseTrace["groups"][number]): string {
  const first = examples[0]!;
  const more = examples.length === 1 ? "" : `, and ${examples.length - 1} alike`;
  return `  ${String(first.rank).padStart(3)}  ${(first.grade ?? "").padEnd(9)}  ${sourcesOf(first)}${more}  ${first.call.replaceAll("\n", " ")}`;
}

const sourcesOf = ({ trajectories }: TracedExample): string =>
  trajectories.map(({ id, findings }) => (findings.length === 0 ? id : `${id} (${findings.join(" ")})`)).join(", ");

function linesOf(trace: CaseTrace): string {
  const { caseId, runId, checkpointStep, numIndexed, numExamples, groups, noise, nothingStandsOut } = trace;
  const beyond = SIGNALS.flatMap((signal) => {
    const { z } = noise[signal];
    return z === null ? [] : [`${signal} ${z.toFixed(1)}`];
  });
  return [
    `${caseId}: traced in ${numIndexed.toLocaleString("en")} of ${numExamples.toLocaleString("en")} examples of ${runId}, step ${checkpointStep}.`,
    ...(beyond.length === 0 ? [] : [`  deviations above right outputs: ${beyond.join(", ")}`]),
    ...(nothingStandsOut ? ["  Nothing stands out: likely too little good data, or the model it started from."] : []),
    ...groups.slice(0, NUM_GROUPS).map(lineOf),
  ].join("\n");
}

export const trace: Command = {
  name: "trace",
  usage: "[CASE]... [--run RUN]",
  summary: "Trace wrong outputs to the training examples that taught them: the cases named, or all open ones.",
  help: `  --run RUN        open cases of this run alone`,
  options: { run: { type: "string" } },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    const { client } = await open();
    const runId = textOption(values, "run");
    // a run that is not there has no open case either, which would read like good news
    if (runId !== undefined) await client.runs.get({ id: runId });
    const asked = positionals.length > 0 ? positionals : await openCases(client, runId);
    if (asked.length === 0) {
      terminal.print("No open case.");
      return { traced: [], refused: [] };
    }
    const { jobId } = await client.tracing.start({ caseIds: [...asked], author: AUTHOR });
    const job = await watchJob(client, jobId, { terminal, signal: interrupted });
    if (job.state !== "done") throw new AppError("E_CANCELLED", { what: job.title });
    const { traced, refused } = job.result as { readonly traced: readonly string[]; readonly refused: readonly Refused[] };
    const traces = await Promise.all(traced.map((caseId) => client.tracing.get({ caseId })));
    for (const one of traces) if (one !== null) terminal.print(linesOf(one));
    for (const { caseId, reason } of refused) terminal.print(`${caseId}: not traced. ${reason}`);
    return { traced: traces, refused };
  },
};

interface Refused {
  readonly caseId: string;
  readonly reason: string;
}

const AUTHOR = "command line";

async function openCases(client: Client, runId: string | undefined): Promise<readonly string[]> {
  const { groups } = await client.cases.list({ state: "open", ...(runId === undefined ? {} : { runId }) });
  return groups.flatMap(({ cases }) => cases.map(({ id }) => id));
}
