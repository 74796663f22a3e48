/** @file One micro-step and one update, measured before a run: what the machine makes of the model, not what a formula thinks. */
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import type { StepMeasurement } from "#contracts/runEstimate.ts";
import type { FromTrainer, MeasuredMessage, MeasureRequest } from "#contracts/trainer.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { randomIntegers } from "#core/model/random.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import { expectedPeakBytes } from "#engine/compiled/graphMode.ts";
import { openEngine } from "#engine/openEngine.ts";

/** Loads the model, computes, and leaves nothing behind but the process's memory. */
export async function measureStep(request: MeasureRequest, send: (message: FromTrainer) => void): Promise<MeasuredMessage> {
  const { modelDir, config, length } = request;
  const phase = (name: string): void => send({ type: "phase", phase: name, done: 0, total: null });
  const model = parseOptConfig(await readFile(join(modelDir, "config.json"), "utf8"), modelDir);
  const machineBytes = totalmem();
  const freeBytes = process.availableMemory();
  const need = (batchSize: number, tokens: number) => ({
    batchSize,
    length: tokens,
    bytes: expectedPeakBytes(model, { numExamples: batchSize, length: tokens }, machineBytes),
  });
  const { microBatchSize } = config;
  const predicted = need(microBatchSize, length);
  const halves = [microBatchSize, 1].flatMap((batchSize) =>
    [length, Math.floor(length / 2), Math.floor(length / 4)].map((tokens) => need(batchSize, tokens)),
  );
  const smaller = halves.filter(({ bytes }) => bytes < predicted.bytes).sort((a, b) => b.bytes - a.bytes);
  const facts = { type: "measured", predicted, smaller, machineBytes, freeBytes } as const;
  if (predicted.bytes > machineBytes) return { ...facts, measurement: null };

  phase("loading the model");
  const engine = await openEngine({
    modelDir,
    kind: config.engine === "auto" ? "cpu" : config.engine,
    ...(config.dropout === null ? {} : { dropout: config.dropout }),
    precision: config.precision,
    largestBatch: { numExamples: microBatchSize, length },
    onCompile: ({ what, number, total }) => phase(total === 1 ? `compiling the ${what}` : `compiling ${number} of ${total}: ${what}`),
  });
  try {
    send({ type: "ready", engine: engine.name });
    const batch = randomBatch(request, model.vocabSize);
    const microStep = async (): Promise<number> => {
      engine.zeroGradients();
      const start = performance.now();
      await engine.accumulateGradients(batch);
      return (performance.now() - start) / 1000;
    };
    // the first one compiles
    await microStep();
    phase("measuring a step");
    const microStepSeconds = await microStep();
    const start = performance.now();
    await engine.optimizer.update(config, { learningRate: 0, gradientScale: 1 });
    const measurement: StepMeasurement = {
      engine: engine.name,
      modeReason: engine.modeReason,
      batchSize: microBatchSize,
      length,
      microStepSeconds,
      updateSeconds: (performance.now() - start) / 1000,
      memoryBytes: process.resourceUsage().maxRSS * 1024,
    };
    return { ...facts, measurement };
  } finally {
    await engine.dispose();
  }
}

/** Tokens do not matter to what a step costs; how many are supervised does, because logits are computed for those alone. */
function randomBatch({ config, length, supervisedShare }: MeasureRequest, vocabSize: number): MicroBatch {
  const { microBatchSize: batchSize, seed } = config;
  const next = randomIntegers(seed);
  const inputIds_BT = Int32Array.from({ length: batchSize * length }, () => next() % vocabSize);
  const isSupervised = (t: number): boolean => t > 0 && Math.floor(t * supervisedShare) !== Math.floor((t - 1) * supervisedShare);
  const lossWeights_BT = Float32Array.from({ length: batchSize * length }, (_, i) =>
    Number(i % length === length - 1 || isSupervised(i % length)),
  );
  return { batchSize, length, inputIds_BT, labels_BT: inputIds_BT, lossWeights_BT, dropoutSeed: seed };
}
