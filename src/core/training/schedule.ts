/**
 * @file Learning rate of every optimizer step, a pure function of the step: nothing to save, nothing to drift over a restart.
 */
import type { RunConfig } from "#contracts/run.ts";

export type ScheduleConfig = Pick<RunConfig, "learningRate" | "lrSchedule" | "warmupRatio" | "warmupSteps">;

/** Warm-up in steps: the given number, or the ratio of all steps rounded up (Hugging Face's rounding). */
export function resolveWarmupSteps(config: ScheduleConfig, numSteps: number): number {
  return config.warmupSteps ?? Math.ceil(config.warmupRatio * numSteps);
}

/**
 * Learning rate of one step.
 *
 *   step <= W:  peak * step / W                                    W = warm-up steps
 *   step >  W:  peak * decay(p),  p = (step - A) / (N - A + 1)     A = max(W, 1), N = all steps
 *   decay:      linear 1 - p;  cosine (1 + cos(pi p)) / 2;  constant 1
 *
 * The peak is reached once, at step A, and no step is wasted at a rate of 0: Hugging Face's schedules count from 0 and spend their
 * first step (with warm-up) at rate 0; this one is theirs shifted by one step.
 *
 * @param step counted from 1
 */
export function learningRateAt(step: number, config: ScheduleConfig, numSteps: number): number {
  const peak = config.learningRate;
  const warmupSteps = resolveWarmupSteps(config, numSteps);
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  const anchor = Math.max(warmupSteps, 1);
  const progress = Math.min((step - anchor) / (numSteps - anchor + 1), 1);
  switch (config.lrSchedule) {
    case "linear":
      return peak * (1 - progress);
    case "cosine":
      return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
    case "constant":
      return peak;
  }
}
