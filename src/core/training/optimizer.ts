/**
 * @file AdamW and gradient clipping over plain arrays, in place.
 *
 * Sources: Kingma & Ba 2015 (Adam, algorithm 1, bias-corrected moments); Loshchilov & Hutter 2019 (AdamW, algorithm 2: decay decoupled
 * from the gradient). As in PyTorch's `AdamW`, the decay is scaled by the learning rate and epsilon is added after the bias correction
 * of the second moment. Arithmetic is in double precision, what is stored is float32.
 */
import type { RunConfig } from "#contracts/run.ts";
import type { ParameterArray } from "./computeEngine.ts";

export type AdamWConfig = Pick<RunConfig, "beta1" | "beta2" | "epsilon" | "weightDecay">;

/** Moments of each parameter, in the order of the parameters; exactly what a checkpoint keeps. */
export interface AdamWState {
  /** Updates made so far; exponent of the bias correction. Skipped steps do not count. */
  numUpdates: number;
  /** m: running mean of the gradient. */
  readonly firstMoments: readonly Float32Array[];
  /** v: running mean of the squared gradient. */
  readonly secondMoments: readonly Float32Array[];
}

export function createAdamWState(parameters: readonly ParameterArray[]): AdamWState {
  return {
    numUpdates: 0,
    firstMoments: parameters.map((p) => new Float32Array(p.values.length)),
    secondMoments: parameters.map((p) => new Float32Array(p.values.length)),
  };
}

/** Biases and LayerNorm parameters are not decayed (Hugging Face Trainer's rule); every matrix and embedding is. */
export function isDecayed(parameter: Pick<ParameterArray, "name" | "shape">): boolean {
  return parameter.shape.length > 1 && !parameter.name.endsWith(".bias") && !/layer_?norm/i.test(parameter.name);
}

/**
 * Euclidean norm of all gradients together, in double precision.
 *
 * @param scale factor on every gradient: 1 / number of supervised tokens, since engines hold sums
 */
export function globalGradNorm(parameters: readonly ParameterArray[], scale: number): number {
  let sum = 0;
  for (const { gradient } of parameters) {
    for (let i = 0; i < gradient.length; i++) {
      const g = gradient[i]!;
      sum += g * g;
    }
  }
  return Math.sqrt(sum) * scale;
}

/** Factor that brings the norm down to `maxGradNorm`; 1 where it is within. 1e-6 as in PyTorch's `clip_grad_norm_`. */
export function clipScale(gradNorm: number, maxGradNorm: number): number {
  return Math.min(1, maxGradNorm / (gradNorm + 1e-6));
}

/**
 * One update of every parameter, in place.
 *
 *   g = gradient * gradientScale
 *   p = p - learningRate * weightDecay * p                       (matrices only)
 *   m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g^2
 *   p = p - learningRate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * @param gradientScale clip factor / number of supervised tokens
 */
export function adamWUpdate(
  parameters: readonly ParameterArray[],
  state: AdamWState,
  config: AdamWConfig,
  { learningRate, gradientScale }: { readonly learningRate: number; readonly gradientScale: number },
): void {
  const { beta1, beta2, epsilon, weightDecay } = config;
  state.numUpdates += 1;
  const stepSize = learningRate / (1 - beta1 ** state.numUpdates);
  const inverseRootCorrection2 = 1 / Math.sqrt(1 - beta2 ** state.numUpdates);
  for (let k = 0; k < parameters.length; k++) {
    const parameter = parameters[k]!;
    const { values, gradient } = parameter;
    const m = state.firstMoments[k]!;
    const v = state.secondMoments[k]!;
    const kept = isDecayed(parameter) ? 1 - learningRate * weightDecay : 1;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]! * gradientScale;
      const mean = beta1 * m[i]! + (1 - beta1) * g;
      const square = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = mean;
      v[i] = square;
      values[i] = kept * values[i]! - (stepSize * mean) / (Math.sqrt(square) * inverseRootCorrection2 + epsilon);
    }
  }
}
