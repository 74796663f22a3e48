/**
 * @file The parameters of an OPT model: their published names, shapes, order, and first values.
 *
 * Linear weights are `[out, in]` as in the checkpoints: `y = x Wᵀ + b`. The head is tied to `embed_tokens` and has no tensor of its own.
 */
import type { OptConfig } from "#contracts/model.ts";
import { POSITION_OFFSET } from "./config.ts";
import { fillNormal, mixSeeds } from "./random.ts";

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A parameter's weights, in the checkpoint's order and layout. */
export interface ParameterValues extends ParameterShape {
  readonly values: Float32Array;
}

export const EMBED_TOKENS = "model.decoder.embed_tokens.weight";
export const EMBED_POSITIONS = "model.decoder.embed_positions.weight";
export const PROJECT_IN = "model.decoder.project_in.weight";
export const PROJECT_OUT = "model.decoder.project_out.weight";
export const FINAL_NORM = "model.decoder.final_layer_norm";

/** Prefix of the parameters of layer `index`. */
export const layerPrefix = (index: number): string => `model.decoder.layers.${index}.`;

export const numElements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Every parameter in the order in which `OPTForCausalLM.state_dict()` lists them. */
export function parameterShapes(config: OptConfig): ParameterShape[] {
  const { hiddenSize: D, wordEmbedProjDim: E, ffnDim: F, vocabSize: V } = config;
  const shapes: ParameterShape[] = [];
  const add = (name: string, ...shape: number[]): number => shapes.push({ name, shape });
  const addLinear = (name: string, out: number, width: number): void => {
    add(`${name}.weight`, out, width);
    add(`${name}.bias`, out);
  };
  const addNorm = (name: string): void => {
    add(`${name}.weight`, D);
    add(`${name}.bias`, D);
  };

  add(EMBED_TOKENS, V, E);
  add(EMBED_POSITIONS, config.maxPositionEmbeddings + POSITION_OFFSET, D);
  if (E !== D) {
    add(PROJECT_OUT, E, D);
    add(PROJECT_IN, D, E);
  }
  if (config.doLayerNormBefore) addNorm(FINAL_NORM);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const prefix = layerPrefix(layer);
    for (const role of ["k", "v", "q", "out"]) addLinear(`${prefix}self_attn.${role}_proj`, D, D);
    addNorm(`${prefix}self_attn_layer_norm`);
    addLinear(`${prefix}fc1`, F, D);
    addLinear(`${prefix}fc2`, D, F);
    addNorm(`${prefix}final_layer_norm`);
  }
  return shapes;
}

export function countParameters(config: OptConfig): number {
  return parameterShapes(config).reduce((sum, { shape }) => sum + numElements(shape), 0);
}

/** Whether weight decay leaves this parameter alone: biases and LayerNorm. */
export const isBiasOrNorm = (name: string): boolean => name.endsWith(".bias") || name.includes("layer_norm");

/**
 * First values as in OPT: weights normal with standard deviation 0.02, biases 0, LayerNorm gains 1 (`init_std`, `OPTPreTrainedModel`).
 * Each parameter draws from its own stream, so widening one does not change the others.
 */
export function initialParameters(config: OptConfig, seed: number): ParameterValues[] {
  return parameterShapes(config).map(({ name, shape }, index) => {
    const values = new Float32Array(numElements(shape));
    if (!isBiasOrNorm(name)) fillNormal(values, 0.02, mixSeeds(seed, index));
    else if (name.endsWith(".weight")) values.fill(1);
    return { name, shape, values };
  });
}
