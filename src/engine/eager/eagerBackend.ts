/** @file The reference: the same model, one TensorFlow.js operation after the other on its pure JavaScript `cpu` backend. Slow, and simple. */
import * as tf from "@tensorflow/tfjs-core";
import type { OptConfig } from "#contracts/model.ts";
import type { Decoding } from "#core/model/generate.ts";
import { lossAndGradients, type LossTensors, perTokenLoss, TOKEN_ROWS } from "#core/training/lossAndGradients.ts";
import type { GradientSink } from "../gradientSink.ts";
import type { StepArrays } from "../stepArrays.ts";
import type { BackendParts, StepBackend } from "../stepBackend.ts";
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

  async gradients(arrays: StepArrays, loss_S: Float32Array, tokenRowsGradient_PE: Float32Array, sink: GradientSink): Promise<void> {
    withBackend(this.tfBackend, () => {
      const computed = lossAndGradients(this.config, this.tensors(arrays), tf.tensor(arrays.lossWeights_S));
      loss_S.set(computed.loss_S.dataSync());
      for (const [name, gradient] of computed.gradients) {
        const array = name === TOKEN_ROWS ? tokenRowsGradient_PE : sink.array(name, arrays.length);
        array.set(gradient.dataSync());
      }
    });
  }

  openDecoding(numRows: number): Decoding {
    return new EagerDecoding(this.config, this.parts, this.tfBackend, numRows);
  }

  async dispose(): Promise<void> {
    // nothing outlives a call
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
