/** @file The reference: the same model, one TensorFlow.js operation after the other on its pure JavaScript `cpu` backend. Slow, and simple. */
import * as tf from "@tensorflow/tfjs-core";
import type { OptConfig } from "#contracts/model.ts";
import type { Decoding } from "#core/model/generate.ts";
import { type TapRequest, type TapTensors, withTaps } from "#core/model/taps.ts";
import { lossAndGradients, type LossTensors, perTokenLoss, TOKEN_ROWS } from "#core/training/lossAndGradients.ts";
import type { StepArrays } from "../stepArrays.ts";
import type { BackendParts, StepBackend, StepOutputs } from "../stepBackend.ts";
import { allResults } from "../tapArrays.ts";
import { withBackend } from "../withBackend.ts";
import { EagerDecoding } from "./eagerDecoding.ts";
import { type EagerTfBackend, weightTensors } from "./weightTensors.ts";

export class EagerBackend implements StepBackend {
  readonly name: string;
  readonly modeReason = "";
  private readonly tfBackend: EagerTfBackend;
  private readonly config: OptConfig;
  private readonly parts: BackendParts;

  constructor(config: OptConfig, parts: BackendParts, tfBackend: EagerTfBackend) {
    this.name = tfBackend === "cpu" ? "TensorFlow.js cpu" : "TensorFlow.js tensorflow (tfjs-node)";
    this.tfBackend = tfBackend;
    this.config = config;
    this.parts = parts;
  }

  async loss(arrays: StepArrays, loss_S: Float32Array): Promise<void> {
    withBackend(this.tfBackend, () => loss_S.set(perTokenLoss(this.config, this.tensors(arrays)).dataSync()));
  }

  async gradients(arrays: StepArrays, { loss_S, tokenRowsGradient_PE, sink, taps }: StepOutputs): Promise<void> {
    withBackend(this.tfBackend, () => {
      const computed = this.pass(arrays, taps);
      loss_S.set(computed.loss_S.dataSync());
      for (const [name, gradient] of computed.gradients) {
        const array = name === TOKEN_ROWS ? tokenRowsGradient_PE : sink.array(name, arrays.length);
        array.set(gradient.dataSync());
      }
    });
  }

  /** The autodiff computes every gradient; those of weights are dropped. */
  async tapped(arrays: StepArrays, loss_S: Float32Array, taps: TapRequest): Promise<void> {
    withBackend(this.tfBackend, () => loss_S.set(this.pass(arrays, taps).loss_S.dataSync()));
  }

  openDecoding(numRows: number): Decoding {
    return new EagerDecoding(this.config, this.parts, this.tfBackend, numRows);
  }

  async dispose(): Promise<void> {
    // nothing outlives a call
  }

  private pass(arrays: StepArrays, taps: TapRequest | undefined): ReturnType<typeof lossAndGradients> {
    const tensors = this.tensors(arrays);
    const lossWeights_S = tf.tensor(arrays.lossWeights_S);
    if (taps === undefined) return lossAndGradients(this.config, tensors, lossWeights_S);
    const { value, results } = withTaps(this.config, taps, tensors, tapTensors(this.config, taps, tensors), (watch) =>
      lossAndGradients(this.config, { ...tensors, watch }, lossWeights_S),
    );
    for (const { name, array } of allResults(this.config, taps)) array.set(results.get(name)!.dataSync());
    return value;
  }

  private tensors(arrays: StepArrays): LossTensors {
    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    const P = arrays.numExamples * arrays.length;
    return {
      numExamples: arrays.numExamples,
      length: arrays.length,
      weights: weightTensors(this.parts),
      tokenRows_PE: tf.tensor(arrays.tokenRows_PE, [P, E]),
      positionRows_TD: tf.tensor(arrays.positionRows_TD, [arrays.length, D]),
      predictorPlaces_S: tf.tensor(arrays.predictorPlaces_S, [arrays.numSupervisedTokens], "int32"),
      inverse_P: tf.tensor(arrays.inverse_P, [P], "int32"),
      targets_S: tf.tensor(arrays.targets_S, [arrays.numSupervisedTokens], "int32"),
      keepMasks_PD: arrays.keepMasks_PD.map((keep) => tf.tensor(keep, [P, D], "bool")),
      dropoutRate: this.parts.dropoutRate,
    };
  }
}

function tapTensors(config: OptConfig, taps: TapRequest, { numExamples, length }: LossTensors): TapTensors {
  return {
    input: (site, name) => {
      const shape = taps.work.inputShapes(config, site.map, taps.numQueryTokens).get(name)!;
      return tf.tensor(taps.feed(site, name), [...shape]);
    },
    pool_B1T: taps.stateDepths.length === 0 ? null : tf.tensor(taps.pool_BT, [numExamples, 1, length]),
  };
}
