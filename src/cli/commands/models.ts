/** @file `models`: which models there are, one more from the hub, one more from a folder. */
import { resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { hubNameSchema, MAIN_REVISION, type ModelView, revisionSchema } from "#contracts/models.ts";
import type { FetchedModel } from "#services/fetchModel.ts";
import { onlyPositional, textOption, usageError, type Command, type CommandCall } from "../command.ts";
import { watchJob } from "../watchJob.ts";

const inMB = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** A line of facts, and one for each problem. */
function linesOf(model: ModelView): string[] {
  const { name, kind, numParameters, numBytes, dtype, weightsFile, path, problems } = model;
  const facts = [
    kind,
    ...(numParameters === null ? [] : [`${numParameters.toLocaleString("en")} parameters`]),
    ...(weightsFile === null ? [] : [`${inMB(numBytes)} in ${weightsFile}`]),
    ...(dtype === null ? [] : [dtype]),
    path,
  ];
  return [`${name}: ${facts.join(", ")}`, ...problems.map((problem) => `  cannot be used: ${problem}`)];
}

async function list({ terminal, open }: CommandCall): Promise<object> {
  const { client } = await open();
  const models = await client.models.list();
  for (const line of models.flatMap(linesOf)) terminal.print(line);
  return { models };
}

async function fetchModel(words: readonly string[], { values, terminal, interrupted, open }: CommandCall): Promise<object> {
  const name = hubNameSchema.safeParse(onlyPositional(words, "the name of the model"));
  if (!name.success) throw usageError(`"${words[0]}" is not a model of the hub; write owner/name, as in facebook/opt-350m`);
  const revision = revisionSchema.safeParse(textOption(values, "revision") ?? MAIN_REVISION);
  if (!revision.success) throw usageError("--revision takes a branch, a tag, a commit, or refs/pr/NUMBER");
  const { client } = await open();
  const { jobId, model } = await client.models.fetch({ name: name.data, revision: revision.data });
  const job = await watchJob(client, jobId, { terminal, signal: interrupted });
  if (job.state !== "done") throw new AppError("E_CANCELLED", { what: job.title });
  const { path, numBytes, commit } = job.result as FetchedModel;
  terminal.print(`${model} is in ${path}: ${inMB(numBytes)}, commit ${commit}, every file verified.`);
  terminal.print(`Train it with: npm run callsmith -- train --model ${model}`);
  return job.result as FetchedModel;
}

async function add(words: readonly string[], { terminal, open }: CommandCall): Promise<object> {
  const folder = resolve(onlyPositional(words, "the folder of the model"));
  const { client } = await open();
  const model = await client.models.add({ folder });
  for (const line of linesOf(model)) terminal.print(line);
  return model;
}

export const models: Command = {
  name: "models",
  usage: "[fetch OWNER/NAME [--revision NAME] | add FOLDER]",
  summary: "List the models a run can start from, fetch one from the Hugging Face hub, or add a folder.",
  help: `  --revision NAME  branch, tag, commit or pull request on the hub, as in refs/pr/24 (default: main)

Without words it lists. HF_ENDPOINT names another hub, HF_TOKEN lets gated models through.
`,
  options: { revision: { type: "string" } },
  run: async (call) => {
    const [verb, ...words] = call.positionals;
    if (verb !== "fetch" && textOption(call.values, "revision") !== undefined) throw usageError("--revision goes with fetch only");
    if (verb === undefined) return list(call);
    if (verb === "fetch") return fetchModel(words, call);
    if (verb === "add") return add(words, call);
    throw usageError(`"${verb}" is neither fetch nor add`);
  },
};
