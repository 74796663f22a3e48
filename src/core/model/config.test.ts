import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { formatOptConfig, parseOptConfig } from "./config.ts";

/** The published file of facebook/opt-350m, as far as it matters. */
const published = {
  architectures: ["OPTForCausalLM"],
  model_type: "opt",
  activation_function: "relu",
  hidden_size: 1024,
  ffn_dim: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  word_embed_proj_dim: 512,
  do_layer_norm_before: false,
  _remove_final_layer_norm: false,
  enable_bias: true,
  layer_norm_elementwise_affine: true,
  dropout: 0.1,
  max_position_embeddings: 2048,
  vocab_size: 50272,
  bos_token_id: 2,
  eos_token_id: 2,
  pad_token_id: 1,
  prefix: "</s>",
};
const refusalOf = (changes: object): string => {
  try {
    parseOptConfig(JSON.stringify({ ...published, ...changes }), "some/folder");
  } catch (error) {
    if (error instanceof AppError && error.code === "E_MODEL_INVALID") return error.message;
    throw error;
  }
  return "";
};

describe("config.json", () => {
  it("is read with its published names and written so that it reads the same", () => {
    const config = parseOptConfig(JSON.stringify(published));
    expect(config).toMatchObject({ hiddenSize: 1024, wordEmbedProjDim: 512, doLayerNormBefore: false, padTokenId: 1 });
    expect(parseOptConfig(formatOptConfig(config))).toEqual(config);
    expect(JSON.parse(formatOptConfig(config))).toMatchObject(published);
  });

  it("takes the published defaults where it says nothing", () => {
    const { word_embed_proj_dim: _, do_layer_norm_before: __, dropout: ___, ...rest } = published;
    expect(parseOptConfig(JSON.stringify(rest))).toMatchObject({ wordEmbedProjDim: 1024, doLayerNormBefore: true, dropout: 0.1 });
  });

  it("may remove the final norm of a post-norm model, which has none", () => {
    expect(refusalOf({ _remove_final_layer_norm: true, do_layer_norm_before: false })).toBe("");
  });

  it("may name the type of its numbers, which the weights file decides", () => {
    expect(refusalOf({ torch_dtype: "float16", dtype: "bfloat16" })).toBe("");
  });

  it.each([
    [{ hidden_size: undefined }, /hidden_size: missing/],
    [{ num_hidden_layers: -1 }, /num_hidden_layers/],
    [{ dropout: 2 }, /dropout/],
    [{ num_attention_heads: 15 }, /hidden_size 1024, not a multiple of num_attention_heads 15/],
    [{ enable_bias: false }, /enable_bias false; only true/],
    [{ activation_function: "gelu" }, /activation_function "gelu"; only "relu"/],
    [{ model_type: "llama" }, /model_type "llama"; only "opt"/],
    [{ tie_word_embeddings: false }, /tie_word_embeddings/],
    [{ _remove_final_layer_norm: true, do_layer_norm_before: true }, /_remove_final_layer_norm/],
    [{ layer_norm_elementwise_affine: false }, /layer_norm_elementwise_affine/],
  ])("is refused by the name of its field: %j", (changes, reason) => {
    expect(refusalOf(changes)).toMatch(reason);
  });

  it("is refused where it is not an object of JSON", () => {
    expect(() => parseOptConfig("{", "f")).toThrow(/not valid JSON/);
    expect(() => parseOptConfig("[]", "f")).toThrow(/not an object/);
  });
});
