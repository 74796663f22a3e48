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

/** A text that is asked about, as tokens, and how much the loss of each counts; 0 outside the span asked about. */
export interface WeightedTokens {
  readonly inputIds: Int32Array;
  readonly lossWeights: Float32Array;
}

/** A failure that is traced. */
export interface TraceQuery {
  /** The prompt and what the model wrote, weighted where it is wrong. */
  readonly bad: WeightedTokens;
  /**
   * The prompt and what should have been written, weighted where it differs: the query then is the gradient of the bad loss minus that of the
   * correct one, both made unit vectors. Null: of the bad loss alone.
   */
  readonly correct: WeightedTokens | null;
  /** Over which tokens states are pooled: the whole output, as examples are pooled over all that they were trained on. Absent: those of `bad`. */
  readonly pooled?: WeightedTokens;
}

/** Features of a failure, in full precision. */
export interface QueryFeatures {
  readonly gradient: Float32Array;
  /** Of the tokens that are pooled over. */
  readonly states: Float32Array;
  /** Mean loss over the bad span, nats. */
  readonly badLoss: number;
  /** The same over the correction's; null where there is none. */
  readonly correctLoss: number | null;
}

/**
 * An example's exact influence score for a failure: the cosine of both gradients over all tapped maps. Positive: training on the example lowers the
 * loss of the bad output (against that of its correction, where there is one), so the example speaks for the failure.
 */
export interface ExactScore {
  /** Into the run's example file. */
  readonly index: number;
  readonly score: number;
  /** Of the example's gradient. */
  readonly norm: number;
  /** What each token of the example adds to the score: where it was predicted, that is at the position in front of it. */
  readonly tokens: Float32Array;
  /** The same by the tokens of the bad output; those after its last weighted token add nothing and are left out. */
  readonly badTokens: Float32Array;
  /** And of the correction; `badTokens` and these add up to the score together. */
  readonly correctTokens: Float32Array;
}
