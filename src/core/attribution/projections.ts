/**
 * @file The fixed random projections of a linear map's inputs and output gradients: drawn from a seed whenever they are needed, never stored.
 *
 * Shapes: **I** and **O** a linear map's widths, **K** rank of the projection.
 */
import type { FeatureSpec, TapSite } from "#contracts/attribution.ts";
import type { OptConfig } from "#contracts/model.ts";
import { mixSeeds, randomIntegers } from "../model/random.ts";
import { mapNumber, mapWidths } from "./featureSpec.ts";

const BITS = 32;

/**
 * A matrix of independent entries +1/sqrt(K) and -1/sqrt(K), so that `E[P Pᵀ]` is the identity and inner products are kept in the mean
 * (Achlioptas 2003, theorem 1.1).
 */
export function signMatrix(numRows: number, rank: number, seed: number): Float32Array {
  const next = randomIntegers(seed);
  const values = new Float32Array(numRows * rank);
  const entry = 1 / Math.sqrt(rank);
  for (let i = 0, bits = 0; i < values.length; i++, bits >>>= 1) {
    if (i % BITS === 0) bits = next();
    values[i] = (bits & 1) === 0 ? -entry : entry;
  }
  return values;
}

export interface Projections {
  /** P_i, `[in, k]`. */
  readonly in_IK: Float32Array;
  /** P_o, `[out, k]`. */
  readonly out_OK: Float32Array;
}

/** Those of one linear map: a function of seed, layer and map alone. */
export function projectionsOf(config: OptConfig, { rank, seed }: Pick<FeatureSpec, "rank" | "seed">, { layer, map }: TapSite): Projections {
  const { numIn, numOut } = mapWidths(config, map);
  const ofMap = mixSeeds(mixSeeds(seed, layer), mapNumber(map));
  return { in_IK: signMatrix(numIn, rank, mixSeeds(ofMap, 0)), out_OK: signMatrix(numOut, rank, mixSeeds(ofMap, 1)) };
}
