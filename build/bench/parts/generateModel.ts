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
import { countParameters, initialParameters } from "#core/model/parameters.ts";
import { saveModelFolder } from "#engine/modelFolder.ts";
import { isDrawn, DRAWN } from "./shapes.ts";

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
if (!isDrawn(shape) || out === undefined || (dtype !== "float32" && dtype !== "float16")) {
  process.stderr.write(
    `Usage: generateModel.ts --shape ${Object.keys(DRAWN).join("|")} --out DIR [--dtype float32|float16] [--tokenizer DIR] [--seed N]\n`,
  );
  process.exit(2);
}

const config = DRAWN[shape];
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
