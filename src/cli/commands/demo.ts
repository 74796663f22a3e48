/** @file `demo`: the whole loop on the sample set: import, fine-tune, evaluate, trace what went wrong, mend the data, and see it gone. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { EvaluationSummary } from "#contracts/procedures/evaluations.ts";
import { readRunConfig } from "#services/readRunConfig.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { percent, textOption, usageError, type Command } from "../command.ts";
import { watchJob } from "../watchJob.ts";
import { evaluationReport, linesOf, runEvaluation } from "./evaluate.ts";
import { mendData, shareVerified, traceFailures } from "./demoTrace.ts";
import { followRun, sentenceOf } from "./train.ts";

/** A folder of its own for each demo, kept: the run and its failures can be opened afterwards. */
function freshFolder(root: string): string {
  const name = `demo-${new Date().toISOString().replaceAll(/[-:]/g, "").slice(0, 15)}-${process.pid}`;
  const folder = join(root, ".workspace", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Both regimes of a planted fault together: prompts that meet its condition, and those where it came up. */
function faultsByClass({ faultConditions }: EvaluationSummary): Readonly<Record<string, { prompts: number; surfaced: number }>> {
  const byClass: Record<string, { prompts: number; surfaced: number }> = {};
  for (const { name, surfaced } of faultConditions) {
    const count = (byClass[name.split(":")[0]!] ??= { prompts: 0, surfaced: 0 });
    count.prompts += surfaced.denominator;
    count.surfaced += surfaced.numerator;
  }
  return byClass;
}

export const demo: Command = {
  name: "demo",
  usage: "",
  summary: "The whole loop on the sample set: import, fine-tune, evaluate, trace, mend, and see it gone.",
  help: "  (a new workspace folder is made unless one is named)",
  options: {},
  run: async ({ values, positionals, terminal, interrupted, place, openAtOnce }) => {
    if (positionals.length > 0) throw usageError(`"${positionals[0]}" is one argument too many`);
    const folder = resolve(textOption(values, "workspace") ?? freshFolder(place.root));
    terminal.note(`Workspace: ${folder}`);
    const { client, core } = openAtOnce(folder);
    const stopHere = (what: string): void => {
      if (interrupted.aborted) throw new AppError("E_CANCELLED", { what });
    };

    const imported = prepareSampleWorkspace(core);
    if (imported !== null) await watchJob(client, imported.id, { terminal, signal: interrupted });
    stopHere("The import of the sample set");
    const train = async () => {
      const started = await client.runs.start(await readRunConfig({ preset: "sample", settings: [] }));
      const trained = await followRun(client, started, { terminal, interrupted });
      terminal.print(sentenceOf(trained));
      stopHere(`Training ${trained.run}`);
      const summary = await runEvaluation(client, { runId: trained.run, suite: "heldout", maxPrompts: null }, { terminal, interrupted });
      terminal.print(linesOf(summary));
      return { trained, summary };
    };
    const { trained, summary } = await train();
    stopHere(`The evaluation of ${trained.run}`);
    const traced = await traceFailures(core, client, trained.run, { terminal, interrupted });
    stopHere("Tracing");
    await mendData(client, traced, { terminal, interrupted });
    stopHere("Mending the data");
    const again = await train();
    const fixedAfterRetrain = await shareVerified(client, traced.cases);
    const { cases, meanReciprocalRank, recallAt10, causes } = traced;
    terminal.print(`${again.trained.run} gets ${percent(fixedAfterRetrain)} of the ${cases.length} traced failures right.`);
    const { run, ...trainReport } = trained;
    return {
      run,
      workspace: folder,
      train: trainReport,
      eval: { ...evaluationReport(summary), faults: faultsByClass(summary) },
      trace: { cases: cases.length, meanReciprocalRank, recallAt10, fixedAfterRetrain, leftOut: causes.length },
      retrained: { ...evaluationReport(again.summary), faults: faultsByClass(again.summary) },
    };
  },
};
