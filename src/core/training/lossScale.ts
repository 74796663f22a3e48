/**
 * @file Dynamic loss scaling for half precision: gradients too small for 16 bits become large enough when the loss is multiplied first.
 *
 * Source: Micikevicius et al. 2018, "Mixed Precision Training", section 3.2: scale the loss before the backward pass, divide the gradients
 * before the update, leave out updates whose gradients overflow. That the scale finds itself, and the constants, are PyTorch's `GradScaler`
 * (`init_scale` 2^16, `backoff_factor` 1/2, `growth_factor` 2, `growth_interval` 2,000). What is scaled there is the mean loss of a step, so
 * here, where gradients are those of the sum, the number of tokens is taken off again.
 */

const FIRST_FACTOR = 2 ** 16;
const GROWTH_INTERVAL = 2000;

/** Part of a checkpoint, so that a resumed run scales on. */
export interface LossScale {
  /** What the mean loss of a step is multiplied by; a power of 2, so that float32 loses nothing. 1 in float32. */
  readonly factor: number;
  /** Steps since it changed. */
  readonly numGoodSteps: number;
  readonly numOverflows: number;
}

export const UNSCALED: LossScale = { factor: 1, numGoodSteps: 0, numOverflows: 0 };
export const HALF_PRECISION_START: LossScale = { ...UNSCALED, factor: FIRST_FACTOR };

/** Factor on the gradients of a step's summed loss, to a power of 2 that of the scaled mean. @param weightSum  of the step's supervised tokens */
export const scaleOfSum = ({ factor }: LossScale, weightSum: number): number => factor / 2 ** Math.ceil(Math.log2(Math.max(1, weightSum)));

/**
 * Whether a step that is not finite is the scale's doing. A loss that is not finite is not, and neither is a gradient that overflows
 * unscaled: those are for the guard of `health.ts`.
 */
export const isOverflow = ({ factor }: LossScale, step: { readonly lossSum: number; readonly gradNorm: number }): boolean =>
  factor > 1 && Number.isFinite(step.lossSum) && !Number.isFinite(step.gradNorm);

export const afterOverflow = ({ factor, numOverflows }: LossScale): LossScale => ({
  factor: factor / 2,
  numGoodSteps: 0,
  numOverflows: numOverflows + 1,
});

/** @param isScaling  false in float32, where the factor stays 1 */
export function afterGoodStep(scale: LossScale, isScaling: boolean): LossScale {
  if (!isScaling) return scale;
  const isDue = scale.numGoodSteps + 1 === GROWTH_INTERVAL;
  return isDue ? { ...scale, factor: 2 * scale.factor, numGoodSteps: 0 } : { ...scale, numGoodSteps: scale.numGoodSteps + 1 };
}
