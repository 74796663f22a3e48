/** @file A compute engine over a step backend: looks up rows, sums gradients over micro-batches, spreads losses over the batch. */
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { scatterAddRows } from "#core/model/embedding.ts";
import type { Decoding, Generator } from "#core/model/generate.ts";
import { EMBED_TOKENS, numElements, type ParameterValues } from "#core/model/parameters.ts";
import type { ComputeEngine, MicroBatch, MicroBatchLoss, ParameterArray } from "#core/training/computeEngine.ts";
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

export class ModelEngine implements ComputeEngine, Generator {
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

  /** Why the model runs as one graph or block by block, in words; "" where there is no choice. */
  get modeReason(): string {
    return this.backend.modeReason;
  }

  zeroGradients(): void {
    this.sink.zero();
  }

  async accumulateGradients(batch: MicroBatch): Promise<MicroBatchLoss> {
    const arrays = this.prepare(batch, this.dropoutRate);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) {
      const tokenRows_PE = this.pool.float32("tokenRowsGradient", arrays.tokenRows_PE.length);
      await this.backend.gradients(arrays, loss_S, tokenRows_PE, this.sink);
      this.sink.add();
      scatterAddRows(this.byName.get(EMBED_TOKENS)!.gradient, this.config.wordEmbedProjDim, arrays.inputIds_P, tokenRows_PE);
    }
    this.sink.settle();
    return this.spread(arrays, loss_S);
  }

  async evaluateLoss(batch: MicroBatch): Promise<MicroBatchLoss> {
    const arrays = this.prepare(batch, 0);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) await this.backend.loss(arrays, loss_S);
    return this.spread(arrays, loss_S);
  }

  openDecoding(numRows: number, capacity: number): Decoding {
    return this.backend.openDecoding(numRows, capacity);
  }

  async dispose(): Promise<void> {
    await this.backend.dispose();
  }

  private prepare(batch: MicroBatch, dropoutRate: number): StepArrays {
    const limit = this.config.maxPositionEmbeddings;
    if (batch.length > limit)
      throw new AppError("E_ENGINE", { detail: `a batch is ${batch.length} tokens long; the model has ${limit} positions` });
    for (const id of batch.inputIds_BT) {
      if (id < 0 || id >= this.config.vocabSize)
        throw new AppError("E_ENGINE", { detail: `token id ${id} is outside the model's vocabulary of ${this.config.vocabSize}` });
    }
    return prepareStep(this.config, (name) => this.byName.get(name)!.values, this.pool, batch, dropoutRate);
  }

  private spread(arrays: StepArrays, loss_S: Float32Array): MicroBatchLoss {
    const perTokenLoss_BT = this.pool.float32("perTokenLoss", arrays.inputIds_P.length).fill(0);
    let [lossSum, weightSum] = [0, 0];
    loss_S.forEach((loss, s) => {
      const weight = arrays.lossWeights_S[s]!;
      perTokenLoss_BT[arrays.tokenPlaces_S[s]!] = loss;
      lossSum += weight * loss;
      weightSum += weight;
    });
    return { perTokenLoss_BT, lossSum, weightSum };
  }
}
