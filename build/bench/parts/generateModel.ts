/**
 * @file Writes a model folder with random weights in the shape of a published model, for measurements that do not depend on what a model
 * has learned:
 *
 *   node build/bench/parts/generateModel.ts --shape opt-350m --out DIR [--dtype float16|float32] [--tokenizer DIR] [--seed N]
 *
 * Weights are drawn as OPT's training began (`initialParameters`). `--tokenizer` copies the tokenizer files that lie in another folder.
 */
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { OptConfig } from "#contracts/model.ts";
import { countParameters, initialParameters } from "#core/model/parameters.ts";
import { saveModelFolder } from "#engine/modelFolder.ts";

const COMMON = { vocabSize: 50272, maxPositionEmbeddings: 2048, dropout: 0.1, bosTokenId: 2, eosTokenId: 2, padTokenId: 1 };

/** As the published `config.json` files of facebook/opt-125m and opt-350m say; `tiny` is one in OPT-350M's manner for quick trials. */
const SHAPES: Readonly<Record<string, OptConfig>> = {
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
};

const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json"];

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "opt-350m" },
    out: { type: "string" },
    dtype: { type: "string", default: "float32" },
    tokenizer: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const { shape, out, dtype, tokenizer } = values;
const config = SHAPES[shape];
if (config === undefined || out === undefined || (dtype !== "float32" && dtype !== "float16")) {
  process.stderr.write(
    `Usage: generateModel.ts --shape ${Object.keys(SHAPES).join("|")} --out DIR [--dtype float32|float16] [--tokenizer DIR] [--seed N]\n`,
  );
  process.exit(2);
}

await saveModelFolder(out, { config, parameters: initialParameters(config, Number(values.seed)) }, dtype);
let copied: string[] = [];
if (tokenizer !== undefined) {
  const present = new Set(await readdir(tokenizer));
  copied = TOKENIZER_FILES.filter((file) => present.has(file));
  if (copied.length === 0) {
    process.stderr.write(`${tokenizer} holds none of ${TOKENIZER_FILES.join(", ")}\n`);
    process.exit(1);
  }
  for (const file of copied) await copyFile(join(tokenizer, file), join(out, file));
}
process.stdout.write(`${JSON.stringify({ shape, dtype, parameters: countParameters(config), dir: out, tokenizerFiles: copied })}\n`);
