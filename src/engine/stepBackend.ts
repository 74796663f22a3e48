/** @file What differs between the ways to run the model: everything else of an engine is shared. */
import type { Decoding } from "#core/model/generate.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import type { StepArrays } from "./stepArrays.ts";

export interface StepBackend {
  /** In words: "ONNX Runtime CPU, 2 threads". */
  readonly name: string;
  /** Fills `loss_S`, unweighted. */
  loss(arrays: StepArrays, loss_S: Float32Array): Promise<void>;
  /**
   * Fills `loss_S`, and overwrites every array of `gradients` with the gradient of the loss summed by `lossWeights_S`: by parameter name, with
   * `embed_positions` of length T x D (rows of positions 0 to T-1) and `TOKEN_ROWS` of the looked-up rows.
   */
  gradients(arrays: StepArrays, loss_S: Float32Array, gradients: ReadonlyMap<string, Float32Array>): Promise<void>;
  openDecoding(numRows: number, capacity: number): Decoding;
  dispose(): Promise<void>;
}

/** A backend reads the weights from these arrays in every call. */
export interface BackendParts {
  readonly parameters: readonly ParameterArray[];
  /** 0: dropout is absent from the graph. */
  readonly dropoutRate: number;
}
