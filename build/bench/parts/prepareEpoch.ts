/** @file `prepareEpoch.ts WORK`: imports ToolBench rows, prepares them as a run does, and takes the rows out of the merged sequences again. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runConfigSchema, type RunConfig } from "#contracts/run.ts";
import type { TrainExample } from "#core/training/microBatch.ts";
import { openCore } from "#services/core.ts";
import { startImport } from "#services/importDataset.ts";
import { readTokenizer } from "#services/models.ts";
import { corePlaces } from "#services/places.ts";
import { EXAMPLE_FILE, prepareExamples } from "#services/prepareExamples.ts";
import { openExamples } from "#services/exampleSource.ts";
import { rowsWithin, RECIPE, stepsOf, type WorkExample, type WorkRow } from "./work.ts";

interface EpochWork {
  readonly data: string;
  readonly tokenizer: string;
  readonly maxLength: number;
  readonly accumulation: number;
  readonly maxSteps: number | null;
  readonly folder: string;
}

export interface PreparedEpoch {
  readonly config: RunConfig;
  readonly examples: readonly WorkExample[];
  /** The rows of each optimizer step, for whoever takes them one by one. */
  readonly steps: readonly (readonly WorkRow[])[];
  readonly numSequences: number;
  readonly numTokens: number;
  readonly numRows: number;
  readonly numRowTokens: number;
  readonly numTruncated: number;
  readonly numRefused: number;
}

const { data, tokenizer, maxLength, accumulation, maxSteps, folder } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as EpochWork;
const once = { epochs: 1, maxSteps, microBatchSize: 1, gradientAccumulationSteps: accumulation, warmupSteps: 0, dropout: 0 } as const;
const config = runConfigSchema.parse({ ...RECIPE, ...once, lrSchedule: "constant", maxLength, maxEvalExamples: null });

const tokensOf = (sequences: readonly { readonly inputIds: ArrayLike<number> }[]): number =>
  sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0);

const places = corePlaces(resolve(import.meta.dirname, "../../.."), import.meta.filename);
const core = openCore({ workspaceDir: join(folder, "workspace"), ...places });
try {
  const job = await startImport(core, { paths: [data] }).ended;
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
  const runDir = join(folder, "run");
  const { plan } = await prepareExamples({ store: core.store, config, tokenizer: await readTokenizer(tokenizer), runDir });
  const { examples: read, close } = openExamples(join(runDir, EXAMPLE_FILE));
  // what an import holds out is trained on too: the epoch is over all rows
  const examples: TrainExample[] = Array.from({ length: read.length }, (_, i) => read.at(i));
  close();
  const rows = examples.flatMap(rowsWithin);
  const prepared: PreparedEpoch = {
    config,
    examples: examples.map(({ inputIds, labels, lossWeights }) => ({
      inputIds: [...inputIds],
      labels: [...labels],
      lossWeights: [...lossWeights],
    })),
    steps: stepsOf(examples, config).map((step) => step.flatMap(rowsWithin)),
    numSequences: examples.length,
    numTokens: tokensOf(examples),
    numRows: rows.length,
    numRowTokens: tokensOf(rows),
    numTruncated: plan.numTruncated,
    numRefused: plan.numRefused,
  };
  process.stdout.write(JSON.stringify(prepared));
} finally {
  await core.close();
}
