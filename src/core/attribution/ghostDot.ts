/**
 * @file The exact inner product of two examples' weight gradients, without forming either.
 *
 *   ⟨dW(q), dW(z)⟩ = sum over t, t' of (x[t] · x'[t']) (dy[t] · dy'[t'])
 *
 * because each gradient is a sum of outer products. The sum over t' alone is what token t of z contributes, the sum over t alone what token t'
 * of q does, so both add up to the product. A position's dy holds what the loss of the token behind it asks of it, and through attention what later ones do.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **I** and **O** a linear map's widths, **Q** tokens of the query, **C** tokens of one chunk.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { FeatureSpec, LinearMap, TapSite } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import { paddedLength } from "../model/paddedLength.ts";
import { type TapRequest, type TapWork, tapInputName } from "../model/taps.ts";
import type { MicroBatch, MicroBatchLoss, TappingEngine } from "../training/computeEngine.ts";
import { supervisedTokens } from "../training/loss.ts";
import { mapWidths, tapSites } from "./featureSpec.ts";

/** Rows of a product that exist at once: with a query of 2,048 tokens, 4 MB for each of the few matrices of a map. */
const CHUNK = 512;

const INPUT = "input";
const OUTPUT_GRADIENT = "outputGradient";
const TOKENS = "tokens";
const QUERY_TOKENS = "queryTokens";
const SQUARED_NORM = "squaredNorm";

/** What every tapped map saw of a query. Numbers, not tensors: they are fed to the graph of every candidate. */
export interface QueryTaps {
  /** Q: positions that a gradient reaches. */
  readonly numTokens: number;
  /** `[Q, I]` and `[Q, O]` of each site. */
  readonly of: (site: TapSite) => { readonly x: Float32Array; readonly dy: Float32Array };
}

const keyOf = ({ layer, map }: TapSite): string => tapInputName({ layer, map }, "");

/** Hands out what the maps saw, as it is. */
const readTaps = (maps: readonly LinearMap[]): TapWork => ({
  name: `inputs and output gradients of ${maps.join(", ")}`,
  maps,
  inputShapes: () => new Map(),
  results: maps.flatMap((map) => [`${map}.${INPUT}`, `${map}.${OUTPUT_GRADIENT}`]),
  compute: (tapped) =>
    new Map(
      maps.flatMap((map) => {
        const { x_PI, dy_PO } = tapped.get(map)!;
        return [[`${map}.${INPUT}`, x_PI] as const, [`${map}.${OUTPUT_GRADIENT}`, dy_PO] as const].map(
          ([name, tensor]) => [name, tf.clone(tensor)] as const,
        );
      }),
    ),
});

/**
 * Runs one example and keeps what every tapped map saw: 29 MB a layer for 512 tokens of OPT-350M.
 *
 * @param batch  one example; nothing after its last supervised token has a gradient, and that part is dropped
 */
export async function queryTaps(
  engine: TappingEngine,
  batch: MicroBatch,
  { layers, maps }: FeatureSpec,
): Promise<QueryTaps & MicroBatchLoss> {
  const { config } = engine;
  const P = batch.length;
  const numTokens = 1 + Math.max(-1, ...supervisedTokens(batch).predictorPlaces_S);
  const seen = new Map<string, { readonly x: Float32Array; readonly dy: Float32Array }>();
  for (const site of tapSites({ layers, maps })) {
    const { numIn, numOut } = mapWidths(config, site.map);
    seen.set(keyOf(site), { x: new Float32Array(P * numIn), dy: new Float32Array(P * numOut) });
  }
  const loss = await engine.tapped(batch, {
    work: readTaps(maps),
    layers,
    stateDepths: [],
    states: [],
    numQueryTokens: 0,
    pool_BT: new Float32Array(0),
    feed: () => new Float32Array(0),
    result: (layer, name) => {
      const map = maps.find((candidate) => name.startsWith(`${candidate}.`))!;
      const { x, dy } = seen.get(keyOf({ layer, map }))!;
      const array = name.endsWith(`.${INPUT}`) ? x : dy;
      return { array, shape: [P, array.length / P] };
    },
  });
  return {
    ...loss,
    numTokens,
    of: (site) => {
      const { x, dy } = seen.get(keyOf(site))!;
      return { x: x.subarray(0, (x.length / P) * numTokens), dy: dy.subarray(0, (dy.length / P) * numTokens) };
    },
  };
}

/**
 * A weighted sum of queries' gradients, exactly: their tokens one after the other, each query's output gradients times its factor.
 */
export function combineQueries(
  config: OptConfig,
  spec: Pick<FeatureSpec, "layers" | "maps">,
  parts: readonly { readonly query: QueryTaps; readonly factor: number }[],
): QueryTaps {
  const scale = (dy: Float32Array, factor: number): void => dy.forEach((value, i) => (dy[i] = factor * value));
  // padded as micro-batches are, with nothing: a graph of its own for every length would take longer to compile than it computes
  const numTokens = paddedLength(parts.reduce((sum, { query }) => sum + query.numTokens, 0));
  const sites = new Map(
    tapSites(spec).map((site) => {
      const { numIn, numOut } = mapWidths(config, site.map);
      const [x, dy] = [new Float32Array(numTokens * numIn), new Float32Array(numTokens * numOut)];
      let at = 0;
      for (const { query, factor } of parts) {
        const own = query.of(site);
        x.set(own.x, at * numIn);
        dy.set(own.dy, at * numOut);
        scale(dy.subarray(at * numOut, at * numOut + own.dy.length), factor);
        at += query.numTokens;
      }
      return [keyOf(site), { x, dy }] as const;
    }),
  );
  return { numTokens, of: (site) => sites.get(keyOf(site))! };
}

/** Products with a query whose tokens are inputs of the graph, so that one graph serves all queries. */
export const ghostDot = (maps: readonly LinearMap[]): TapWork => ({
  name: `exact products with a query over ${maps.join(", ")}`,
  maps,
  inputShapes: (config, map, numQueryTokens) => {
    const { numIn, numOut } = mapWidths(config, map);
    return new Map([
      [INPUT, [numQueryTokens, numIn]],
      [OUTPUT_GRADIENT, [numQueryTokens, numOut]],
    ]);
  },
  results: [TOKENS, QUERY_TOKENS, SQUARED_NORM],
  compute: (tapped, input, { numExamples: B, length: T }) => {
    const sums = new Map<string, tf.Tensor>();
    const add = (name: string, tensor: tf.Tensor): void => {
      const before = sums.get(name);
      sums.set(name, before === undefined ? tensor : tf.add(before, tensor));
    };
    for (const map of maps) {
      const { x_PI, dy_PO } = tapped.get(map)!;
      const [x_BTI, dy_BTO] = [x_PI, dy_PO].map((tensor) => tf.reshape(tensor, [B, T, tensor.shape[1]!])) as [tf.Tensor, tf.Tensor];
      const [queryX_QI, queryDy_QO] = [input(map, INPUT), input(map, OUTPUT_GRADIENT)];
      const Q = queryX_QI.shape[0]!;
      const tokens: tf.Tensor[] = [];
      for (let start = 0; start < T; start += CHUNK) {
        const C = Math.min(CHUNK, T - start);
        const chunk = (tensor: tf.Tensor): tf.Tensor => tf.slice(tensor, [0, start, 0], [B, C, tensor.shape[2]!]);
        const flat = (tensor: tf.Tensor): tf.Tensor => tf.reshape(tensor, [B * C, tensor.shape[2]!]);
        const [x_BCI, dy_BCO] = [chunk(x_BTI), chunk(dy_BTO)];
        const products = tf.mul(tf.matMul(flat(x_BCI), queryX_QI, false, true), tf.matMul(flat(dy_BCO), queryDy_QO, false, true));
        tokens.push(tf.reshape(tf.sum(products, 1), [B, C]));
        add(QUERY_TOKENS, tf.sum(tf.reshape(products, [B, C, Q]), 1));
        const own_BCT = tf.mul(tf.matMul(x_BCI, x_BTI, false, true), tf.matMul(dy_BCO, dy_BTO, false, true));
        add(SQUARED_NORM, tf.sum(own_BCT, [1, 2]));
      }
      add(TOKENS, tokens.length === 1 ? tokens[0]! : tf.concat(tokens, 1));
    }
    return sums;
  },
});

/** Of a micro-batch of candidates with one query; inner products of weight gradients over all tapped maps. */
export interface ExactProducts {
  /** ⟨dW(q), dW(z)⟩ of each candidate. */
  readonly products_B: Float64Array;
  /** What each token of a candidate adds to its product; `[B, T]`. */
  readonly tokens_BT: Float64Array;
  /** What each token of the query adds to the product with a candidate; `[B, Q]`. */
  readonly queryTokens_BQ: Float64Array;
  /** |dW(z)|². */
  readonly squaredNorms_B: Float64Array;
}

/** Products of each example of a micro-batch, of the sum of its losses by their weights. */
export async function exactProducts(
  engine: TappingEngine,
  batch: MicroBatch,
  query: QueryTaps,
  { layers, maps }: FeatureSpec,
): Promise<ExactProducts & MicroBatchLoss> {
  const { batchSize: B, length: T } = batch;
  const Q = query.numTokens;
  const shapes: Readonly<Record<string, readonly number[]>> = { [TOKENS]: [B, T], [QUERY_TOKENS]: [B, Q], [SQUARED_NORM]: [B] };
  const ofLayers = new Map<string, Float32Array>();
  const resultOf = (layer: number, name: string): Float32Array => {
    const key = `${layer} ${name}`;
    const array = ofLayers.get(key) ?? new Float32Array(shapes[name]!.reduce((product, size) => product * size, 1));
    ofLayers.set(key, array);
    return array;
  };
  const taps: TapRequest = {
    work: ghostDot(maps),
    layers,
    stateDepths: [],
    states: [],
    numQueryTokens: Q,
    pool_BT: new Float32Array(0),
    feed: (site, name) => (name === INPUT ? query.of(site).x : query.of(site).dy),
    result: (layer, name) => ({ array: resultOf(layer, name), shape: shapes[name]! }),
  };
  const loss = await engine.tapped(batch, taps);
  // layers are added in double precision: what cancels between them should not leave rounding behind
  const sumOf = (name: string): Float64Array => {
    const sum = new Float64Array(resultOf(layers[0]!, name).length);
    for (const layer of layers) resultOf(layer, name).forEach((value, i) => (sum[i]! += value));
    return sum;
  };
  const tokens_BT = sumOf(TOKENS);
  const products_B = Float64Array.from({ length: B }, (_, b) =>
    tokens_BT.subarray(b * T, (b + 1) * T).reduce((sum, value) => sum + value, 0),
  );
  return { ...loss, products_B, tokens_BT, queryTokens_BQ: sumOf(QUERY_TOKENS), squaredNorms_B: sumOf(SQUARED_NORM) };
}
