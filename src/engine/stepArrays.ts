/**
 * @file What a forward-backward needs as plain arrays: everything that does not depend on which backend computes.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **E** embedding width, **D** model width, **S** supervised tokens.
 */
import type { OptConfig } from "#contracts/model.ts";
import { POSITION_OFFSET } from "#core/model/config.ts";
import { fillKeepMask } from "#core/model/dropoutMasks.ts";
import { gatherRows } from "#core/model/embedding.ts";
import { numDropoutSites } from "#core/model/forward.ts";
import { EMBED_POSITIONS, EMBED_TOKENS } from "#core/model/parameters.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import { supervisedTokens, type SupervisedTokens } from "#core/training/loss.ts";

export interface StepArrays extends SupervisedTokens {
  readonly numExamples: number;
  readonly length: number;
  readonly inputIds_P: Int32Array;
  readonly tokenRows_PE: Float32Array;
  /** A view into `embed_positions`. */
  readonly positionRows_TD: Float32Array;
  /** One for each dropout site; empty where nothing drops. */
  readonly keepMasks_PD: readonly Uint8Array[];
}

/** Arrays that grow to the largest size asked for and are then reused: a step allocates nothing. */
export class ArrayPool {
  private readonly floats = new Map<string, Float32Array>();
  private readonly bytes = new Map<string, Uint8Array>();

  /**
   * @param capacity  room to make at once. An array that grows leaves its old one to the garbage collector, which may come late; room that
   *   nothing has written to costs no memory.
   */
  float32(name: string, length: number, capacity = length): Float32Array {
    let array = this.floats.get(name);
    if (array === undefined || array.length < length) this.floats.set(name, (array = new Float32Array(Math.max(length, capacity))));
    return array.subarray(0, length);
  }

  uint8(name: string, length: number): Uint8Array {
    let array = this.bytes.get(name);
    if (array === undefined || array.length < length) this.bytes.set(name, (array = new Uint8Array(length)));
    return array.subarray(0, length);
  }
}

/** Rows of `embed_positions` that positions 0 to `length - 1` use, as a view. */
export function positionRows(table: Float32Array, width: number, length: number): Float32Array {
  return table.subarray(POSITION_OFFSET * width, (POSITION_OFFSET + length) * width);
}

export function prepareStep(
  config: OptConfig,
  valuesOf: (name: string) => Float32Array,
  pool: ArrayPool,
  batch: MicroBatch,
  dropoutRate: number,
): StepArrays {
  const { hiddenSize: D, wordEmbedProjDim: E } = config;
  const P = batch.batchSize * batch.length;
  const tokenRows_PE = pool.float32("tokenRows", P * E);
  gatherRows(valuesOf(EMBED_TOKENS), E, batch.inputIds_BT, tokenRows_PE);
  const keepMasks_PD = Array.from({ length: dropoutRate > 0 ? numDropoutSites(config) : 0 }, (_, site) => {
    const keep = pool.uint8(`keep${site}`, P * D);
    fillKeepMask(keep, dropoutRate, batch.dropoutSeed, site);
    return keep;
  });
  return {
    ...supervisedTokens(batch),
    numExamples: batch.batchSize,
    length: batch.length,
    inputIds_P: batch.inputIds_BT,
    tokenRows_PE,
    positionRows_TD: positionRows(valuesOf(EMBED_POSITIONS), D, batch.length),
    keepMasks_PD,
  };
}
