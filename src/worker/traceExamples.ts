/** @file Tracing inside the trainer process: features of a run's examples, of a failure, and exact scores of chosen examples. */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FeatureSpec } from "#contracts/attribution.ts";
import { AppError } from "#contracts/errors.ts";
import type { FromTrainer, IndexRequest, QueryFeaturesRequest, RerankRequest, TraceRequest } from "#contracts/trainer.ts";
import { exampleFeatures, type FeatureMaker, featureMaker, featuresOfRow } from "#core/attribution/exampleFeatures.ts";
import { featureFileHeader, featureRowOf } from "#core/attribution/featureFile.ts";
import { defaultFeatureSpec, fitsModel } from "#core/attribution/featureSpec.ts";
import { exactProducts } from "#core/attribution/ghostDot.ts";
import { exactScores } from "#core/attribution/heat.ts";
import { openExactQuery, queryFeatures } from "#core/attribution/traceQuery.ts";
import { paddedLength } from "#core/model/paddedLength.ts";
import type { MicroBatch, MicroBatchLoss } from "#core/training/computeEngine.ts";
import type { ExampleFile } from "#core/training/exampleFile.ts";
import { assembleMicroBatch, type TrainExample } from "#core/training/microBatch.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { readTrainerState, weightsFingerprint } from "#services/checkpoints.ts";
import { featureFileName, openFeatureWriter } from "#services/featureFile.ts";
import { EXAMPLE_FILE } from "#services/prepareExamples.ts";
import { openExamples } from "#services/exampleSource.ts";

/** Padded tokens of a micro-batch: enough to keep the processor busy, and for one example of any length. */
const TOKENS_AT_ONCE = 1024;
const ROWS_AT_ONCE = 8;

export interface Tracing {
  readonly engineOf: (modelDir: string) => Promise<ModelEngine>;
  readonly send: (message: FromTrainer) => void;
  readonly signal: AbortSignal;
}

/** @throws E_CANCELLED, E_FEATURES_MISFIT, E_EXAMPLES_CORRUPT, E_CHECKPOINT_CORRUPT */
export async function answerTrace(request: TraceRequest, tracing: Tracing): Promise<void> {
  switch (request.type) {
    case "index":
      return indexExamples(request, tracing);
    case "queryFeatures":
      return answerQuery(request, tracing);
    case "rerank":
      return rerank(request, tracing);
  }
}

/** What one micro-batch holds. */
interface Group {
  readonly indices: readonly number[];
  readonly batch: MicroBatch;
}

/**
 * Examples in micro-batches of few shapes, longest first: what does not fit in memory shows at once. The last of each length is filled up with rows
 * that nothing is asked of, because a shape of its own would take longer to compile than they take to compute.
 */
export function* groupsOf(examples: ExampleFile, indices: readonly number[], maxLength: number): Generator<Group> {
  const { padTokenId } = examples.index;
  const empty: TrainExample = {
    inputIds: Int32Array.of(padTokenId),
    labels: Int32Array.of(padTokenId),
    lossWeights: new Float32Array(1),
    segments: new Uint8Array(1),
  };
  const byLength = new Map<number, number[]>();
  for (const index of indices) {
    const length = paddedLength(examples.numTokensOf(index), maxLength);
    const ofLength = byLength.get(length) ?? [];
    ofLength.push(index);
    byLength.set(length, ofLength);
  }
  for (const [length, ofLength] of [...byLength].sort(([a], [b]) => b - a)) {
    const size = Math.max(1, Math.min(ROWS_AT_ONCE, Math.floor(TOKENS_AT_ONCE / length)));
    for (let start = 0; start < ofLength.length; start += size) {
      const group = ofLength.slice(start, start + size);
      const rows = group.map((index) => examples.at(index));
      while (rows.length < size) rows.push(empty);
      yield { indices: group, batch: assembleMicroBatch(rows, { padTokenId, maxLength, dropoutSeed: 0 }) };
    }
  }
}

/** Mean loss of one row over its weights. */
function meanLoss({ lossWeights_BT, length }: MicroBatch, { perTokenLoss_BT }: MicroBatchLoss, row: number): number {
  let [sum, weights] = [0, 0];
  for (let place = row * length; place < (row + 1) * length; place++) {
    sum += lossWeights_BT[place]! * perTokenLoss_BT[place]!;
    weights += lossWeights_BT[place]!;
  }
  return weights > 0 ? sum / weights : 0;
}

/** Lets messages in, and ends where that was asked for. */
export async function breathe(signal: AbortSignal, what: string): Promise<void> {
  await nextTurn();
  if (signal.aborted) throw new AppError("E_CANCELLED", { what });
}

function makerFor({ config }: ModelEngine, modelDir: string, spec: FeatureSpec | undefined): FeatureMaker {
  const wanted = spec ?? defaultFeatureSpec(config);
  if (!fitsModel(wanted, config)) {
    const detail = `they are of layers up to ${wanted.layers.at(-1)! + 1}; the model has ${config.numHiddenLayers}`;
    throw new AppError("E_FEATURES_MISFIT", { path: modelDir, detail });
  }
  return featureMaker(config, wanted);
}

async function indexExamples(request: IndexRequest, { engineOf, send, signal }: Tracing): Promise<void> {
  const { requestId, runDir, runId, checkpointDir, featuresDir } = request;
  const startedAt = performance.now();
  const state = await readTrainerState(checkpointDir);
  const { examples, close } = openExamples(join(runDir, EXAMPLE_FILE));
  try {
    const engine = await engineOf(checkpointDir);
    const { config } = engine;
    const maker = makerFor(engine, checkpointDir, undefined);
    const { tokenizer, dataVersion, splits } = examples.index;
    const header = featureFileHeader(config, maker.spec, {
      runId,
      step: state.global_step,
      origin: "checkpoint",
      checkpoint: weightsFingerprint(state),
      tokenizer,
      dataVersion,
      numExamples: examples.length,
    });
    const path = join(featuresDir, featureFileName(runId, state.global_step));
    const writer = await openFeatureWriter(path, header);
    try {
      const wanted = request.indices ?? splits.flatMap((split, index) => (split === "train" ? [index] : []));
      const pending = wanted.filter((index) => writer.present[index] === 0);
      let numAdded = 0;
      for (const { indices, batch } of groupsOf(examples, pending, config.maxPositionEmbeddings)) {
        send({ type: "indexing", requestId, done: wanted.length - pending.length + numAdded, total: wanted.length });
        await breathe(signal, "Indexing");
        const computed = await exampleFeatures(engine, batch, maker);
        indices.forEach((index, row) => {
          const { gradient, states } = featuresOfRow(computed, row, config, maker.spec);
          const stored = featureRowOf(gradient, states, meanLoss(batch, computed, row));
          if (stored === null) throw new AppError("E_ENGINE", { detail: `the features of example ${index} are not finite` });
          writer.write(index, stored);
        });
        numAdded += indices.length;
      }
      const numRows = writer.present.reduce((sum, isThere) => sum + isThere, 0);
      send({ type: "indexed", requestId, path, numAdded, numRows, seconds: (performance.now() - startedAt) / 1000 });
    } finally {
      writer.close();
    }
  } finally {
    close();
  }
}

async function answerQuery({ requestId, checkpointDir, spec, query }: QueryFeaturesRequest, tracing: Tracing): Promise<void> {
  const engine = await tracing.engineOf(checkpointDir);
  const maker = makerFor(engine, checkpointDir, spec);
  await breathe(tracing.signal, "The question");
  const features = await queryFeatures(engine, query, maker);
  tracing.send({ type: "queryFeatures", requestId, spec: maker.spec, features });
}

async function rerank(request: RerankRequest, { engineOf, send, signal }: Tracing): Promise<void> {
  const { requestId, runDir, checkpointDir, query, indices } = request;
  const startedAt = performance.now();
  const { examples, close } = openExamples(join(runDir, EXAMPLE_FILE));
  try {
    const engine = await engineOf(checkpointDir);
    const { spec } = makerFor(engine, checkpointDir, request.spec);
    const exact = await openExactQuery(engine, query, spec);
    for (const group of groupsOf(examples, indices, engine.config.maxPositionEmbeddings)) {
      await breathe(signal, "The comparison");
      const products = await exactProducts(engine, group.batch, exact.taps, spec);
      const lengths = group.indices.map((index) => examples.numTokensOf(index));
      const { squaredNorm, numTokens } = exact;
      send({
        type: "reranked",
        requestId,
        scores: exactScores(products, group.indices, { lengths, squaredNorm, numQueryTokens: numTokens }),
      });
    }
    const seconds = (performance.now() - startedAt) / 1000;
    send({ type: "rerankedAll", requestId, queryNorm: Math.sqrt(Math.max(0, exact.squaredNorm)), seconds });
  } finally {
    close();
  }
}
