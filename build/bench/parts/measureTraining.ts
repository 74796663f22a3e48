/** @file `measureTraining.ts WORK`: trains as a run does, through the training loop, and prints a `TrainingMeasured`. */
import { readFileSync } from "node:fs";
import { exampleSetOf } from "#core/training/microBatch.ts";
import { trainLoop } from "#core/training/trainLoop.ts";
import { openEngine } from "#engine/openEngine.ts";
import { cpuSeconds } from "./cpuSeconds.ts";
import { trainExampleOf, type OurTraining, type StepMeasured, type TrainingMeasured } from "./work.ts";

const { modelDir, config, examples } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as OurTraining;
const startedAt = performance.now();
const engine = await openEngine({
  modelDir,
  kind: "compiled",
  dropout: 0,
  largestBatch: { numExamples: config.microBatchSize, length: config.maxLength },
});
const secondsToLoad = (performance.now() - startedAt) / 1000;
const steps: StepMeasured[] = [];
let cpuAtLastStep = cpuSeconds();
await trainLoop({
  engine,
  config,
  examples: exampleSetOf(examples.map(trainExampleOf)),
  trainIndices: examples.map((_, i) => i),
  padTokenId: engine.config.padTokenId,
  hooks: {
    onStep: ({ step, seconds, loss }, numSteps) => {
      const cpu = cpuSeconds();
      steps.push({ seconds, cpuSeconds: cpu - cpuAtLastStep, loss, rssBytes: process.memoryUsage.rss() });
      cpuAtLastStep = cpu;
      process.stderr.write(`  ours ${step}/${numSteps}: ${seconds.toFixed(2)} s, loss ${loss.toFixed(4)}\n`);
    },
  },
});
const measured: TrainingMeasured = { engine: engine.name, steps, peakBytes: process.resourceUsage().maxRSS * 1024, secondsToLoad };
process.stdout.write(JSON.stringify(measured));
await engine.dispose();
