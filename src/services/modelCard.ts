/** @file The README of an exported model: what it came from, how it was trained, what it scored, and what may be done with it. */
import { basename } from "node:path";
import type { LedgerChange } from "#contracts/imports.ts";
import type { ExportDtype, OptConfig } from "#contracts/model.ts";
import { hubNameSchema } from "#contracts/models.ts";
import type { Rate } from "#contracts/procedures/evaluations.ts";
import { TEMPLATE_VERSION } from "#core/tokenizer/chatTemplate.ts";
import type { Store } from "#store/index.ts";
import type { CheckpointRecord } from "./checkpoints.ts";
import { RUN_ID } from "./models.ts";
import { VERSION } from "./version.ts";

export interface CardFacts {
  readonly runId: string;
  readonly step: number;
  readonly record: CheckpointRecord;
  readonly model: OptConfig;
  readonly parameters: number;
  readonly dtype: ExportDtype;
  readonly changes: readonly LedgerChange[];
  readonly files: readonly string[];
}

const count = (value: number): string => value.toLocaleString("en-US");
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");

/** Text in Markdown. Folders are named by their last part alone: a card is read by others. */
export function modelCard(store: Store, facts: CardFacts): string {
  const { runId, step, record, model, parameters, dtype, changes, files } = facts;
  const lineage = lineageOf(store, record.config.baseModel);
  const settings = Object.entries({ ...record.config, baseModel: modelName(record.config.baseModel) });
  return `---
library_name: transformers
pipeline_tag: text-generation
license: other
tags: [opt, tool-calling, callsmith]
---

# ${runId}, step ${step}

An OPT model that calls tools, fine-tuned with Callsmith ${VERSION}: ${["run " + runId, ...lineage].join(", from ")}.
${count(parameters)} parameters, stored as ${dtype}: ${model.numHiddenLayers} layers, width ${count(model.hiddenSize)}, ${model.numAttentionHeads} heads, ${count(model.maxPositionEmbeddings)} positions, a vocabulary of ${count(model.vocabSize)}.

## Data

${dataLines(store, facts).join("\n")}

## Evaluation

${evaluationLines(store, facts).join("\n")}

## Settings

Step ${count(step)} of ${count(record.numSteps)}, ${count(record.warmupSteps)} of them warm-up; ${count(record.skippedSteps.length)} steps were skipped because a loss was not finite.

${table(
  ["setting", "value"],
  settings.map(([name, value]) => [name, String(value)]),
)}

## Use

    from transformers import AutoModelForCausalLM, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    inputs = tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    tokenizer.decode(model.generate(**inputs, max_new_tokens=128)[0][inputs["input_ids"].shape[1]:])

\`messages\` and \`tools\` are OpenAI's. The template (\`chat_template.jinja\`, version ${TEMPLATE_VERSION}) marks what the loss counts, so that
TRL's \`assistant_only_loss\` trains on the same tokens. An assistant message with the key \`raw\` reads as that text; one with \`weight\` 0 is
left out of the loss. The model answers in lines: \`Thought: \`, then \`Action: \` and \`Action Input: \` for each call, or \`Answer: \`.

## What these files say otherwise than the run

${changes.map(({ detail }) => `- ${detail}`).join("\n")}

## Licence

${licenceOf(lineage.at(-1)!)}

Files: ${[...files, "README.md"].map((name) => `\`${name}\``).join(", ")}.
`;
}

/** A name on the hub stays whole. */
const modelName = (baseModel: string): string =>
  hubNameSchema.safeParse(baseModel.split("@")[0]).success ? baseModel : basename(baseModel);

/** The models that this one descends from, nearest first. */
function lineageOf(store: Store, baseModel: string): readonly string[] {
  const lineage: string[] = [];
  const known = new Set(store.runs.list().map(({ id }) => id));
  let next: string | undefined = baseModel;
  while (next !== undefined) {
    const isRun: boolean = RUN_ID.test(next) && known.has(next.toLowerCase());
    lineage.push(isRun ? `run ${next.toLowerCase()}` : modelName(next));
    next = isRun ? store.runs.get(next.toLowerCase()).config.baseModel : undefined;
  }
  return lineage;
}

function dataLines(store: Store, { runId, record }: CardFacts): readonly string[] {
  const { plan } = store.runs.get(runId);
  const version = `Data version \`${record.dataVersion}\` (SHA-256 over the trajectories' contents and splits).`;
  if (plan === null) return [version];
  return [
    version,
    `${count(plan.numExamples)} examples of ${count(plan.numTrajectories)} trajectories, ${count(plan.numTokens)} tokens, ${count(plan.numSupervisedTokens)} of them trained on; ` +
      `${count(plan.numTruncated)} were shortened by ${count(plan.numCutTokens)} tokens in all, ${count(plan.numRefused)} left out.`,
  ];
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const rate = ({ value, numerator, denominator, low, high }: Rate): string =>
  denominator === 0
    ? "none asked"
    : `${percent(value)} (${numerator} of ${denominator}; 95 % interval ${percent(low)} to ${percent(high)})`;

function evaluationLines(store: Store, { runId, step }: CardFacts): readonly string[] {
  const lines: string[] = [];
  const heldOut = store.runPoints.evals(runId).find((metrics) => metrics.step === step);
  if (heldOut !== undefined)
    lines.push(`Loss on ${count(heldOut.numExamples)} held-out examples at this step: ${heldOut.loss.toFixed(4)} nats a token.`, "");
  const rows = store.evaluations.list(runId).flatMap(({ checkpointStep, suite, measures }) => {
    if (measures === null || checkpointStep !== step) return [];
    const { prompts, exactCallRate, malformedRate, decisionRate } = measures;
    return [[suite, count(prompts), rate(exactCallRate), rate(malformedRate), rate(decisionRate)]];
  });
  if (rows.length === 0) return [...lines, "The calls of this checkpoint have not been evaluated."];
  return [...lines, table(["suite", "prompts", "exact calls", "malformed", "call or text as in the reference"], rows)];
}

/** What we know of the rights: the base's. What the training data allows is for those to say who chose it. */
function licenceOf(base: string): string {
  const data = "The training data may set limits of its own; whoever passes the model on has to state them.";
  if (base === "sample-base") return `The base model, Callsmith's sample base, is under CC0 1.0. ${data}`;
  return (
    `These weights descend from \`${base}\`, whose licence goes on to hold. If that is one of Meta's published OPT models, it is the OPT-175B ` +
    `licence: non-commercial research use only, revocable, no distribution for commercial use. ${data}`
  );
}
