/**
 * @file A compute engine whose weights, gradients and moments reside on a WebGPU device. What crosses in a step is the batch (tokens, and
 * masks where something drops), the loss of each supervised token, and the squares that make up the gradient norm.
 */
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import { fillKeepMask } from "#core/model/dropoutMasks.ts";
import { numDropoutSites } from "#core/model/forward.ts";
import type { Decoding } from "#core/model/generate.ts";
import type { ParameterValues } from "#core/model/parameters.ts";
import { describePlan, type TapRequest } from "#core/model/taps.ts";
import type { MicroBatch, MicroBatchLoss } from "#core/training/computeEngine.ts";
import { supervisedTokens } from "#core/training/loss.ts";
import { LOSS } from "./compiled/blockGraphs.ts";
import { CompiledDecoding } from "./compiled/compiledDecoding.ts";
import { recordDeviceLoss, recordDeviceStep, recordDeviceTaps, sumName, tokenLookup } from "./compiled/deviceGraphs.ts";
import { DeviceParameters } from "./compiled/deviceParameters.ts";
import { GraphCache, type GraphCacheOptions } from "./compiled/graphCache.ts";
import { describeProvider } from "./compiled/providers.ts";
import { gradientName } from "./compiled/recordGraph.ts";
import { tokenFeeds } from "./compiled/stepInputs.ts";
import { tensorsOver, wholeTapFeeds } from "./compiled/tapInputs.ts";
import { type ModelEngine, requireInVocabulary, scaled, spreadLoss } from "./modelEngine.ts";
import { ArrayPool } from "./stepArrays.ts";
import { allResults } from "./tapArrays.ts";

export class DeviceEngine implements ModelEngine {
  readonly config: OptConfig;
  readonly modeReason = "whole graph: weights, gradients and moments reside on the GPU";
  readonly optimizer: DeviceParameters;
  readonly residence: DeviceParameters;
  private readonly options: GraphCacheOptions;
  private readonly dropoutRate: number;
  private readonly graphs: GraphCache;
  private readonly pool = new ArrayPool();

  constructor(config: OptConfig, values: readonly ParameterValues[], dropoutRate: number, options: GraphCacheOptions) {
    this.config = config;
    this.options = options;
    this.dropoutRate = dropoutRate;
    this.graphs = new GraphCache(options);
    this.optimizer = this.residence = new DeviceParameters(values, config.numHiddenLayers, this.graphs);
  }

  get name(): string {
    const { provider, numThreads, precision } = this.options;
    return `${describeProvider(provider ?? "cpu", numThreads)}, whole graph, resident${precision === "fp16" ? ", fp16" : ""}`;
  }

  get parameters() {
    return this.residence.parameters;
  }

  zeroGradients(): void {
    this.residence.replaceGradients(undefined);
  }

  async accumulateGradients(batch: MicroBatch, lossScale = 1, taps?: TapRequest): Promise<MicroBatchLoss> {
    const { arrays, shape, feeds } = this.prepare(batch, this.dropoutRate, lossScale);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) {
      const what = `training graph for ${shape.numExamples} x ${shape.length} tokens${taps === undefined ? "" : `, with ${describePlan(taps)}`}`;
      const { graph } = await this.graphs.open(what, () => ({ graph: recordDeviceStep(this.config, this.dropoutRate, shape, taps) }));
      const { slots_P, slotOfToken_V } = tokenLookup(batch.inputIds_BT, this.config.vocabSize);
      const inputs: Record<string, Tensor> = {
        ...feeds,
        ...(await this.residence.weights()),
        slots: new Tensor("int32", slots_P, [slots_P.length]),
        slotOfToken: new Tensor("int32", slotOfToken_V, [slotOfToken_V.length]),
        ...(taps && wholeTapFeeds(this.config, taps, shape)),
      };
      for (const [name, sum] of Object.entries(await this.residence.gradientSums())) inputs[sumName(name)] = sum;
      const outputs = await graph.runOnDevice(inputs);
      this.residence.replaceGradients(Object.fromEntries(this.parameters.map(({ name }) => [name, outputs[gradientName(name)]!])));
      await this.residence.fetch(outputs[LOSS]!, loss_S);
      outputs[LOSS]!.dispose();
      for (const { name, array } of taps === undefined ? [] : allResults(this.config, taps)) {
        await this.residence.fetch(outputs[name]!, array);
        outputs[name]!.dispose();
      }
    }
    return spreadLoss(arrays, loss_S, this.pool);
  }

  async evaluateLoss(batch: MicroBatch): Promise<MicroBatchLoss> {
    const { arrays, shape, feeds } = this.prepare(batch, 0, 1);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) {
      const what = `evaluation graph for ${shape.numExamples} x ${shape.length} tokens`;
      const { graph } = await this.graphs.open(what, () => ({ graph: recordDeviceLoss(this.config, shape) }));
      await graph.run({ ...feeds, ...(await this.residence.weights()) }, { [LOSS]: new Tensor("float32", loss_S, [loss_S.length]) });
    }
    return spreadLoss(arrays, loss_S, this.pool);
  }

  async tapped(batch: MicroBatch, taps: TapRequest): Promise<MicroBatchLoss> {
    const { arrays, shape, feeds } = this.prepare(batch, 0, 1);
    const loss_S = this.pool.float32("loss", arrays.numSupervisedTokens);
    if (loss_S.length > 0) {
      const what = `tapping graph for ${shape.numExamples} x ${shape.length} tokens, with ${describePlan(taps)}`;
      const { graph } = await this.graphs.open(what, () => ({ graph: recordDeviceTaps(this.config, shape, taps) }));
      const inputs = { ...feeds, ...(await this.residence.weights()), ...wholeTapFeeds(this.config, taps, shape) };
      const loss = new Tensor("float32", loss_S, [loss_S.length]);
      await graph.run(inputs, { [LOSS]: loss, ...tensorsOver(allResults(this.config, taps)) });
    }
    return spreadLoss(arrays, loss_S, this.pool);
  }

  /** With the weights that the device holds at the first prompt; to be opened anew after an update. */
  openDecoding(numRows: number, capacity: number): Decoding {
    const { config, graphs, parameters, residence } = this;
    let decoding: CompiledDecoding | undefined;
    return {
      numRows,
      prefill: async (row, promptIds) => {
        if (decoding === undefined) {
          // rows of tokens and positions are looked up in main memory
          await residence.download("weightsAndMoments");
          decoding = new CompiledDecoding({ config, parameters, weights: await residence.weights(), graphs }, numRows, capacity);
        }
        return decoding.prefill(row, promptIds);
      },
      decode: (tokenIds) => decoding!.decode(tokenIds),
      copyRow: (from, to) => decoding!.copyRow(from, to),
    };
  }

  async dispose(): Promise<void> {
    this.residence.dispose();
    await this.graphs.dispose();
  }

  private prepare(batch: MicroBatch, dropoutRate: number, lossScale: number) {
    const { config, pool } = this;
    requireInVocabulary(config, batch);
    const { batchSize: numExamples, length, inputIds_BT, dropoutSeed } = batch;
    const P = numExamples * length;
    const keepMasks_PD = Array.from({ length: dropoutRate > 0 ? numDropoutSites(config) : 0 }, (_, site) => {
      const keep = pool.uint8(`keep${site}`, P * config.hiddenSize);
      fillKeepMask(keep, dropoutRate, dropoutSeed, site);
      return keep;
    });
    const arrays = { ...supervisedTokens(batch), keepMasks_PD };
    const feeds = { ...tokenFeeds(scaled(arrays, lossScale), config.hiddenSize), inputIds: new Tensor("int32", inputIds_BT, [P]) };
    return { arrays, shape: { numExamples, length }, feeds };
  }
}
