/**
 * @file Taps: what chosen linear maps saw in a forward and backward pass, and computations over it that run while the pass has it at hand.
 *
 * The gradient of a linear map's weight is `dW = sum over t of dy[t] x[t]ᵀ`; whoever knows every x and dy knows it, without forming it.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **D** model width, **I** and **O** a linear map's widths, **Q** tokens of a query.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { LinearMap, TapSite } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import { type ForwardWatch, finalNorm, type Weights } from "./forward.ts";

/** Input of a linear map, and the loss's gradient with respect to its output. */
export interface Tapped {
  readonly x_PI: tf.Tensor;
  readonly dy_PO: tf.Tensor;
}

/** Of the micro-batch. */
export interface BatchSize {
  readonly numExamples: number;
  readonly length: number;
}

/** A computation over the tapped maps of one layer, the same for every layer. */
export interface TapWork {
  /** Names the compiled graphs, in words: works of the same name are the same. */
  readonly name: string;
  readonly maps: readonly LinearMap[];
  /** Further inputs of each map, and their shapes. */
  readonly inputShapes: (config: OptConfig, map: LinearMap, numQueryTokens: number) => ReadonlyMap<string, readonly number[]>;
  /** Names of what `compute` gives. */
  readonly results: readonly string[];
  /** Results by name; all tensors but the results are borrowed. */
  readonly compute: (
    tapped: ReadonlyMap<LinearMap, Tapped>,
    input: (map: LinearMap, name: string) => tf.Tensor,
    size: BatchSize,
  ) => ReadonlyMap<string, tf.Tensor>;
}

/** Which layers are tapped by what, and after how many layers hidden states are pooled. */
export interface TapPlan {
  readonly work: TapWork;
  /** Counted from 0, ascending. */
  readonly layers: readonly number[];
  /** Ascending; none: no states are wanted. */
  readonly stateDepths: readonly number[];
}

/** A plan with its arrays: what is fed, and where results go. */
export interface TapRequest extends TapPlan {
  /** Q; 0 where there is no query. */
  readonly numQueryTokens: number;
  readonly feed: (site: TapSite, name: string) => Float32Array;
  /** Where a layer's result is written, and its shape. */
  readonly result: (layer: number, name: string) => { readonly array: Float32Array; readonly shape: readonly number[] };
  /** How much each position counts in its example's pooled state; `[B, T]`. */
  readonly pool_BT: Float32Array;
  /** `[B, D]` for each of `stateDepths`. */
  readonly states: readonly Float32Array[];
}

/** Names a graph of the whole plan, in words. */
export function describePlan({ work, layers, stateDepths }: TapPlan): string {
  const isRun = layers.at(-1)! - layers[0]! === layers.length - 1;
  const which = isRun ? `${layers[0]} to ${layers.at(-1)}` : layers.join(", ");
  return `${work.name} in layers ${which}${stateDepths.length === 0 ? "" : `, states after ${stateDepths.join(" and ")}`}`;
}

/** Names of graph inputs and outputs. */
export const POOL = "pool";
export const stateName = (index: number): string => `state${index}`;
export const tapResultName = (layer: number, name: string): string => `tap.${layer}.${name}`;
export const tapInputName = ({ layer, map }: TapSite, name: string): string => `tap.${layer}.${map}.${name}`;

/**
 * Mean of hidden states by `pool`. After the last layer they pass the final norm first, as they do on their way to the head.
 *
 * @returns `[B, D]`, owned by the caller
 */
export function pooledState(config: OptConfig, weights: Weights, depth: number, hidden_PD: tf.Tensor, pool_B1T: tf.Tensor): tf.Tensor {
  const [B, , T] = pool_B1T.shape as [number, number, number];
  const states_PD = depth === config.numHiddenLayers ? finalNorm(config, weights, hidden_PD) : hidden_PD;
  return tf.reshape(tf.matMul(pool_B1T, tf.reshape(states_PD, [B, T, config.hiddenSize])), [B, config.hiddenSize]);
}

/** Keeps what a pass shows until it is over; to be disposed of by the caller. */
export interface TapCollector {
  readonly watch: ForwardWatch;
  readonly tapped: (layer: number) => ReadonlyMap<LinearMap, Tapped>;
  readonly hidden: (depth: number) => tf.Tensor;
  readonly dispose: () => void;
}

export function collectTaps({ work, layers, stateDepths }: TapPlan): TapCollector {
  // the autodiff disposes of what it handed out as it goes: a clone shares the numbers and outlives it
  const keep = (tensor: tf.Tensor): tf.Tensor => tf.keep(tf.clone(tensor));
  const byLayer = new Map<number, Map<LinearMap, Tapped>>(layers.map((layer) => [layer, new Map()]));
  const hidden = new Map<number, tf.Tensor>();
  return {
    watch: {
      tap: (layer, map) => {
        const ofLayer = work.maps.includes(map) ? byLayer.get(layer) : undefined;
        return ofLayer && ((x_PI, dy_PO) => void ofLayer.set(map, { x_PI: keep(x_PI), dy_PO: keep(dy_PO) }));
      },
      onHidden: (depth, hidden_PD) => {
        if (stateDepths.includes(depth)) hidden.set(depth, keep(hidden_PD));
      },
    },
    tapped: (layer) => byLayer.get(layer)!,
    hidden: (depth) => hidden.get(depth)!,
    dispose: () => {
      for (const maps of byLayer.values()) for (const { x_PI, dy_PO } of maps.values()) [x_PI, dy_PO].forEach((tensor) => tensor.dispose());
      for (const tensor of hidden.values()) tensor.dispose();
    },
  };
}

export interface TapTensors {
  readonly input: (site: TapSite, name: string) => tf.Tensor;
  /** Null where the plan pools nothing. */
  readonly pool_B1T: tf.Tensor | null;
}

/**
 * A whole forward and backward pass with its taps.
 *
 * @param pass  the pass, called once
 * @returns what the pass gives, and the plan's results by `tapResultName` and `stateName`
 */
export function withTaps<T>(
  config: OptConfig,
  plan: TapPlan,
  { weights, ...size }: BatchSize & { readonly weights: Weights },
  tensors: TapTensors,
  pass: (watch: ForwardWatch) => T,
): { readonly value: T; readonly results: ReadonlyMap<string, tf.Tensor> } {
  const collector = collectTaps(plan);
  try {
    const value = pass(collector.watch);
    const results = new Map<string, tf.Tensor>();
    for (const layer of plan.layers) {
      const input = (map: LinearMap, name: string): tf.Tensor => tensors.input({ layer, map }, name);
      for (const [name, tensor] of plan.work.compute(collector.tapped(layer), input, size)) results.set(tapResultName(layer, name), tensor);
    }
    plan.stateDepths.forEach((depth, i) =>
      results.set(stateName(i), pooledState(config, weights, depth, collector.hidden(depth), tensors.pool_B1T!)),
    );
    return { value, results };
  } finally {
    collector.dispose();
  }
}
