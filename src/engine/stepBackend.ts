/** @file What differs between the ways to run the model: everything else of an engine is shared. */
import type { Decoding } from "#core/model/generate.ts";
import type { TapRequest } from "#core/model/taps.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import type { GradientSink } from "./gradientSink.ts";
import type { StepArrays } from "./stepArrays.ts";

/** Where a training step's results go. */
export interface StepOutputs {
  readonly loss_S: Float32Array;
  /** Of the looked-up rows of `embed_tokens`: the caller's to add. */
  readonly tokenRowsGradient_PE: Float32Array;
  /** Of every parameter; of `embed_tokens` as the head only. */
  readonly sink: GradientSink;
  /** Absent: nothing is tapped. */
  readonly taps?: TapRequest | undefined;
}

export interface StepBackend {
  /** In words: "ONNX Runtime CPU, 2 threads". */
  readonly name: string;
  /** Why it computes the way it does, in words; "" where there is no choice. */
  readonly modeReason: string;
  /** Fills `loss_S`, unweighted. */
  loss(arrays: StepArrays, loss_S: Float32Array): Promise<void>;
  /** Fills the loss, unweighted, and the gradients of the weighted sum of losses. */
  gradients(arrays: StepArrays, into: StepOutputs): Promise<void>;
  /** Fills `loss_S` and the results of `taps`, and computes no gradient of a weight. */
  tapped(arrays: StepArrays, loss_S: Float32Array, taps: TapRequest): Promise<void>;
  openDecoding(numRows: number, capacity: number): Decoding;
  dispose(): Promise<void>;
}

/** A backend reads the weights from these arrays in every call. */
export interface BackendParts {
  readonly parameters: readonly ParameterArray[];
  /** 0: dropout is absent from the graph. */
  readonly dropoutRate: number;
}
