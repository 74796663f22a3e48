/** @file A compute engine over a step backend: looks up rows, sums gradients over micro-batches. Weights lie in main memory. */
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { scatterAddRows } from "#core/model/embedding.ts";
import type { Decoding, Generator } from "#core/model/generate.ts";
import { EMBED_TOKENS, numElements, type ParameterValues } from "#core/model/parameters.ts";
import type { TapRequest } from "#core/model/taps.ts";
import type { MicroBatch, MicroBatchLoss, ParameterArray, TappingEngine } from "#core/training/computeEngine.ts";
import type { SupervisedTokens } from "#core/training/loss.ts";
import { createOptimizer, type Optimizer } from "#core/training/optimizer.ts";
import { GradientSink } from "./gradientSink.ts";
import { ArrayPool, prepareStep, type StepArrays } from "./stepArrays.ts";
import type { StepBackend } from "./stepBackend.ts";

export const parameterArrays = (values: readonly ParameterValues[]): ParameterArray[] =>
  values.map((parameter) => ({ ...parameter, gradient: new Float32Array(numElements(parameter.shape)) }));

/** What an engine is put together from. */
export interface EngineParts {
  readonly config: OptConfig;
  readonly parameters: readonly ParameterArray[];
  /** Where the parameters' memory has one of its own. */
  readonly optimizer?: Optimizer;
  readonly backend: StepBackend;
  readonly dropoutRate: number;
}

/** What `openEngine` opens. */
export interface ModelEngine extends TappingEngine, Generator {
  readonly config: OptConfig;
  readonly optimizer: Optimizer;
  /** Why the model runs as one graph or block by block, in words; "" where there is no choice. */
  readonly modeReason: string;
}

export class HostEngine implements ModelEngine {
  readonly config: OptConfig;
  readonly parameters: readonly ParameterArray[];
  readonly optimizer: Optimizer;
  private readonly backend: StepBackend;
  private readonly dropoutRate: number;
  private readonly byName: ReadonlyMap<string, ParameterArray>;
  private readonly pool = new ArrayPool();
  private readonly sink: GradientSink;

  constructor({ config, parameters, optimizer, backend, dropoutRate }: EngineParts) {
    this.config = config;
    this.parameters = parameters;
    this.optimizer = optimizer ?? createOptimizer(parameters);
    this.backend = backend;
    this.dropoutRate = dropoutRate;
    this.byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.sink = new GradientSink(parameters, this.pool);
  }

  get name(): string {
    return this.backend.name;
  }

  get modeReason(): string {
    return this.backend.modeReason;
  }

  zeroGradients(): void {
    this.sink.zero();
  }

  async accumulateGradients(batch: MicroBatch, lossScale = 1, taps?: TapRequest): Promise<MicroBatchLoss> {
    const arrays = this.prepare(batch, this.dropoutRate);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) {
      const tokenRowsGradient_PE = this.pool.float32("tokenRowsGradient", arrays.tokenRows_PE.length);
      await this.backend.gradients(scaled(arrays, lossScale), { loss_S, tokenRowsGradient_PE, sink: this.sink, taps });
      this.sink.add();
      scatterAddRows(this.byName.get(EMBED_TOKENS)!.gradient, this.config.wordEmbedProjDim, arrays.inputIds_P, tokenRowsGradient_PE);
    }
    this.sink.settle();
    return spreadLoss(arrays, loss_S, this.pool);
  }

  async evaluateLoss(batch: MicroBatch): Promise<MicroBatchLoss> {
    const arrays = this.prepare(batch, 0);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) await this.backend.loss(arrays, loss_S);
    return spreadLoss(arrays, loss_S, this.pool);
  }

  async tapped(batch: MicroBatch, taps: TapRequest): Promise<MicroBatchLoss> {
    const arrays = this.prepare(batch, 0);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) await this.backend.tapped(arrays, loss_S, taps);
    return spreadLoss(arrays, loss_S, this.pool);
  }

  openDecoding(numRows: number, capacity: number): Decoding {
    return this.backend.openDecoding(numRows, capacity);
  }

  async dispose(): Promise<void> {
    await this.backend.dispose();
    await this.optimizer.dispose?.();
  }

  private prepare(batch: MicroBatch, dropoutRate: number): StepArrays {
    requireInVocabulary(this.config, batch);
    return prepareStep(this.config, (name) => this.byName.get(name)!.values, this.pool, batch, dropoutRate);
  }
}

/** With gradients multiplied: each loss weighs more. */
export const scaled = <T extends SupervisedTokens>(arrays: T, lossScale: number): T =>
  lossScale === 1 ? arrays : { ...arrays, lossWeights_S: arrays.lossWeights_S.map((weight) => weight * lossScale) };

/** @throws E_ENGINE where the batch holds tokens or lengths that the model does not have */
export function requireInVocabulary(config: OptConfig, batch: MicroBatch): void {
  const limit = config.maxPositionEmbeddings;
  if (batch.length > limit)
    throw new AppError("E_ENGINE", { detail: `a batch is ${batch.length} tokens long; the model has ${limit} positions` });
  for (const id of batch.inputIds_BT) {
    if (id < 0 || id >= config.vocabSize)
      throw new AppError("E_ENGINE", { detail: `token id ${id} is outside the model's vocabulary of ${config.vocabSize}` });
  }
}

/** Losses of supervised tokens to their places in the batch, and their weighted sum. */
export function spreadLoss(arrays: SupervisedTokens, loss_S: Float32Array, pool: ArrayPool): MicroBatchLoss {
  const perTokenLoss_BT = pool.float32("perTokenLoss", arrays.inverse_P.length).fill(0);
  let [lossSum, weightSum] = [0, 0];
  loss_S.forEach((loss, s) => {
    const weight = arrays.lossWeights_S[s]!;
    perTokenLoss_BT[arrays.tokenPlaces_S[s]!] = loss;
    lossSum += weight * loss;
    weightSum += weight;
  });
  return { perTokenLoss_BT, lossSum, weightSum };
}
