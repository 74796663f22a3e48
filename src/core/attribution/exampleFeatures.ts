/**
 * @file Features of the examples of a micro-batch: projected gradients and pooled states, as a request to an engine and what came of it.
 *
 * Shapes: **B** batch, **T** time, **D** model width, **K** rank of the projection.
 */
import type { FeatureSpec } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import type { TapRequest } from "../model/taps.ts";
import type { MicroBatch, MicroBatchLoss, TappingEngine } from "../training/computeEngine.ts";
import { supervisedTokens } from "../training/loss.ts";
import { factoredGradients, PROJECT_INPUT } from "./factoredGradients.ts";
import { gradientWidth, layerGradientWidth, stateWidth, tapSites } from "./featureSpec.ts";
import { type Projections, projectionsOf } from "./projections.ts";

export interface ExampleFeatures {
  /**
   * `[B, M K K]`: the projected gradient of each example's loss, summed over its supervised tokens by their weights; site by site in
   * the order of `tapSites`.
   */
  readonly gradients: Float32Array;
  /** `[B, 2 D]`: hidden states at the spec's two depths, each a mean over the positions that predict supervised tokens. */
  readonly states: Float32Array;
}

/** A request, and what it gave once an engine has answered it. */
export interface FeatureRequest {
  readonly taps: TapRequest;
  /** @param lossScale  that the gradients were computed with */
  readonly take: (lossScale?: number) => ExampleFeatures;
}

/** Makes requests of one spec; it holds the projections, which cost some tenths of a second to draw for a large model. */
export interface FeatureMaker {
  readonly spec: FeatureSpec;
  /** @param pool_BT  weights of the positions whose states are pooled; those that predict supervised tokens where absent */
  readonly requestFor: (batch: MicroBatch, pool_BT?: Float32Array) => FeatureRequest;
}

/** `[B, T]`: for each example 1 / n at its n positions that predict a supervised token, 0 elsewhere. */
export function responseWeights(batch: MicroBatch): Float32Array {
  const { batchSize, length } = batch;
  const pool_BT = new Float32Array(batchSize * length);
  const { predictorPlaces_S } = supervisedTokens(batch);
  const counts = new Float64Array(batchSize);
  for (const place of predictorPlaces_S) counts[Math.floor(place / length)]! += 1;
  for (const place of predictorPlaces_S) pool_BT[place] = 1 / counts[Math.floor(place / length)]!;
  return pool_BT;
}

export function featureMaker(config: OptConfig, spec: FeatureSpec): FeatureMaker {
  const { layers, stateDepths } = spec;
  const work = factoredGradients(spec);
  const projections = new Map<string, Projections>(
    tapSites(spec).map((site) => [`${site.layer} ${site.map}`, projectionsOf(config, spec, site)]),
  );
  const width = layerGradientWidth(spec);
  const D = config.hiddenSize;
  return {
    spec,
    requestFor: (batch, pool_BT = responseWeights(batch)) => {
      const B = batch.batchSize;
      const ofLayers = new Map(layers.map((layer) => [layer, new Float32Array(B * width)]));
      const states = stateDepths.map(() => new Float32Array(B * D));
      const taps: TapRequest = {
        work,
        layers,
        stateDepths,
        numQueryTokens: 0,
        feed: ({ layer, map }, name) => {
          const { in_IK, out_OK } = projections.get(`${layer} ${map}`)!;
          return name === PROJECT_INPUT ? in_IK : out_OK;
        },
        result: (layer) => ({ array: ofLayers.get(layer)!, shape: [B, width] }),
        pool_BT,
        states,
      };
      return {
        taps,
        take: (lossScale = 1) => {
          const gradients = interleave([...ofLayers.values()], B);
          if (lossScale !== 1) gradients.forEach((value, i) => (gradients[i] = value / lossScale));
          return { gradients, states: interleave(states, B) };
        },
      };
    },
  };
}

/** Parts of rows side by side: `[B, w]` each to `[B, sum of w]`. */
function interleave(parts: readonly Float32Array[], numRows: number): Float32Array {
  const widths = parts.map((part) => part.length / numRows);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const rows = new Float32Array(numRows * total);
  for (let row = 0, at = 0; row < numRows; row++) {
    parts.forEach((part, i) => {
      rows.set(part.subarray(row * widths[i]!, (row + 1) * widths[i]!), at);
      at += widths[i]!;
    });
  }
  return rows;
}

/** The features of a micro-batch, without dropout and without computing the gradient of any weight. */
export async function exampleFeatures(
  engine: TappingEngine,
  batch: MicroBatch,
  maker: FeatureMaker,
  pool_BT?: Float32Array,
): Promise<ExampleFeatures & MicroBatchLoss> {
  const request = maker.requestFor(batch, pool_BT);
  const loss = await engine.tapped(batch, request.taps);
  return { ...loss, ...request.take() };
}

/** Row `row` of features: its gradient and its states, as views. */
export function featuresOfRow(
  { gradients, states }: ExampleFeatures,
  row: number,
  config: OptConfig,
  spec: FeatureSpec,
): { readonly gradient: Float32Array; readonly states: Float32Array } {
  const [g, s] = [gradientWidth(spec), stateWidth(config)];
  return { gradient: gradients.subarray(row * g, (row + 1) * g), states: states.subarray(row * s, (row + 1) * s) };
}
