/** @file What differs between the ways to run the model: everything else of an engine is shared. */
import type { Decoding } from "#core/model/generate.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import type { GradientSink } from "./gradientSink.ts";
import type { StepArrays } from "./stepArrays.ts";

export interface StepBackend {
  /** In words: "ONNX Runtime CPU, 2 threads". */
  readonly name: string;
  /** Why it computes the way it does, in words; "" where there is no choice. */
  readonly modeReason: string;
  /** Fills `loss_S`, unweighted. */
  loss(arrays: StepArrays, loss_S: Float32Array): Promise<void>;
  /**
   * Fills `loss_S` and `tokenRowsGradient_PE`, and hands the gradient of the weighted sum of losses with respect to every parameter to the
   * sink (of `embed_tokens` as the head; the looked-up rows are the caller's to add).
   */
  gradients(arrays: StepArrays, loss_S: Float32Array, tokenRowsGradient_PE: Float32Array, sink: GradientSink): Promise<void>;
  openDecoding(numRows: number, capacity: number): Decoding;
  dispose(): Promise<void>;
}

/** A backend reads the weights from these arrays in every call. */
export interface BackendParts {
  readonly parameters: readonly ParameterArray[];
  /** 0: dropout is absent from the graph. */
  readonly dropoutRate: number;
}
