/**
 * @file What the training loop asks of a compute engine, whichever way the model runs underneath.
 *
 * Shapes: **B** micro-batch, **T** time (padded length of the micro-batch).
 */
import type { OptConfig } from "#contracts/model.ts";
import type { TapRequest } from "../model/taps.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Examples of one forward-backward, padded on the right to a common length. Attention is causal, so padding after an example cannot
 * reach it and needs no mask of its own.
 */
export interface MicroBatch {
  readonly batchSize: number;
  /** T: padded length in tokens. */
  readonly length: number;
  readonly inputIds_BT: Int32Array;
  /** What each place should be predicted as, unshifted: `inputIds_BT`, but where merging put a row's own closing token (`mergePrefixes.ts`). */
  readonly labels_BT: Int32Array;
  /** How much the loss of each label counts, unshifted; 0 = not supervised; column 0 is 0. */
  readonly lossWeights_BT: Float32Array;
  /** Seeds the dropout masks of this micro-batch; ignored where dropout is 0. */
  readonly dropoutSeed: number;
}

export interface MicroBatchLoss {
  /** Nats, unweighted; aligned with `labels_BT`; 0 where not supervised. Valid until the next call. */
  readonly perTokenLoss_BT: Float32Array;
  /** Sum of weight times loss over supervised tokens, accumulated in double precision. */
  readonly lossSum: number;
  /** Sum of the weights: what `lossSum` is divided by for a mean. Where every weight is 1, the number of supervised tokens. */
  readonly weightSum: number;
}

export interface ParameterArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Live: the engine reads its weights from here in every call, unless they reside on a device. */
  readonly values: Float32Array;
  /** Sum, not mean, of the gradients since `zeroGradients`, over all supervised tokens by their weights. */
  readonly gradient: Float32Array;
}

/** Of an engine whose weights, gradients and moments reside on a device: the arrays are copies, brought up to date when asked for. */
export interface Residence {
  /** Weights or moments were written to: both are sent to the device before they are next used. */
  arraysChanged(): void;
  /** From the device into weights and moments, or into gradients. */
  download(what: "weightsAndMoments" | "gradients"): Promise<void>;
}

export interface ComputeEngine {
  /** In words: "ONNX Runtime CPU, 2 threads". */
  readonly name: string;
  /** In the checkpoint's order and with its names (`model.decoder.layers.0.fc1.weight` ...). */
  readonly parameters: readonly ParameterArray[];
  /** Absent: `createOptimizer(parameters)` does. */
  readonly optimizer?: Optimizer;
  /** Absent: the arrays of parameters and moments are what is computed with. */
  readonly residence?: Residence;
  /** Starts a new sum; the arrays follow with the next `accumulateGradients`. */
  zeroGradients(): void;
  /**
   * Forward and backward; adds to every parameter's `gradient`.
   *
   * @param lossScale  factor on the gradients, not on the loss returned; 1 where absent
   * @param taps       what is computed of linear maps on the way, with dropout and `lossScale` in it
   */
  accumulateGradients(batch: MicroBatch, lossScale?: number, taps?: TapRequest): Promise<MicroBatchLoss>;
  /** Forward only, without dropout. */
  evaluateLoss(batch: MicroBatch): Promise<MicroBatchLoss>;
  dispose(): Promise<void>;
}

/** An engine that computes over what linear maps see. */
export interface TappingEngine extends ComputeEngine {
  readonly config: OptConfig;
  /**
   * Forward without dropout, and backward down to the lowest tapped layer. No gradient of a weight is computed, none is touched. Where nothing is
   * supervised, results are left as they are.
   */
  tapped(batch: MicroBatch, taps: TapRequest): Promise<MicroBatchLoss>;
}
