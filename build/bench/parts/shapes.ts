/** @file The model shapes that benchmarks know, and folders that hold a model of one. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { OptConfig } from "#contracts/model.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { measureWith } from "./inProcess.ts";

const SAMPLE_MODEL = resolve(import.meta.dirname, "../../../resources/models/sample-base");

const COMMON = { vocabSize: 50272, maxPositionEmbeddings: 2048, dropout: 0.1, bosTokenId: 2, eosTokenId: 2, padTokenId: 1 };

/** As the published `config.json` files of facebook/opt-125m and opt-350m say; `tiny` is one in OPT-350M's manner for quick trials. */
export const DRAWN = {
  "opt-350m": {
    ...COMMON,
    hiddenSize: 1024,
    ffnDim: 4096,
    numHiddenLayers: 24,
    numAttentionHeads: 16,
    wordEmbedProjDim: 512,
    doLayerNormBefore: false,
  },
  "opt-125m": {
    ...COMMON,
    hiddenSize: 768,
    ffnDim: 3072,
    numHiddenLayers: 12,
    numAttentionHeads: 12,
    wordEmbedProjDim: 768,
    doLayerNormBefore: true,
  },
  tiny: {
    ...COMMON,
    hiddenSize: 64,
    ffnDim: 256,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    wordEmbedProjDim: 32,
    doLayerNormBefore: false,
  },
} as const satisfies Readonly<Record<string, OptConfig>>;

export const isDrawn = (shape: string): shape is keyof typeof DRAWN => Object.hasOwn(DRAWN, shape);

export const SHAPES = ["opt-350m", "opt-125m", "tiny", "sample"] as const satisfies readonly (keyof typeof DRAWN | "sample")[];
export type Shape = (typeof SHAPES)[number];

export function configOf(shape: Shape): OptConfig {
  return shape === "sample" ? parseOptConfig(readFileSync(join(SAMPLE_MODEL, "config.json"), "utf8")) : DRAWN[shape];
}

/**
 * Lends a folder with a model of a shape: the sample model as it ships, the others with weights drawn from a seed, since the published
 * ones may not be passed on and their values change no timing.
 *
 * @param keepAt  where a drawn model is kept and found again; a temporary folder where absent
 */
export async function withModel<T>(shape: Shape, keepAt: string | undefined, work: (modelDir: string) => Promise<T>): Promise<T> {
  if (shape === "sample") return work(SAMPLE_MODEL);
  const draw = (folder: string) => measureWith("generateModel.ts", "--shape", shape, "--out", folder);
  if (keepAt !== undefined) {
    const folder = resolve(keepAt, shape);
    if (!existsSync(join(folder, "config.json"))) await draw(folder);
    return work(folder);
  }
  const folder = mkdtempSync(join(tmpdir(), `callsmith-${shape}-`));
  try {
    await draw(folder);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
