/** @file Generation without a cache: every token recomputes its whole sequence. The reference for the cached one. */
import * as tf from "@tensorflow/tfjs-core";
import type { OptConfig } from "#contracts/model.ts";
import { gatherRows } from "#core/model/embedding.ts";
import { hiddenStates, logitsAt } from "#core/model/forward.ts";
import type { Decoding } from "#core/model/generate.ts";
import { EMBED_POSITIONS, EMBED_TOKENS } from "#core/model/parameters.ts";
import { positionRows } from "../stepArrays.ts";
import type { BackendParts } from "../stepBackend.ts";
import { withBackend } from "../withBackend.ts";
import { type EagerTfBackend, weightTensors } from "./weightTensors.ts";

export class EagerDecoding implements Decoding {
  readonly numRows: number;
  private readonly config: OptConfig;
  private readonly parts: BackendParts;
  private readonly tfBackend: EagerTfBackend;
  private readonly rows: Int32Array[] = [];

  constructor(config: OptConfig, parts: BackendParts, tfBackend: EagerTfBackend, numRows: number) {
    this.tfBackend = tfBackend;
    this.config = config;
    this.parts = parts;
    this.numRows = numRows;
  }

  async prefill(row: number, promptIds: Int32Array): Promise<Float32Array> {
    this.rows[row] = promptIds;
    return this.logitsAfter(promptIds);
  }

  async decode(tokenIds: readonly number[]): Promise<Float32Array> {
    const V = this.config.vocabSize;
    const logits = new Float32Array(tokenIds.length * V);
    tokenIds.forEach((tokenId, row) => {
      const grown = Int32Array.of(...this.rows[row]!, tokenId);
      this.rows[row] = grown;
      logits.set(this.logitsAfter(grown), row * V);
    });
    return logits;
  }

  copyRow(from: number, to: number): void {
    this.rows[to] = this.rows[from]!;
  }

  private logitsAfter(inputIds: Int32Array): Float32Array {
    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    const length = inputIds.length;
    const valuesOf = (name: string): Float32Array => this.parts.parameters.find((parameter) => parameter.name === name)!.values;
    const rows = new Float32Array(length * E);
    gatherRows(valuesOf(EMBED_TOKENS), E, inputIds, rows);
    return withBackend(this.tfBackend, () => {
      const weights = weightTensors(this.parts);
      const hidden_TD = hiddenStates(this.config, weights, {
        numExamples: 1,
        length,
        tokenRows_PE: tf.tensor(rows, [length, E]),
        positionRows_TD: tf.tensor(positionRows(valuesOf(EMBED_POSITIONS), D, length), [length, D]),
      });
      const last_1D = tf.slice(hidden_TD, [length - 1, 0], [1, D]);
      return Float32Array.from(logitsAt(this.config, weights, last_1D, weights.get(EMBED_TOKENS)!).dataSync());
    });
  }
}
