/**
 * @file The names that checkpoints use for the same tensor.
 *
 * `OPTForCausalLM` saves `model.decoder.…`, `OPTModel` saves `decoder.…`, and files converted from metaseq may keep its own words
 * (transformers, `convert_opt_original_pytorch_checkpoint_to_pytorch.py`).
 */

/** The head's own tensor. It is tied to `embed_tokens`, so it has no place among the parameters. */
export const STORED_HEAD = "lm_head.weight";

const METASEQ_WORDS: readonly (readonly [string, string])[] = [
  ["decoder.project_in_dim.", "decoder.project_in."],
  ["decoder.project_out_dim.", "decoder.project_out."],
  ["decoder.layer_norm.", "decoder.final_layer_norm."],
];

/** The name under which a stored tensor is known here. */
export function parameterName(stored: string): string {
  const name = stored.startsWith("decoder.") ? `model.${stored}` : stored;
  if (name === "model.decoder.output_projection.weight") return STORED_HEAD;
  for (const [metaseq, published] of METASEQ_WORDS) if (name.startsWith(`model.${metaseq}`)) return name.replace(metaseq, published);
  return name;
}

/** Metaseq writes its version among the tensors. It is no weight. */
export const isNoWeight = (name: string): boolean => name === "model.decoder.version";

/** Why a tensor may be missing although its numbers are there. */
export function missingHint(storedNames: Iterable<string>): string {
  for (const name of storedNames)
    if (name.includes(".qkv_proj."))
      return "; this is metaseq's own layout, with query, key and value in one: convert it with transformers first";
  return "";
}
