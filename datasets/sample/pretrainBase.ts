/**
 * @file Reproduces the shipped base model: `node datasets/sample/pretrainBase.ts --work DIR [--tokens N]`.
 *
 * Three phases with the project's own trainer. The first, short one reads requests and calls alone, in which a value's type tells which
 * one is meant; the other two read whole conversations with tools. A killed run continues from its last checkpoint when it is started
 * again.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { OptConfig } from "#contracts/model.ts";
import { type RunConfig, runConfigSchema } from "#contracts/run.ts";
import { isBiasOrNorm } from "#core/model/parameters.ts";
import { fillNormal, mixSeeds } from "#core/model/random.ts";
import { initialParameters } from "#core/model/parameters.ts";
import { TEMPLATE_VERSION } from "#core/tokenizer/chatTemplate.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { encodeIndex, encodeRecord, EXAMPLE_FILE_START, EXAMPLE_FILE_VERSION } from "#core/training/exampleFile.ts";
import type { TrainExample } from "#core/training/microBatch.ts";
import { TrainControl } from "#core/training/trainControl.ts";
import { loadModelFolder, saveModelFolder } from "#engine/modelFolder.ts";
import { newestWholeCheckpoint } from "#services/checkpoints.ts";
import { EXAMPLE_FILE } from "#services/prepareExamples.ts";
import { trainRun } from "../../src/worker/trainRun.ts";
import { buildBaseExamples, type BaseExamplesOptions } from "./baseExamples.ts";
import { trainSampleTokenizer } from "./trainTokenizer.ts";

const SEED = 1;
const MAX_LENGTH = 256;
const NUM_HELD_OUT = 128;

const SHAPE = {
  hiddenSize: 192,
  ffnDim: 768,
  numHiddenLayers: 4,
  numAttentionHeads: 6,
  wordEmbedProjDim: 192,
  doLayerNormBefore: true,
  maxPositionEmbeddings: 512,
  dropout: 0,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
} as const satisfies Omit<OptConfig, "vocabSize">;

/**
 * Standard deviation of the first weights: 1 / sqrt(width). With OPT's 0.02 at this width the tokens start too alike, and copying formed
 * about three times later.
 */
const INIT_STD = SHAPE.hiddenSize ** -0.5;

interface Phase {
  readonly name: string;
  readonly text: Omit<BaseExamplesOptions, "numTokens">;
  readonly numTokens: number;
  readonly config: Partial<RunConfig>;
}

function phases(numTokens: number): readonly Phase[] {
  const text = { maxLength: MAX_LENGTH, maskMode: "allAssistantTurns" } as const;
  const common = { seed: SEED, beta2: 0.98, dropout: 0, gradientAccumulationSteps: 1, keepCheckpoints: 1, maxLength: MAX_LENGTH };
  return [
    {
      name: "calls",
      text: { ...text, seed: SEED, minOffered: 0, maxOffered: 0 },
      numTokens: 700_000,
      config: {
        ...common,
        learningRate: 1.5e-3,
        lrSchedule: "constant",
        warmupSteps: 50,
        microBatchSize: 4,
        saveEverySteps: 250,
        evalEverySteps: 250,
      },
    },
    {
      name: "conversations",
      text: { ...text, seed: SEED + 1, minOffered: 3, maxOffered: 6 },
      numTokens,
      config: {
        ...common,
        learningRate: 1.5e-3,
        lrSchedule: "linear",
        warmupSteps: 50,
        microBatchSize: 6,
        saveEverySteps: 500,
        evalEverySteps: 500,
      },
    },
    {
      name: "conversations-2",
      text: { ...text, seed: SEED + 2, minOffered: 3, maxOffered: 6 },
      numTokens: 6_000_000,
      config: {
        ...common,
        learningRate: 1e-3,
        lrSchedule: "linear",
        warmupSteps: 50,
        microBatchSize: 6,
        saveEverySteps: 500,
        evalEverySteps: 500,
      },
    },
  ];
}

const log = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

async function writeExamples(path: string, examples: readonly TrainExample[], tokenizer: Tokenizer, dataVersion: string): Promise<void> {
  const file = await open(`${path}.unfinished`, "w");
  await file.write(EXAMPLE_FILE_START);
  const checksums: number[] = [];
  for (const example of examples) {
    const { bytes, checksum } = encodeRecord(example);
    await file.write(bytes);
    checksums.push(checksum);
  }
  const index = encodeIndex({
    version: EXAMPLE_FILE_VERSION,
    tokenizer: tokenizer.name,
    template: TEMPLATE_VERSION,
    maskMode: "allAssistantTurns",
    maxLength: MAX_LENGTH,
    padTokenId: tokenizer.special.pad,
    vocabSize: tokenizer.vocabSize,
    dataVersion,
    trajectoryIds: examples.map((_, i) => `T-${i}`),
    splits: examples.map((_, i) => (i < NUM_HELD_OUT ? "validation" : "train")),
    lengths: examples.map(({ inputIds }) => inputIds.length),
    checksums,
  });
  await file.write(index);
  await file.close();
  await rename(`${path}.unfinished`, path);
}

async function firstModel(dir: string): Promise<void> {
  const json = JSON.stringify(trainSampleTokenizer(SEED));
  const { vocabSize } = loadTokenizer({ name: "sample", tokenizerJson: json });
  const config: OptConfig = { ...SHAPE, vocabSize };
  const parameters = initialParameters(config, SEED);
  parameters.forEach(({ name, values }, index) => {
    if (!isBiasOrNorm(name)) fillNormal(values, INIT_STD, mixSeeds(SEED, index));
  });
  await saveModelFolder(dir, { config, parameters });
  await writeFile(join(dir, "tokenizer.json"), json);
}

/** Trains one phase, from its last checkpoint where there is one; the folder of its last step. */
async function trainPhase(phase: Phase, modelDir: string, workDir: string): Promise<string> {
  const runDir = join(workDir, phase.name);
  await mkdir(runDir, { recursive: true });
  const tokenizerJson = await readFile(join(modelDir, "tokenizer.json"), "utf8");
  const tokenizer = loadTokenizer({ name: "sample", tokenizerJson });
  const examplesPath = join(runDir, EXAMPLE_FILE);
  if (!existsSync(examplesPath)) {
    log(`${phase.name}: writing examples`);
    const examples = buildBaseExamples(tokenizer, { ...phase.text, numTokens: phase.numTokens });
    await writeExamples(examplesPath, examples, tokenizer, `${phase.name} ${phase.numTokens}`);
  }
  const config = runConfigSchema.parse({ ...phase.config, baseModel: modelDir });
  const { checkpoint } = await newestWholeCheckpoint(runDir);
  log(`${phase.name}: ${checkpoint === null ? "starts" : `continues after step ${checkpoint.step}`}`);
  let [losses, tokens, seconds] = [0, 0, 0];
  const control = new TrainControl();
  process.once("SIGINT", () => control.stop());
  process.once("SIGTERM", () => control.stop());
  const outcome = await trainRun({
    request: { type: "train", runDir, config, modelDir, resumeFrom: checkpoint?.dir ?? null },
    control,
    send: (message) => {
      if (message.type === "eval") log(`${phase.name}: step ${message.metrics.step} held-out loss ${message.metrics.loss.toFixed(4)}`);
      if (message.type !== "step") return;
      const { metrics, numSteps } = message;
      losses += metrics.loss;
      tokens += metrics.numTokens;
      seconds += metrics.seconds;
      if (metrics.step % 50 !== 0) return;
      log(`${phase.name}: step ${metrics.step}/${numSteps} loss ${(losses / 50).toFixed(4)} ${Math.round(tokens / seconds)} tokens/s`);
      [losses, tokens, seconds] = [0, 0, 0];
    },
  });
  if (outcome.reason === "stopped") {
    log(`${phase.name}: stopped after step ${outcome.step}; start again to continue`);
    process.exit(130);
  }
  return outcome.checkpoint;
}

const { values } = parseArgs({
  options: { work: { type: "string" }, tokens: { type: "string", default: "7000000" }, out: { type: "string" } },
});
const workDir = resolve(values.work ?? "work/sample-base");
const outDir = resolve(values.out ?? join(import.meta.dirname, "../../resources/models/sample-base"));
const startDir = join(workDir, "start");
if (!existsSync(join(startDir, "tokenizer.json"))) await firstModel(startDir);
let modelDir = startDir;
for (const phase of phases(Number(values.tokens))) modelDir = await trainPhase(phase, modelDir, workDir);
await saveModelFolder(outDir, await loadModelFolder(modelDir), "float16");
await copyFile(join(startDir, "tokenizer.json"), join(outDir, "tokenizer.json"));
log(`written to ${outDir}`);
