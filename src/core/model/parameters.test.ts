import { describe, expect, it } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import { countParameters, initialParameters, parameterShapes } from "./parameters.ts";

const opt350m: OptConfig = {
  vocabSize: 50272,
  hiddenSize: 1024,
  ffnDim: 4096,
  numHiddenLayers: 24,
  numAttentionHeads: 16,
  wordEmbedProjDim: 512,
  doLayerNormBefore: false,
  maxPositionEmbeddings: 2048,
  dropout: 0.1,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
};
const opt125m: OptConfig = {
  ...opt350m,
  hiddenSize: 768,
  ffnDim: 3072,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  wordEmbedProjDim: 768,
  doLayerNormBefore: true,
};
const small: OptConfig = {
  ...opt125m,
  vocabSize: 500,
  hiddenSize: 64,
  ffnDim: 128,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  wordEmbedProjDim: 64,
};

describe("the parameters of an OPT model", () => {
  it("are as many as in the published models", () => {
    expect(countParameters(opt350m)).toBe(331_196_416);
    expect(parameterShapes(opt350m)).toHaveLength(388);
    expect(countParameters(opt125m)).toBe(125_239_296);
  });

  it("have a final norm in pre-norm models and projections where the widths differ", () => {
    const names = (config: OptConfig): string[] => parameterShapes(config).map(({ name }) => name.replace("model.decoder.", ""));
    expect(names(opt350m).slice(0, 5)).toEqual([
      "embed_tokens.weight",
      "embed_positions.weight",
      "project_out.weight",
      "project_in.weight",
      "layers.0.self_attn.k_proj.weight",
    ]);
    expect(names(opt125m).slice(1, 4)).toEqual(["embed_positions.weight", "final_layer_norm.weight", "final_layer_norm.bias"]);
  });

  it("start from normal weights of deviation 0.02, biases 0 and gains 1, the same for the same seed", () => {
    const parameters = initialParameters(small, 4);
    expect(parameters).toEqual(initialParameters(small, 4));
    expect(parameters[0]!.values).not.toEqual(initialParameters(small, 5)[0]!.values);
    const byName = new Map(parameters.map(({ name, values }) => [name, values]));
    const fc1 = byName.get("model.decoder.layers.0.fc1.weight")!;
    const mean = fc1.reduce((sum, value) => sum + value, 0) / fc1.length;
    const deviation = Math.sqrt(fc1.reduce((sum, value) => sum + (value - mean) ** 2, 0) / fc1.length);
    expect(Math.abs(mean)).toBeLessThan(0.001);
    expect(Math.abs(deviation - 0.02)).toBeLessThan(0.0005);
    expect(byName.get("model.decoder.layers.0.fc1.bias")!.every((value) => value === 0)).toBe(true);
    expect(byName.get("model.decoder.layers.1.final_layer_norm.weight")!.every((value) => value === 1)).toBe(true);
  });
});
