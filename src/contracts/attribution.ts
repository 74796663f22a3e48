/** @file Tracing a bad call back to training examples: what of an example's gradient and states is kept, in words that cross a boundary. */
import { z } from "zod";

/** The linear maps of a decoder layer, by their published names within it. */
export const LINEAR_MAPS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2"] as const;
export type LinearMap = (typeof LINEAR_MAPS)[number];

/** Which features of an example are taken. Features of different specs, or of different weights, cannot be compared. */
export const featureSpecSchema = z.object({
  /** Whose linear maps are tapped, counted from 0, ascending. */
  layers: z.array(z.int().nonnegative()).min(1),
  /** Which maps of each of these layers. */
  maps: z.array(z.enum(LINEAR_MAPS)).min(1),
  /** k: each map's gradient is projected to k x k numbers. */
  rank: z.int().positive(),
  /** Of the projections, which are drawn anew from it. */
  seed: z.int().nonnegative(),
  /** After how many layers hidden states are pooled: in the middle, and after the last. */
  stateDepths: z.tuple([z.int().positive(), z.int().positive()]),
});
export type FeatureSpec = z.infer<typeof featureSpecSchema>;

/** A linear map of one layer. */
export interface TapSite {
  /** Counted from 0. */
  readonly layer: number;
  readonly map: LinearMap;
}
