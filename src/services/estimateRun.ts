/**
 * @file Estimates a run before it starts: its data from a sample, its memory and time from one measured micro-step, its disk from the
 * model's size. A job, because a step of a large model takes half a minute.
 */
import { statfs } from "node:fs/promises";
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { MemoryNeed, RunEstimate, StepMeasurement, Verdict } from "#contracts/runEstimate.ts";
import { countParameters } from "#core/model/parameters.ts";
import { countSteps } from "#core/training/dataOrder.ts";
import { resolveRunConfig, type RunConfigSources } from "#core/training/resolveRunConfig.ts";
import type { Core } from "./core.ts";
import type { JobHandle, StartedJob } from "./jobs.ts";
import { modelDirOf, readModelFolder } from "./models.ts";
import { sampleData, type DataSample } from "./sampleData.ts";

/** Weights and two moments, in single precision. */
const CHECKPOINT_BYTES_PER_PARAMETER = 3 * Float32Array.BYTES_PER_ELEMENT;
/** A forward pass costs about a third of forward and backward: each of the two gradients of a linear map is a product of its size. */
const FORWARD_SHARE = 1 / 3;

export function startEstimate(core: Core, sources: RunConfigSources): StartedJob {
  const config = resolveRunConfig(sources);
  const spec = { kind: "estimate", title: `Estimate a run of ${config.baseModel}`, unit: "parts", phase: "reading examples" } as const;
  return core.jobs.start(spec, (handle) => estimateRun(core, handle, config));
}

/** @throws E_MODEL_INVALID, E_RUN_NO_EXAMPLES, E_CANCELLED */
async function estimateRun(core: Core, handle: JobHandle, config: RunConfig): Promise<RunEstimate> {
  const { dir: modelDir, config: model, tokenizer } = await readModelFolder(modelDirOf(core.paths, config.baseModel));
  const sample = await sampleData(core.store, config, tokenizer, handle.signal);
  if (sample.data.numExamples === 0) throw new AppError("E_RUN_NO_EXAMPLES");
  handle.report({ phase: "choosing the engine" });
  const { id: engine } = await core.engines.choose(config.engine);
  const { predicted, smaller, machineBytes, freeBytes, measurement } = await core.trainers.measure(
    {
      modelDir,
      config: { ...config, engine },
      length: sample.longest,
      supervisedShare: sample.data.numSupervisedTokens / sample.data.numTokens,
    },
    { signal: handle.signal, onPhase: (phase) => handle.report({ phase }) },
  );
  const neededBytes = measurement?.memoryBytes ?? predicted.bytes;
  const memory = { neededBytes, machineBytes, freeBytes, verdict: verdictOf(neededBytes, freeBytes, machineBytes) };
  const time =
    measurement === null ? null : timeOf(config, sample, measurement, core.store.lists.page({ split: "validation" }, 0, 0).total);
  const disk = await diskOf(core, config, model, time?.numSteps ?? 1);
  return { data: sample.data, measurement, memory, disk, time, remedies: remediesFor({ config, memory, disk, smaller }) };
}

const verdictOf = (needed: number, free: number, all: number): Verdict => (needed > all ? "tooLarge" : needed > free ? "tight" : "fits");

function timeOf(config: RunConfig, sample: DataSample, measurement: StepMeasurement, numHeldOut: number): RunEstimate["time"] {
  const { numSteps, stepsPerEpoch } = countSteps(sample.data.numExamples, config);
  const { batchSize, length, microStepSeconds, updateSeconds } = measurement;
  const secondsPerToken = microStepSeconds / (batchSize * length);
  const stepSeconds = (secondsPerToken * sample.numPaddedTokens) / stepsPerEpoch + updateSeconds;
  const numEvalExamples = Math.min(numHeldOut, config.maxEvalExamples ?? numHeldOut);
  const tokensPerExample = sample.numPaddedTokens / sample.data.numExamples;
  const evaluationSeconds = FORWARD_SHARE * secondsPerToken * tokensPerExample * numEvalExamples;
  const numEvaluations = Math.ceil(numSteps / config.evalEverySteps);
  const seconds = numSteps * stepSeconds + numEvaluations * evaluationSeconds;
  return { numSteps, stepSeconds, numEvaluations, evaluationSeconds, seconds };
}

async function diskOf(core: Core, config: RunConfig, model: OptConfig, numSteps: number): Promise<RunEstimate["disk"]> {
  const { bavail, bsize } = await statfs(core.paths.workspace);
  const checkpointBytes = CHECKPOINT_BYTES_PER_PARAMETER * countParameters(model);
  const all = Math.ceil(numSteps / config.saveEverySteps);
  // besides those kept: the last one, and the one that is being written
  const numCheckpoints = config.keepCheckpoints === null ? all : Math.min(all, config.keepCheckpoints + 2);
  const neededBytes = numCheckpoints * checkpointBytes;
  const freeBytes = bavail * bsize;
  return { checkpointBytes, numCheckpoints, neededBytes, freeBytes, verdict: neededBytes > freeBytes ? "tooLarge" : "fits" };
}

interface Situation extends Pick<RunEstimate, "memory" | "disk"> {
  readonly config: RunConfig;
  readonly smaller: readonly MemoryNeed[];
}

function remediesFor({ config, memory, disk, smaller }: Situation): readonly string[] {
  const remedies: string[] = [];
  const fits = smaller.find(({ bytes }) => bytes <= (memory.verdict === "tooLarge" ? memory.machineBytes : memory.freeBytes));
  if (memory.verdict === "tight") remedies.push("Close other programs, so that the memory they hold is free.");
  if (memory.verdict !== "fits")
    remedies.push(fits === undefined ? "Train a smaller model, or on a machine with more memory." : inWords(fits, config));
  if (disk.verdict !== "fits") {
    const affordable = Math.floor(disk.freeBytes / disk.checkpointBytes) - 2;
    remedies.push(
      affordable >= 1 && (config.keepCheckpoints ?? Infinity) > affordable
        ? `Keep ${affordable} ${affordable === 1 ? "checkpoint" : "checkpoints"} instead of ${config.keepCheckpoints ?? "all"}.`
        : `Free ${gigabytes(disk.neededBytes - disk.freeBytes)} on the disk of the workspace.`,
    );
  }
  return remedies;
}

function inWords({ batchSize, length, bytes }: MemoryNeed, { microBatchSize, gradientAccumulationSteps, maxLength }: RunConfig): string {
  const accumulation = Math.ceil((microBatchSize * gradientAccumulationSteps) / batchSize);
  const changes = [
    ...(batchSize < microBatchSize
      ? [`a micro-batch of ${batchSize} with ${accumulation} accumulation steps (the same examples a step)`]
      : []),
    ...(length < maxLength ? [`a maximum length of ${length.toLocaleString("en")} tokens`] : []),
  ];
  return `Use ${changes.join(" and ")}: about ${gigabytes(bytes)}.`;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
