/** @file Where gradients go: into the parameters' own arrays at first, later added to them. */
import { EMBED_POSITIONS } from "#core/model/parameters.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import { type ArrayPool, positionRows } from "./stepArrays.ts";

/**
 * Sums gradients over micro-batches. The first gradient of a parameter is written where the sum is kept, without a pass over memory for
 * zeros and another for the addition; later ones go to scratch arrays, which are reused as soon as they have been added.
 */
export class GradientSink {
  private readonly byName: ReadonlyMap<string, ParameterArray>;
  private readonly pool: ArrayPool;
  /** Parameters whose array still holds the sum of the step before; it counts as 0. */
  private readonly stale: Set<string>;
  private pending: { readonly target: Float32Array; readonly scratch: Float32Array }[] = [];

  constructor(parameters: readonly ParameterArray[], pool: ArrayPool) {
    this.byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.pool = pool;
    // fresh arrays hold 0, and what is written over them must not be added to
    this.stale = new Set(this.byName.keys());
  }

  /** Starts a new sum. */
  zero(): void {
    for (const name of this.byName.keys()) this.stale.add(name);
  }

  /**
   * An array to write a parameter's gradient into, whole. It belongs to the writer until `add`.
   *
   * @param numPositions  for `embed_positions`: the gradient is of the rows of positions 0 to `numPositions` - 1
   */
  array(name: string, numPositions = 0): Float32Array {
    const { gradient, shape } = this.byName.get(name)!;
    const isWritten = !this.stale.delete(name);
    if (name === EMBED_POSITIONS && !isWritten) gradient.fill(0);
    const target = name === EMBED_POSITIONS ? positionRows(gradient, shape[1]!, numPositions) : gradient;
    if (!isWritten) return target;
    const scratch = this.pool.float32(`scratch${this.pending.length}`, target.length);
    this.pending.push({ target, scratch });
    return scratch;
  }

  /** Adds what was written since the last call. */
  add(): void {
    for (const { target, scratch } of this.pending) {
      for (let i = 0; i < scratch.length; i++) target[i] = target[i]! + scratch[i]!;
    }
    this.pending = [];
  }

  /** Brings every array up to date: what nothing was written to holds 0. */
  settle(): void {
    for (const name of this.stale) this.byName.get(name)!.gradient.fill(0);
    this.stale.clear();
  }
}
