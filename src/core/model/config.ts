/**
 * @file The published `config.json` of an OPT model, read into `OptConfig` and written back.
 *
 * Field names and meanings follow Hugging Face's `OPTConfig`. What this product cannot compute (another activation, models without biases,
 * an untied head) is refused by name instead of being computed wrongly.
 */
import { AppError } from "#contracts/errors.ts";
import { type OptConfig, optConfigSchema } from "#contracts/model.ts";

/** Positions are looked up at `position + 2`: fairseq reserved the first rows for padding. `OPTLearnedPositionalEmbedding.offset`. */
export const POSITION_OFFSET = 2;

/** Published names of the fields we compute with. */
const FIELDS = {
  vocabSize: "vocab_size",
  hiddenSize: "hidden_size",
  ffnDim: "ffn_dim",
  numHiddenLayers: "num_hidden_layers",
  numAttentionHeads: "num_attention_heads",
  wordEmbedProjDim: "word_embed_proj_dim",
  doLayerNormBefore: "do_layer_norm_before",
  maxPositionEmbeddings: "max_position_embeddings",
  dropout: "dropout",
  bosTokenId: "bos_token_id",
  eosTokenId: "eos_token_id",
  padTokenId: "pad_token_id",
} as const satisfies Record<keyof OptConfig, string>;

/** What `OPTConfig` assumes where the file says nothing; sizes have no default here, because a wrong guess would fail much later. */
const DEFAULTS: Partial<Record<keyof OptConfig, unknown>> = {
  doLayerNormBefore: true,
  dropout: 0.1,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
};

/** Fields with one supported value, which is also their default. Absent is fine; anything else is refused. */
const FIXED: Readonly<Record<string, unknown>> = {
  model_type: "opt",
  activation_function: "relu",
  enable_bias: true,
  layer_norm_elementwise_affine: true,
  tie_word_embeddings: true,
  _remove_final_layer_norm: false,
};

/** A post-norm model has no final norm in the first place. */
const isHarmless = (name: string, fields: Readonly<Record<string, unknown>>): boolean =>
  name === "_remove_final_layer_norm" && fields["do_layer_norm_before"] === false && typeof fields[name] === "boolean";

/**
 * Reads the text of a `config.json`.
 *
 * @param path  named in errors
 * @throws E_MODEL_INVALID naming the published field
 */
export function parseOptConfig(text: string, path = "config.json"): OptConfig {
  const refuse = (detail: string): AppError => new AppError("E_MODEL_INVALID", { path, detail });
  let published: unknown;
  try {
    published = JSON.parse(text);
  } catch (cause) {
    throw new AppError("E_MODEL_INVALID", { path, detail: `config.json is not valid JSON (${String(cause)})` }, { cause });
  }
  if (typeof published !== "object" || published === null || Array.isArray(published)) throw refuse("config.json is not an object");
  const fields = published as Record<string, unknown>;

  for (const [name, value] of Object.entries(FIXED)) {
    if (fields[name] !== undefined && fields[name] !== value && !isHarmless(name, fields))
      throw refuse(`config.json has ${name} ${JSON.stringify(fields[name])}; only ${JSON.stringify(value)} is supported`);
  }
  const candidate: Record<string, unknown> = {};
  for (const [ours, theirs] of Object.entries(FIELDS)) {
    candidate[ours] = fields[theirs] ?? DEFAULTS[ours as keyof OptConfig];
  }
  candidate["wordEmbedProjDim"] ??= candidate["hiddenSize"];
  const outcome = optConfigSchema.safeParse(candidate);
  if (!outcome.success) {
    const issue = outcome.error.issues[0]!;
    const field = FIELDS[issue.path[0] as keyof OptConfig];
    throw refuse(`config.json field ${field}: ${fields[field] === undefined ? "missing" : issue.message}`);
  }
  const config = outcome.data;
  if (config.hiddenSize % config.numAttentionHeads !== 0)
    throw refuse(`config.json has hidden_size ${config.hiddenSize}, not a multiple of num_attention_heads ${config.numAttentionHeads}`);
  return config;
}

/**
 * The text of a `config.json` that Hugging Face's loaders accept.
 *
 * @param further published fields besides the model's shape, such as `torch_dtype`
 */
export function formatOptConfig(config: OptConfig, further: Readonly<Record<string, unknown>> = {}): string {
  const published: Record<string, unknown> = {
    architectures: ["OPTForCausalLM"],
    ...FIXED,
    attention_dropout: 0,
    activation_dropout: 0,
    layerdrop: 0,
    init_std: 0.02,
    prefix: "</s>",
    use_cache: true,
    ...further,
  };
  for (const [ours, theirs] of Object.entries(FIELDS)) published[theirs] = config[ours as keyof OptConfig];
  return `${JSON.stringify(published, null, 2)}\n`;
}
