/** @file `import`: files and folders in, and a count of every row. */
import { resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { IMPORT_FORMATS, type ImportFormat } from "#contracts/imports.ts";
import { dryRun } from "#services/dryRun.ts";
import type { ImportResult } from "#services/importDataset.ts";
import { usageError, textOption, type Command, type CommandCall, type OptionValues } from "../command.ts";
import { importLines } from "../dryRunWords.ts";
import { isEnded, watchJob } from "../watchJob.ts";
import type { Client } from "../workbench.ts";

function formatOption(values: OptionValues): ImportFormat | undefined {
  const format = textOption(values, "format");
  if (format === undefined || format in IMPORT_FORMATS) return format as ImportFormat | undefined;
  throw usageError(`"${format}" is not a format; there are ${Object.keys(IMPORT_FORMATS).join(", ")}`);
}

/** The index follows an import as a job of its own; closing at once would leave it for the next start. */
export async function awaitIndex(client: Client, { terminal, interrupted }: Pick<CommandCall, "terminal" | "interrupted">): Promise<void> {
  const index = (await client.jobs.list()).find((job) => job.kind === "index" && !isEnded(job));
  if (index !== undefined) await watchJob(client, index.id, { terminal, signal: interrupted });
}

function linesOf(result: ImportResult): string {
  const { rows, taken, changed, refused, trajectories, alreadyImported } = result;
  return [
    `${rows} rows: ${taken} taken as they are, ${changed} changed, ${refused} refused; ${trajectories} trajectories.`,
    ...(alreadyImported > 0 ? [`${alreadyImported} rows had come in before.`] : []),
    ...result.skipped.map(({ path, reason }) => `Not read: ${path}: ${reason}`),
  ].join("\n");
}

const DRY_RUN_ROWS = 200;

export const importFiles: Command = {
  name: "import",
  usage: "PATH... [--format NAME] [--dry-run]",
  summary: "Import files or folders of recorded conversations; every row ends in the ledger.",
  help: `  --format NAME    ${Object.keys(IMPORT_FORMATS).join(", ")} (default: detected)
  --dry-run        print what the first 200 rows of each file would become, with what is refused and where; writes nothing`,
  options: { format: { type: "string" }, "dry-run": { type: "boolean" } },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    if (positionals.length === 0) throw usageError("the path of a file or folder is missing");
    const format = formatOption(values);
    const paths = positionals.map((path) => resolve(path));
    if (values["dry-run"] === true) {
      // without a workspace: one that is not there would be made
      const looked = await dryRun({ paths, format, limit: DRY_RUN_ROWS });
      terminal.print(importLines(looked).join("\n"));
      return looked;
    }
    const { client } = await open();
    const { jobId } = await client.sources.import({ paths, ...(format === undefined ? {} : { format }) });
    const job = await watchJob(client, jobId, { terminal, signal: interrupted });
    const result = job.result as ImportResult | null;
    if (result === null) throw new AppError("E_CANCELLED", { what: job.title });
    await awaitIndex(client, { terminal, interrupted });
    terminal.print(linesOf(result));
    return result;
  },
};
