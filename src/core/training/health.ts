/** @file The guard against losses and gradients that are not finite: skip, count, and stop at the second in a row. */
import { AppError } from "#contracts/errors.ts";

/** Part of a checkpoint, so that a resumed run counts on. */
export interface RunHealth {
  /** Steps whose update was left out, in order. */
  readonly skippedSteps: readonly number[];
}

export const HEALTHY: RunHealth = { skippedSteps: [] };

/** Whether the update may be made. Checked before it, so that weights and moments stay as they were. */
export function mayUpdate(step: { readonly lossSum: number; readonly gradNorm: number }): boolean {
  return Number.isFinite(step.lossSum) && Number.isFinite(step.gradNorm);
}

export function afterSkipping(health: RunHealth, step: number): RunHealth {
  return { skippedSteps: [...health.skippedSteps, step] };
}

/**
 * Raised after the step was recorded, so that its rows can be looked at.
 *
 * @throws E_LOSS_NOT_FINITE if this step and the one before it were skipped
 */
export function stopAtSecondInARow(health: RunHealth): void {
  const [before, last] = health.skippedSteps.slice(-2);
  if (before !== undefined && last === before + 1) throw new AppError("E_LOSS_NOT_FINITE", { step: last });
}
