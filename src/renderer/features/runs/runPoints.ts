/** @file The points of a run as columns that grow at their end. */
import type { RunPoints } from "#contracts/procedures/runs.ts";

export interface PointColumns {
  step: number[];
  loss: (number | null)[];
  learningRate: number[];
  gradNorm: (number | null)[];
  clipped: boolean[];
  tokensPerSecond: number[];
  memoryBytes: number[];
}

export const emptyColumns = (): PointColumns => ({
  step: [],
  loss: [],
  learningRate: [],
  gradNorm: [],
  clipped: [],
  tokensPerSecond: [],
  memoryBytes: [],
});

/**
 * Columns with the new points behind the old ones. Old points from the first new step on are dropped: after a restart the same steps
 * come again. Returns new columns, so that what watches them sees a change.
 */
export function appendPoints(columns: PointColumns, more: RunPoints): PointColumns {
  const first = more.step[0];
  if (first === undefined) return columns;
  let keep = columns.step.length;
  while (keep > 0 && columns.step[keep - 1]! >= first) keep--;
  const join = <Value>(before: readonly Value[], after: readonly Value[]): Value[] => [...before.slice(0, keep), ...after];
  return {
    step: join(columns.step, more.step),
    loss: join(columns.loss, more.loss),
    learningRate: join(columns.learningRate, more.learningRate),
    gradNorm: join(columns.gradNorm, more.gradNorm),
    clipped: join(columns.clipped, more.clipped),
    tokensPerSecond: join(columns.tokensPerSecond, more.tokensPerSecond),
    memoryBytes: join(columns.memoryBytes, more.memoryBytes),
  };
}
