/** @file Trains the sample model for some steps and measures tracing on its examples; prints a `TraceMeasured`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { FeatureSpec } from "#contracts/attribution.ts";
import { runConfigSchema } from "#contracts/run.ts";
import { exampleFeatures, featureMaker, featuresOfRow } from "#core/attribution/exampleFeatures.ts";
import { defaultFeatureSpec } from "#core/attribution/featureSpec.ts";
import { rankByScore } from "#core/attribution/fuse.ts";
import { exactProducts } from "#core/attribution/ghostDot.ts";
import { quantise, type QuantisedVector, scanRows } from "#core/attribution/quantise.ts";
import { openExactQuery } from "#core/attribution/traceQuery.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import type { ExampleFile } from "#core/training/exampleFile.ts";
import { assembleMicroBatch } from "#core/training/microBatch.ts";
import { type StepCapture, trainLoop } from "#core/training/trainLoop.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { openEngine } from "#engine/openEngine.ts";
import { listCheckpoints } from "#services/checkpoints.ts";
import { openCore } from "#services/core.ts";
import { runDirOf } from "#services/models.ts";
import { corePlaces } from "#services/places.ts";
import { EXAMPLE_FILE } from "#services/prepareExamples.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { startRun } from "#services/startRun.ts";
import { openExamples } from "#services/exampleSource.ts";

export interface TraceMeasured {
  readonly engine: string;
  readonly numExamples: number;
  readonly numSteps: number;
  readonly rank: number;
  readonly epochExamples: number;
  /** Spearman's, one for each query ranked exactly. */
  readonly rankCorrelations: readonly number[];
  /** Of all examples as queries. */
  readonly changedShare: number;
  readonly scanSeconds: readonly number[];
  readonly plainSeconds: readonly number[];
  readonly capturingSeconds: readonly number[];
  readonly exactSeconds: readonly number[];
  readonly indexSeconds: readonly number[];
}

const NUM_STEPS = 60;
const EPOCH_EXAMPLES = 120;
const BEST = 20;
const [numExamples, numQueries, repeats] = process.argv.slice(2).map(Number) as [number, number, number];
const seconds = (since: number): number => (performance.now() - since) / 1000;

/** Spearman's rank correlation; ties, which do not occur, by index. */
function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const placesOf = (scores: ArrayLike<number>): Int32Array => {
    const places = new Int32Array(scores.length);
    rankByScore(scores).forEach((index, place) => (places[index] = place));
    return places;
  };
  const [left, right] = [placesOf(a), placesOf(b)];
  const n = left.length;
  const squares = left.reduce((sum, place, i) => sum + (place - right[i]!) ** 2, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}

function scanTimes(): number[] {
  const [numRows, width] = [20_000, 12_288];
  const values = new Int8Array(numRows * width).map((_, i) => (Math.imul(i, 0x9e3779b1) >>> 24) - 128);
  const query = Float32Array.from({ length: width }, (_, i) => Math.sin(i));
  const scores = new Float64Array(numRows);
  return Array.from({ length: 5 }, () => {
    const start = performance.now();
    scanRows(query, { values, stride: width, offset: 0, scales: new Float32Array(numRows).fill(1) }, scores);
    return seconds(start);
  });
}

const batchOf = (examples: ExampleFile, index: number): MicroBatch =>
  assembleMicroBatch([examples.at(index)], { padTokenId: examples.index.padTokenId, maxLength: 512, dropoutSeed: 0 });

async function rankings(engine: ModelEngine, examples: ExampleFile, indices: readonly number[], spec: FeatureSpec) {
  const maker = featureMaker(engine.config, spec);
  const [vectors, indexSeconds]: [Float32Array[], number[]] = [[], []];
  for (const index of indices) {
    const start = performance.now();
    const computed = await exampleFeatures(engine, batchOf(examples, index), maker);
    indexSeconds.push(seconds(start));
    vectors.push(featuresOfRow(computed, 0, engine.config, spec).gradient.slice());
  }
  const unit = vectors.map((vector) => {
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return vector.map((value) => value / norm);
  });
  const stored: QuantisedVector[] = vectors.map(quantise);
  const width = vectors[0]!.length;
  const values = new Int8Array(width * stored.length);
  stored.forEach((row, i) => values.set(row.values, i * width));
  const scales = stored.map(({ scale }) => scale);

  const projected = unit.map((query) => Float64Array.from(unit, (row) => row.reduce((sum, value, i) => sum + value * query[i]!, 0)));
  let numChanged = 0;
  projected.forEach((exact, q) => {
    const rounded = new Float64Array(stored.length);
    scanRows(vectors[q]!, { values, stride: width, offset: 0, scales }, rounded);
    const best = new Set(rankByScore(exact).slice(0, BEST));
    if (
      rankByScore(rounded)
        .slice(0, BEST)
        .some((index) => !best.has(index))
    )
      numChanged += 1;
  });

  const [rankCorrelations, exactSeconds]: [number[], number[]] = [[], []];
  for (let q = 0; q < numQueries; q++) {
    const place = Math.floor(((q + 0.5) * indices.length) / numQueries);
    const { inputIds, lossWeights } = examples.at(indices[place]!);
    const exact = await openExactQuery(engine, { bad: { inputIds, lossWeights }, correct: null }, spec);
    const cosines = new Float64Array(indices.length);
    for (const [i, index] of indices.entries()) {
      const start = performance.now();
      const { products_B, squaredNorms_B } = await exactProducts(engine, batchOf(examples, index), exact.taps, spec);
      exactSeconds.push(seconds(start));
      cosines[i] = products_B[0]! / Math.sqrt(squaredNorms_B[0]! * exact.squaredNorm);
    }
    rankCorrelations.push(rankCorrelation(cosines, projected[place]!));
  }
  return { indexSeconds, exactSeconds, rankCorrelations, changedShare: numChanged / indices.length };
}

async function epochs(engine: ModelEngine, examples: ExampleFile, trainIndices: readonly number[], spec: FeatureSpec) {
  const config = runConfigSchema.parse({
    microBatchSize: 4,
    gradientAccumulationSteps: 1,
    learningRate: 1e-5,
    dropout: 0,
    saveEverySteps: 10_000,
  });
  const maker = featureMaker(engine.config, spec);
  const capture: StepCapture = {
    fromStep: 1,
    requestFor: (batch) => {
      const request = maker.requestFor(batch);
      return {
        taps: request.taps,
        take: (stepExamples, lossScale) => {
          const computed = request.take(lossScale);
          stepExamples.forEach((_, row) => quantise(featuresOfRow(computed, row, engine.config, spec).gradient));
        },
      };
    },
  };
  const epoch = async (taken: StepCapture | undefined): Promise<number> => {
    const start = performance.now();
    await trainLoop({ engine, config, examples, trainIndices, padTokenId: examples.index.padTokenId, capture: taken });
    return seconds(start);
  };
  const times: [number[], number[]] = [[], []];
  // the first round compiles
  for (let round = -1; round < repeats; round++) {
    for (const [which, taken] of [undefined, capture].entries()) {
      const took = await epoch(taken);
      if (round >= 0) times[which]!.push(took);
    }
  }
  return { plainSeconds: times[0], capturingSeconds: times[1] };
}

const workspaceDir = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
const core = openCore({ workspaceDir, ...corePlaces(resolve(import.meta.dirname, "../../.."), import.meta.filename) });
try {
  await prepareSampleWorkspace(core)?.ended;
  const { runId, jobId } = await startRun(core, {
    preset: "sample",
    overrides: { maxSteps: NUM_STEPS, captureFeatures: false, maxEvalExamples: 1 },
  });
  const job = await core.jobs.ended(jobId);
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
  const runDir = runDirOf(core.paths, runId);
  const { examples, close } = openExamples(join(runDir, EXAMPLE_FILE));
  const engine = await openEngine({ modelDir: listCheckpoints(runDir).at(-1)!.dir, kind: "compiled", dropout: 0 });
  const spec = defaultFeatureSpec(engine.config);
  const trainIndices = examples.index.splits.flatMap((split, i) => (split === "train" ? [i] : []));
  const every = Math.max(1, Math.floor(trainIndices.length / numExamples));
  const indices = trainIndices.filter((_, i) => i % every === 0).slice(0, numExamples);
  const ranked = await rankings(engine, examples, indices, spec);
  const timed = await epochs(engine, examples, trainIndices.slice(0, EPOCH_EXAMPLES), spec);
  const measured: TraceMeasured = {
    engine: engine.name,
    numExamples: indices.length,
    numSteps: NUM_STEPS,
    rank: spec.rank,
    epochExamples: Math.min(EPOCH_EXAMPLES, trainIndices.length),
    scanSeconds: scanTimes(),
    ...ranked,
    ...timed,
  };
  process.stdout.write(JSON.stringify(measured));
  await engine.dispose();
  close();
} finally {
  await core.close();
  rmSync(workspaceDir, { recursive: true, force: true });
}
