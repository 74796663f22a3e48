/**
 * @file The published OPT-350M against the values that Hugging Face's own tests expect of it (transformers,
 * tests/models/opt/test_modeling_opt.py). The weights are not ours to ship, so this is asked for by name:
 *
 *     CALLSMITH_OPT350M=FOLDER npm test -- test/golden/opt350m.test.ts
 *
 * with `config.json`, `vocab.json`, `merges.txt` and the weights of facebook/opt-350m in the folder.
 */
import * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hiddenStates, logitsAt } from "#core/model/forward.ts";
import { gatherRows } from "#core/model/embedding.ts";
import { generate } from "#core/model/generate.ts";
import { countParameters, EMBED_POSITIONS, EMBED_TOKENS } from "#core/model/parameters.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { CompiledGraph } from "#engine/compiled/compileGraph.ts";
import { recordGraph } from "#engine/compiled/recordGraph.ts";
import { loadModelFolder, type Model } from "#engine/modelFolder.ts";
import { openEngine } from "#engine/openEngine.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { positionRows } from "#engine/stepArrays.ts";
import { readTokenizer } from "#services/models.ts";

const folder = process.env["CALLSMITH_OPT350M"];

/** `OPTModel.last_hidden_state`: behind `project_out`, which the head would be applied to. A head of the unit matrix leaves it as it is. */
async function lastHiddenStates({ config, parameters }: Model, inputIds: Int32Array): Promise<Float32Array> {
  const { hiddenSize: D, wordEmbedProjDim: E } = config;
  const T = inputIds.length;
  const valuesOf = (name: string): Float32Array => parameters.find((parameter) => parameter.name === name)!.values;
  const tokenRows_TE = new Float32Array(T * E);
  gatherRows(valuesOf(EMBED_TOKENS), E, inputIds, tokenRows_TE);
  const tensors: Record<string, Tensor> = {
    tokenRows: new Tensor("float32", tokenRows_TE, [T, E]),
    positionRows: new Tensor("float32", positionRows(valuesOf(EMBED_POSITIONS), D, T), [T, D]),
  };
  for (const { name, shape, values } of parameters)
    if (name !== EMBED_POSITIONS && name !== EMBED_TOKENS) tensors[name] = new Tensor("float32", values, [...shape]);
  const inputs = new Map(Object.entries(tensors).map(([name, { dims }]) => [name, { shape: dims, dtype: "float32" as const }]));
  const recorded = recordGraph(inputs, (weights) => {
    const rows = { tokenRows_PE: weights.get("tokenRows")!, positionRows_TD: weights.get("positionRows")! };
    const hidden_TD = hiddenStates(config, weights, { numExamples: 1, length: T, ...rows });
    const unit_EE = tf.tensor(
      Float32Array.from({ length: E * E }, (_, i) => (i % (E + 1) === 0 ? 1 : 0)),
      [E, E],
    );
    return new Map([["hidden", logitsAt(config, weights, hidden_TD, unit_EE)]]);
  });
  const hidden_TE = new Float32Array(T * E);
  const graph = await CompiledGraph.open(recorded, { numThreads: 2 });
  await graph.run(tensors, { hidden: new Tensor("float32", hidden_TE, [T, E]) });
  await graph.release();
  return hidden_TE;
}

describe.skipIf(folder === undefined)(
  "the published OPT-350M (skipped where CALLSMITH_OPT350M names no folder)",
  { timeout: 600_000 },
  () => {
    let model: Model;
    let tokenizer: Tokenizer;
    let engine: ModelEngine;

    beforeAll(async () => {
      model = await loadModelFolder(folder!);
      tokenizer = await readTokenizer(folder!);
      engine = await openEngine({ ...model, kind: "compiled" });
    }, 600_000);
    afterAll(() => engine?.dispose());

    it("has its number of parameters", () => {
      expect(countParameters(model.config)).toBe(331_196_416);
    });

    it("has the hidden states of test_inference_no_head", async () => {
      const inputIds = Int32Array.of(0, 31414, 232, 328, 740, 1140, 12695, 69, 46078, 1588, 2);
      const hidden_TE = await lastHiddenStates(model, inputIds);
      expect(hidden_TE).toHaveLength(11 * 512);
      const corner = [0, 1, 2].flatMap((t) => [...hidden_TE.subarray(t * 512, t * 512 + 3)]);
      const expected = [-0.28726277, -1.9241608, -0.3058734, -1.2737825, -0.13332152, -0.18766522, 0.41159445, 0.1191957, -1.3107123];
      expect(corner).toBeAllclose(expected, { rtol: 0, atol: 5e-5 });
    });

    it("has the mean logits of test_logits, without a start token", async () => {
      const inputIds = tokenizer.encode("Today is a beautiful day and I want to");
      const decoding = engine.openDecoding(1, inputIds.length);
      const means: number[] = [];
      for (const [t, id] of inputIds.entries()) {
        const logits_V = t === 0 ? await decoding.prefill(0, Int32Array.of(id)) : await decoding.decode([id]);
        means.push(logits_V.reduce((sum, logit) => sum + logit, 0) / logits_V.length);
      }
      const expected = [1.3851, -13.8923, -10.5229, -10.7533, -0.2309, -10.2384, -0.5365, -9.0947, -5.167];
      expect(means).toBeAllclose(expected, { rtol: 0, atol: 1e-4 });
    });

    it.each([
      ["Today is a beautiful day and I want", " to"],
      ["In the city of", " San Francisco, the city"],
      ["Paris is the capital of France and", " the capital"],
      ["Computers and mobile phones have taken", " over the"],
    ])("continues %j greedily, to ten tokens in all", async (prompt, continuation) => {
      const inputIds = Int32Array.of(tokenizer.special.bos, ...tokenizer.encode(prompt));
      const sampling = { temperature: 0, topP: 1, seed: 1, maxNewTokens: 10 - inputIds.length };
      const [result] = await generate(engine, [inputIds], sampling, { stopTokenIds: [tokenizer.special.eos] });
      expect(tokenizer.decode(result!.tokenIds)).toBe(continuation);
    });
  },
);
