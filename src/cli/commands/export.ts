/** @file `export`: trajectories out, in a format others read. */
import { resolve } from "node:path";
import { EXPORT_FORMATS, type ExportFormat } from "#contracts/imports.ts";
import { SPLITS, type Split } from "#contracts/trajectory.ts";
import { textOption, usageError, type Command, type OptionValues } from "../command.ts";
import { exportLines } from "../dryRunWords.ts";
import { watchJob } from "../watchJob.ts";

function formatOption(values: OptionValues): ExportFormat {
  const format = textOption(values, "format");
  if (format !== undefined && format in EXPORT_FORMATS) return format as ExportFormat;
  const problem = format === undefined ? "--format is missing" : `"${format}" is not a format`;
  throw usageError(`${problem}; there are ${Object.keys(EXPORT_FORMATS).join(", ")}`);
}

function splitOption(values: OptionValues): Split | undefined {
  const split = textOption(values, "split");
  if (split === undefined || (SPLITS as readonly string[]).includes(split)) return split as Split | undefined;
  throw usageError(`"${split}" is not a split; there are ${SPLITS.join(", ")}`);
}

export const exportRows: Command = {
  name: "export",
  usage: "--format NAME --out DIR [--split NAME] [--source NAME] [--text WORDS] [--dry-run]",
  summary: "Write the trajectories, or those a filter leaves, as files of another format.",
  help: `  --format NAME    ${Object.keys(EXPORT_FORMATS).join(", ")}
  --out DIR        folder to write into
  --split NAME     only ${SPLITS.join(", ")}
  --source NAME    only what came from this source
  --text WORDS     only what contains these words
  --dry-run        print how many there are, what the format would lose of the first 200, and how the files begin; writes nothing`,
  options: {
    format: { type: "string" },
    out: { type: "string" },
    split: { type: "string" },
    source: { type: "string" },
    text: { type: "string" },
    "dry-run": { type: "boolean" },
  },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    if (positionals.length > 0) throw usageError(`"${positionals[0]}" is one argument too many`);
    const format = formatOption(values);
    const out = textOption(values, "out");
    if (out === undefined) throw usageError("--out is missing");
    const [split, source, text] = [splitOption(values), textOption(values, "source"), textOption(values, "text")];
    const filter = { ...(split && { split }), ...(source && { source }), ...(text && { text }) };
    const { client } = await open();
    if (values["dry-run"] === true) {
      const preview = await client.sources.previewExport({ format, filter });
      terminal.print(exportLines(preview, resolve(out)).join("\n"));
      return { format, directory: resolve(out), ...preview };
    }
    const { jobId } = await client.sources.export({ format, directory: resolve(out), filter });
    const job = await watchJob(client, jobId, { terminal, signal: interrupted });
    terminal.print(`${job.done} ${job.unit} written to ${resolve(out)}.`);
    return { format, directory: resolve(out), ...(job.result as object) };
  },
};
