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

/** Brings live moments to where a run starts: those of a checkpoint (arrays that are already the live ones stay), or 0. */
export function startAdamWState(state: AdamWState, from: AdamWState | undefined): void {
  const isUntouched = from === undefined && state.numUpdates === 0;
  state.numUpdates = from?.numUpdates ?? 0;
  if (isUntouched) return;
  const start = (targets: readonly Float32Array[], sources: readonly Float32Array[] | undefined): void =>
    targets.forEach((target, k) => {
      if (sources === undefined) target.fill(0);
      else if (target !== sources[k]) target.set(sources[k]!);
    });
  start(state.firstMoments, from?.firstMoments);
  start(state.secondMoments, from?.secondMoments);
}

export interface AdamWStep {
  readonly learningRate: number;
  /** Clip factor / number of supervised tokens. */
  readonly gradientScale: number;
}

/** AdamW over the parameters of one engine. An engine that keeps them where faster code reaches them brings its own. */
export interface Optimizer {
  /** Live: `update` reads and writes it; moments that reside on a device are copies (`Residence`). */
  readonly state: AdamWState;
  /** As `globalGradNorm`. */
  gradNorm(scale: number): number | Promise<number>;
  /** As `adamWUpdate`, to float32 rounding. */
  update(config: AdamWConfig, step: AdamWStep): void | Promise<void>;
  /** Ends what it started: threads. */
  dispose?(): void | Promise<void>;
}

/** The functions of this file as an optimizer: the reference, and what engines without one of their own train with. */
export function createOptimizer(parameters: readonly ParameterArray[]): Optimizer {
  const state = createAdamWState(parameters);
  return {
    state,
    gradNorm: (scale) => globalGradNorm(parameters, scale),
    update: (config, step) => adamWUpdate(parameters, state, config, step),
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

/** What the bias correction makes of the learning rate and of the second moment's root in update `t`. */
export function adamWFactors(
  { beta1, beta2, epsilon }: AdamWConfig,
  learningRate: number,
  t: number,
): { readonly stepSize: number; readonly inverseRootCorrection: number; readonly epsilon: number } {
  return { stepSize: learningRate / (1 - beta1 ** t), inverseRootCorrection: 1 / Math.sqrt(1 - beta2 ** t), epsilon };
}

/** What weight decay leaves of a parameter in one update. */
export function decayFactor(parameter: Pick<ParameterArray, "name" | "shape">, { weightDecay }: AdamWConfig, learningRate: number): number {
  return isDecayed(parameter) ? 1 - learningRate * weightDecay : 1;
}

/**
 * One update of every parameter, in place.
 *
 *   g = gradient * gradientScale
 *   p = p - learningRate * weightDecay * p                       (matrices only)
 *   m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g^2
 *   p = p - learningRate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 */
export function adamWUpdate(
  parameters: readonly ParameterArray[],
  state: AdamWState,
  config: AdamWConfig,
  { learningRate, gradientScale }: AdamWStep,
): void {
  const { beta1, beta2 } = config;
  state.numUpdates += 1;
  const { stepSize, inverseRootCorrection, epsilon } = adamWFactors(config, learningRate, state.numUpdates);
  for (let k = 0; k < parameters.length; k++) {
    const parameter = parameters[k]!;
    const { values, gradient } = parameter;
    const m = state.firstMoments[k]!;
    const v = state.secondMoments[k]!;
    const kept = decayFactor(parameter, config, learningRate);
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]! * gradientScale;
      const mean = beta1 * m[i]! + (1 - beta1) * g;
      const square = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = mean;
      v[i] = square;
      values[i] = kept * values[i]! - (stepSize * mean) / (Math.sqrt(square) * inverseRootCorrection + epsilon);
    }
  }
}
