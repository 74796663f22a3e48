/** @file `demo`: the whole loop on the sample set: import, fine-tune, evaluate on what was held out. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { EvaluationSummary } from "#contracts/procedures/evaluations.ts";
import { readRunConfig } from "#services/readRunConfig.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { textOption, usageError, type Command } from "../command.ts";
import { watchJob } from "../watchJob.ts";
import { evaluationReport, linesOf, runEvaluation } from "./evaluate.ts";
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
  summary: "The whole loop on the sample set: import, fine-tune, evaluate on what was held out.",
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
    const trained = await followRun(client, await client.runs.start(await readRunConfig({ preset: "sample", settings: [] })), {
      terminal,
      interrupted,
    });
    terminal.print(sentenceOf(trained));
    stopHere(`Training ${trained.run}`);
    const summary = await runEvaluation(client, { runId: trained.run, suite: "heldout", maxPrompts: null }, { terminal, interrupted });
    terminal.print(linesOf(summary));
    const { run, ...train } = trained;
    return { run, workspace: folder, train, eval: { ...evaluationReport(summary), faults: faultsByClass(summary) } };
  },
};
