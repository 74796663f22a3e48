/** @file The shape of an OPT model, in the words of its published `config.json` (read and written with the published spelling). */
import { z } from "zod";

export const optConfigSchema = z.object({
  vocabSize: z.int().positive(),
  hiddenSize: z.int().positive(),
  ffnDim: z.int().positive(),
  numHiddenLayers: z.int().positive(),
  numAttentionHeads: z.int().positive(),
  /** Differs from `hiddenSize` in OPT-350M only: 512 against 1024, with projections in and out. */
  wordEmbedProjDim: z.int().positive(),
  /** Pre-norm (true, with a final norm) or post-norm (false: OPT-350M). */
  doLayerNormBefore: z.boolean(),
  maxPositionEmbeddings: z.int().positive(),
  /** Probability in training; evaluation and generation never drop. */
  dropout: z.number().min(0).max(1),
  bosTokenId: z.int(),
  eosTokenId: z.int(),
  padTokenId: z.int(),
});
export type OptConfig = z.infer<typeof optConfigSchema>;

/** How the weights of an exported model are stored. */
export const EXPORT_DTYPES = ["float32", "float16"] as const;
export type ExportDtype = (typeof EXPORT_DTYPES)[number];
