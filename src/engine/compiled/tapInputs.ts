/** @file What graphs with taps take and give besides the step itself. */
import type { Tensor as TfTensor } from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import { POOL, tapInputName, type TapPlan, type TapRequest, type TapTensors, type TapWork } from "#core/model/taps.ts";
import { type NamedArray, tapFeeds } from "../tapArrays.ts";
import type { BatchShape } from "./blockGraphs.ts";
import type { GraphInput } from "./recordGraph.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";

const over = ({ array, shape }: Pick<NamedArray, "array" | "shape">): Tensor => new Tensor("float32", array, [...shape]);

/** Inputs, or preallocated outputs, of a graph. */
export const tensorsOver = (results: readonly NamedArray[]): Record<string, Tensor> =>
  Object.fromEntries(results.map((result) => [result.name, over(result)]));

/** What a work is fed for one layer. */
export function layerTapInputs(config: OptConfig, { maps, inputShapes }: TapWork, layer: number): [string, GraphInput][] {
  return maps.flatMap((map) =>
    [...inputShapes(config, map, RUN_TIME_SIZES.Q)].map(([name, shape]): [string, GraphInput] => [
      tapInputName({ layer, map }, name),
      { shape, dtype: "float32" },
    ]),
  );
}

export const poolInput = ({ numExamples, length }: BatchShape): GraphInput => ({ shape: [numExamples, 1, length], dtype: "float32" });

export const poolFeed = ({ pool_BT }: TapRequest, { numExamples, length }: BatchShape): Tensor =>
  new Tensor("float32", pool_BT, [numExamples, 1, length]);

/** Inputs of a graph of all layers. */
export function tapInputs(config: OptConfig, { work, layers, stateDepths }: TapPlan, shape: BatchShape): [string, GraphInput][] {
  const ofLayers = layers.flatMap((layer) => layerTapInputs(config, work, layer));
  return stateDepths.length === 0 ? ofLayers : [...ofLayers, [POOL, poolInput(shape)]];
}

/** The placeholders of `tapInputs`. */
export const tapTensors = ({ stateDepths }: TapPlan, input: (name: string) => TfTensor): TapTensors => ({
  input: (site, name) => input(tapInputName(site, name)),
  pool_B1T: stateDepths.length === 0 ? null : input(POOL),
});

/** What `tapInputs` are over. */
export function wholeTapFeeds(config: OptConfig, taps: TapRequest, shape: BatchShape): Record<string, Tensor> {
  const feeds = tensorsOver(taps.layers.flatMap((layer) => tapFeeds(config, taps, layer)));
  if (taps.stateDepths.length > 0) feeds[POOL] = poolFeed(taps, shape);
  return feeds;
}
