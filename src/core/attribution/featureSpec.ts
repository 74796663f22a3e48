/** @file Which features of an example are taken by default, and how wide they are. */
import { type FeatureSpec, LINEAR_MAPS, type LinearMap, type TapSite } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";

/** Up to this many layers all of them are tapped: half of a small model is too little to tell examples apart by. */
const SHALLOW = 8;
/**
 * Queries and keys shape where a token looks, values and the rest what it says; the maps without q and k are the subset that Choe et al. 2024
 * (LoGra, arXiv 2405.13954) and our own comparison kept.
 */
const DEFAULT_MAPS: readonly LinearMap[] = ["self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2"];
/**
 * The error of a projected cosine falls with the root of the rank, so a small model's rank grows until its rows fill their budget; past this the
 * extra products would cost training more than they tell.
 */
const LARGEST_RANK = 32;
/** What a stored row may take, at a byte a number; its head included. Both states have their place first, the gradient gets the rest. */
const ROW_BUDGET_BYTES = 13_000;
const ROW_HEAD_BYTES = 64;
const DEFAULT_SEED = 20240513;

/**
 * All layers of a shallow model, else a middle half that starts at three eighths: layers 9 to 20 of 24, counted from 0. Middle layers estimate
 * influence better than the first or the last (arXiv 2511.04715), and the backward pass can end at the lowest of them.
 */
export function tappedLayers(numLayers: number): number[] {
  const count = numLayers <= SHALLOW ? numLayers : Math.floor(numLayers / 2);
  const first = numLayers <= SHALLOW ? 0 : Math.floor((3 * numLayers) / 8);
  return Array.from({ length: count }, (_, i) => first + i);
}

/** As large as keeps a row within its budget: 28 in the sample model, 15 in OPT-350M, whose 48 maps and two states of 1,024 share it. */
function defaultRank(numSites: number, config: OptConfig): number {
  const forGradient = ROW_BUDGET_BYTES - ROW_HEAD_BYTES - stateWidth(config);
  return Math.max(1, Math.min(LARGEST_RANK, config.hiddenSize, Math.floor(Math.sqrt(Math.max(0, forGradient) / numSites))));
}

export function defaultFeatureSpec(config: OptConfig): FeatureSpec {
  const { numHiddenLayers } = config;
  const layers = tappedLayers(numHiddenLayers);
  return {
    layers,
    maps: [...DEFAULT_MAPS],
    rank: defaultRank(layers.length * DEFAULT_MAPS.length, config),
    seed: DEFAULT_SEED,
    stateDepths: [Math.max(1, Math.floor(numHiddenLayers / 2)), numHiddenLayers],
  };
}

/** Up to this width a model runs as one graph, and all its examples are indexed in seconds or minutes; a wider one's are as they are asked for. */
export const INDEXED_WHOLE_WIDTH = 512;
export const isIndexedWhole = ({ hiddenSize }: OptConfig): boolean => hiddenSize <= INDEXED_WHOLE_WIDTH;

/** Layer by layer, and within a layer in the spec's order: the order of the parts of a gradient vector. */
export const tapSites = ({ layers, maps }: Pick<FeatureSpec, "layers" | "maps">): TapSite[] =>
  layers.flatMap((layer) => maps.map((map) => ({ layer, map })));

/** Widths of a linear map's input and output. */
export function mapWidths({ hiddenSize: D, ffnDim: F }: OptConfig, map: LinearMap): { readonly numIn: number; readonly numOut: number } {
  return { numIn: map === "fc2" ? F : D, numOut: map === "fc1" ? F : D };
}

/** Numbers of one layer's part of a gradient vector. */
export const layerGradientWidth = ({ maps, rank }: FeatureSpec): number => maps.length * rank * rank;

/** Numbers of a gradient vector: M k k. */
export const gradientWidth = (spec: FeatureSpec): number => spec.layers.length * layerGradientWidth(spec);

/** Numbers of both pooled states: 2 D. */
export const stateWidth = ({ hiddenSize }: OptConfig): number => 2 * hiddenSize;

/** Whether a model has what the spec taps. */
export const fitsModel = ({ layers, stateDepths }: FeatureSpec, { numHiddenLayers }: OptConfig): boolean =>
  layers.every((layer, i) => layer < numHiddenLayers && (i === 0 || layers[i - 1]! < layer)) &&
  stateDepths.every((depth) => depth <= numHiddenLayers);

/** A number for each map that stays its own whichever of them a spec taps. */
export const mapNumber = (map: LinearMap): number => LINEAR_MAPS.indexOf(map);
