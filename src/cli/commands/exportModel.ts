/** @file `export-model`: a run's checkpoint as a model folder that Hugging Face's libraries read. */
import { resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { EXPORT_DTYPES, type ExportDtype } from "#contracts/model.ts";
import { onlyPositional, textOption, usageError, type Command, type OptionValues } from "../command.ts";
import { watchJob } from "../watchJob.ts";

function checkpointOption(values: OptionValues): number | undefined {
  const text = textOption(values, "checkpoint");
  if (text === undefined || /^\d+$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usageError(`--checkpoint is "${text}"; it takes the step of a checkpoint`);
}

function dtypeOption(values: OptionValues): ExportDtype {
  const text = textOption(values, "dtype") ?? "float32";
  if ((EXPORT_DTYPES as readonly string[]).includes(text)) return text as ExportDtype;
  throw usageError(`"${text}" is not a way to store weights; there are ${EXPORT_DTYPES.join(", ")}`);
}

interface Exported {
  readonly checkpoint: number;
  readonly numBytes: number;
  readonly changes: readonly { readonly rule: string; readonly detail: string }[];
}

export const exportModel: Command = {
  name: "export-model",
  usage: "RUN --out DIR [--checkpoint N] [--dtype NAME]",
  summary: "Write a run's model as a folder that Hugging Face's libraries read.",
  help: `  --out DIR        folder to make; one with files in it is refused
  --checkpoint N   the checkpoint of step N (default: the last)
  --dtype NAME     ${EXPORT_DTYPES.join(", ")} (default: float32, the weights to the bit)`,
  options: { out: { type: "string" }, checkpoint: { type: "string" }, dtype: { type: "string" } },
  run: async ({ values, positionals, terminal, interrupted, open }) => {
    const id = onlyPositional(positionals, "the id of a run");
    const out = textOption(values, "out");
    if (out === undefined) throw usageError("--out is missing");
    const [checkpoint, dtype] = [checkpointOption(values), dtypeOption(values)];
    const { client } = await open();
    const { jobId } = await client.runs.exportModel({
      id,
      directory: resolve(out),
      dtype,
      ...(checkpoint !== undefined && { checkpoint }),
    });
    const job = await watchJob(client, jobId, { terminal, signal: interrupted });
    const exported = job.result as Exported | null;
    if (exported === null) throw new AppError("E_CANCELLED", { what: job.title });
    terminal.print(`${id}, step ${exported.checkpoint}: ${exported.numBytes} bytes written to ${resolve(out)}.`);
    for (const { detail } of exported.changes) terminal.print(`  ${detail}`);
    return exported;
  },
};
