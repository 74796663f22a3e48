/** @file A compute engine over a step backend: looks up rows, sums gradients over micro-batches, spreads losses over the batch. */
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import { scatterAddRows } from "#core/model/embedding.ts";
import type { Decoding, Generator } from "#core/model/generate.ts";
import { EMBED_POSITIONS, EMBED_TOKENS, numElements, type ParameterValues } from "#core/model/parameters.ts";
import type { ComputeEngine, MicroBatch, MicroBatchLoss, ParameterArray } from "#core/training/computeEngine.ts";
import { TOKEN_ROWS } from "#core/training/lossAndGradients.ts";
import { ArrayPool, positionRows, prepareStep, type StepArrays } from "./stepArrays.ts";
import type { StepBackend } from "./stepBackend.ts";

export const parameterArrays = (values: readonly ParameterValues[]): ParameterArray[] =>
  values.map((parameter) => ({ ...parameter, gradient: new Float32Array(numElements(parameter.shape)) }));

export class ModelEngine implements ComputeEngine, Generator {
  readonly config: OptConfig;
  readonly parameters: readonly ParameterArray[];
  private readonly backend: StepBackend;
  private readonly dropoutRate: number;
  private readonly byName: ReadonlyMap<string, ParameterArray>;
  private readonly pool = new ArrayPool();
  /** Whether all gradients are 0, so that the next ones can be written in place of being added. */
  private areGradientsZero = true;

  constructor(config: OptConfig, parameters: readonly ParameterArray[], backend: StepBackend, dropoutRate: number) {
    this.config = config;
    this.parameters = parameters;
    this.backend = backend;
    this.dropoutRate = dropoutRate;
    this.byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  }

  get name(): string {
    return this.backend.name;
  }

  zeroGradients(): void {
    for (const { gradient } of this.parameters) gradient.fill(0);
    this.areGradientsZero = true;
  }

  async accumulateGradients(batch: MicroBatch): Promise<MicroBatchLoss> {
    const arrays = this.prepare(batch, this.dropoutRate);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length === 0) return this.spread(arrays, loss_S);

    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    // the first micro-batch writes into the gradients themselves; later ones into arrays beside them that are then added
    const isInPlace = this.areGradientsZero;
    this.areGradientsZero = false;
    const gradients = new Map<string, Float32Array>();
    for (const { name, gradient } of this.parameters) {
      const target = name === EMBED_POSITIONS ? positionRows(gradient, D, batch.length) : gradient;
      gradients.set(name, isInPlace ? target : this.pool.float32(`gradient.${name}`, target.length));
    }
    const tokenRows_PE = this.pool.float32("tokenRowsGradient", arrays.tokenRows_PE.length);
    gradients.set(TOKEN_ROWS, tokenRows_PE);
    await this.backend.gradients(arrays, loss_S, gradients);
    if (!isInPlace) {
      for (const { name, gradient } of this.parameters) {
        const target = name === EMBED_POSITIONS ? positionRows(gradient, D, batch.length) : gradient;
        const addend = gradients.get(name)!;
        for (let i = 0; i < addend.length; i++) target[i] = target[i]! + addend[i]!;
      }
    }
    scatterAddRows(this.byName.get(EMBED_TOKENS)!.gradient, E, arrays.inputIds_P, tokenRows_PE);
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
