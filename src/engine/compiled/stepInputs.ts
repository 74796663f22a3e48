/**
 * @file What a graph of a whole step takes besides weights and looked-up rows: which tokens are predicted from where, and what drops.
 *
 * Shapes: **P** tokens of a micro-batch (B x T), **D** model width, **S** supervised tokens (known at run time).
 */
import type { Tensor as TfTensor } from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import type { SupervisedTokens } from "#core/training/loss.ts";
import type { LossTensors } from "#core/training/lossAndGradients.ts";
import type { BatchShape } from "./blockGraphs.ts";
import type { GraphInput } from "./recordGraph.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";

/** @param numSites  dropout sites; 0 where nothing drops */
export function tokenInputs({ hiddenSize: D }: OptConfig, { numExamples, length }: BatchShape, numSites: number): Map<string, GraphInput> {
  const P = numExamples * length;
  const { S } = RUN_TIME_SIZES;
  const inputs = new Map<string, GraphInput>([
    ["predictorPlaces", { shape: [S], dtype: "int32" }],
    ["inverse", { shape: [P], dtype: "int32" }],
    ["targets", { shape: [S], dtype: "int32" }],
    ["lossWeights", { shape: [S], dtype: "float32" }],
  ]);
  for (let site = 0; site < numSites; site++) inputs.set(`keep${site}`, { shape: [P, D], dtype: "bool" });
  return inputs;
}

type TokenTensors = Pick<LossTensors, "predictorPlaces_S" | "inverse_P" | "targets_S" | "keepMasks_PD">;

/** The placeholders of `tokenInputs` as the model's step wants them. */
export const tokenTensors = (input: (name: string) => TfTensor, numSites: number): TokenTensors => ({
  predictorPlaces_S: input("predictorPlaces"),
  inverse_P: input("inverse"),
  targets_S: input("targets"),
  keepMasks_PD: Array.from({ length: numSites }, (_, site) => input(`keep${site}`)),
});

/** Supervised tokens of a micro-batch, and one mask for each dropout site. */
export type TokenArrays = SupervisedTokens & { readonly keepMasks_PD: readonly Uint8Array[] };

/** The inputs of `tokenInputs`, over the arrays. */
export function tokenFeeds(arrays: TokenArrays, D: number): Record<string, Tensor> {
  const S = arrays.numSupervisedTokens;
  const P = arrays.inverse_P.length;
  return {
    predictorPlaces: new Tensor("int32", arrays.predictorPlaces_S, [S]),
    inverse: new Tensor("int32", arrays.inverse_P, [P]),
    targets: new Tensor("int32", arrays.targets_S, [S]),
    lossWeights: new Tensor("float32", arrays.lossWeights_S, [S]),
    ...Object.fromEntries(arrays.keepMasks_PD.map((keep, site) => [`keep${site}`, new Tensor("bool", keep, [P, D])])),
  };
}
