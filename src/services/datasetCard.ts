/** @file The README of an exported data set: where its files are, what they hold, and how it was made. */
import { SOURCE_FORMATS, type ImportedSource } from "#contracts/imports.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { SPLITS, type Split } from "#contracts/trajectory.ts";
import type { Store } from "#store/index.ts";
import type { TableFormat } from "./exportTables.ts";
import { VERSION } from "./version.ts";

export interface DatasetFacts {
  readonly format: TableFormat;
  readonly filter: TrajectoryFilter;
  readonly counts: Readonly<Partial<Record<Split, number>>>;
  /** Trajectories from which something could not be carried. */
  readonly numChanged: number;
}

const SIZES: readonly (readonly [number, string])[] = [
  [1_000, "n<1K"],
  [10_000, "1K<n<10K"],
  [100_000, "10K<n<100K"],
  [1_000_000, "100K<n<1M"],
];
const count = (value: number): string => value.toLocaleString("en-US");

/** Text in Markdown, with the front matter that the hub and the `datasets` library read. */
export function datasetCard(store: Store, { format, filter, counts, numChanged }: DatasetFacts): string {
  const splits = SPLITS.filter((split) => counts[split] !== undefined);
  const total = splits.reduce((sum, split) => sum + counts[split]!, 0);
  const size = SIZES.find(([limit]) => total < limit)?.[1] ?? "1M<n<10M";
  const pathOf = (split: Split): string => (format === "huggingface-jsonl" ? `${split}.jsonl` : `data/${split}-*.parquet`);
  const configs = splits.map((split) => `      - split: ${split}\n        path: ${pathOf(split)}`);
  const sources = store.sources.list().filter((source) => filter.source === undefined || source.name === filter.source);
  const said = Object.entries(filter).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `---
license: unknown
task_categories:
  - text-generation
tags:
  - function-calling
  - tool-use
size_categories:
  - ${size}
${configs.length === 0 ? "" : `configs:\n  - config_name: default\n    data_files:\n${configs.join("\n")}\n`}---

# Tool-call trajectories

${count(total)} recorded conversations in which an assistant calls tools: ${splits.map((split) => `${count(counts[split]!)} for ${split}`).join(", ")}.

## Columns

| column | what it holds |
| --- | --- |
| id | the trajectory's name in the workspace it came from |
| split | ${SPLITS.join(", ")} |
| messages | the conversation as chat messages; arguments of calls are JSON texts; \`weight\` is how much an assistant message counts in the loss, 0 leaves it out |
| tools | the tools on offer, a JSON list of OpenAI's definitions |
| callsmith | what a chat message has no place for, as JSON; other programs need not look at it |

## How it was made

Exported by Callsmith ${VERSION}${said.length === 0 ? ", every trajectory of the workspace" : `, of those with ${said.join(" and ")}`}. ${
    numChanged === 0
      ? "Nothing was left out of them."
      : `From ${count(numChanged)} of them something could not be carried: export-ledger.jsonl says what.`
  }

Its sources:

${sources.map(sourceLine).join("\n")}

## Licence

Unknown: it depends on the sources above. Put it here before you pass the set on.
`;
}

function sourceLine({ name, format, counts: { rows, trajectories, refused } }: ImportedSource): string {
  if (format === "written") return `- written in the workspace: ${count(trajectories)} trajectories`;
  return `- \`${name}\`, ${SOURCE_FORMATS[format]}: ${count(rows)} rows, ${count(trajectories)} trajectories, ${count(refused)} rows refused`;
}
