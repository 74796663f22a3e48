/**
 * @file Generation with a key/value cache: one graph reads a prompt and hands out its keys and values, another appends one token to every
 * row. The cache is a plain array between them.
 *
 * Shapes: **B** rows in use and **C** places in the cache (both known at run time), **T** padded prompt length, **N** heads, **H** head
 * width, **D** = N x H, **E** embedding width, **V** vocabulary.
 */
import * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import { cachedAttention, HIDDEN_SCORE } from "#core/model/attention.ts";
import { POSITION_OFFSET } from "#core/model/config.ts";
import { gatherRows } from "#core/model/embedding.ts";
import { decoderLayers, hiddenStates, logitsAt, projectIn, type Weights } from "#core/model/forward.ts";
import type { Decoding } from "#core/model/generate.ts";
import { paddedLength } from "#core/model/paddedLength.ts";
import { EMBED_POSITIONS, EMBED_TOKENS } from "#core/model/parameters.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import { ArrayPool, positionRows } from "../stepArrays.ts";
import type { GraphCache } from "./graphCache.ts";
import { type GraphInput, recordGraph, type RecordedGraph } from "./recordGraph.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";

/** What decoding borrows from the engine. */
export interface DecodingParts {
  readonly config: OptConfig;
  readonly parameters: readonly ParameterArray[];
  /** Every parameter but `embed_positions`. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly graphs: GraphCache;
}

const weightInputs = (parameters: readonly ParameterArray[]): Map<string, GraphInput> =>
  new Map(parameters.filter(({ name }) => name !== EMBED_POSITIONS).map(({ name, shape }) => [name, { shape, dtype: "float32" }]));

/** Reads one prompt of up to T tokens. */
function recordPrefill(config: OptConfig, parameters: readonly ParameterArray[], length: number): RecordedGraph {
  const inputs = weightInputs(parameters);
  const weightNames = [...inputs.keys()];
  inputs.set("tokenRows", { shape: [length, config.wordEmbedProjDim], dtype: "float32" });
  inputs.set("positionRows", { shape: [length, config.hiddenSize], dtype: "float32" });
  inputs.set("lastPlace", { shape: [1], dtype: "int32" });
  return recordGraph(inputs, (tensors) => {
    const weights: Weights = new Map(weightNames.map((name) => [name, tensors.get(name)!]));
    const outputs = new Map<string, tf.Tensor>();
    const hidden_TD = hiddenStates(config, weights, {
      numExamples: 1,
      length,
      tokenRows_PE: tensors.get("tokenRows")!,
      positionRows_TD: tensors.get("positionRows")!,
      onKeysValues: (layer, k_TD, v_TD) => outputs.set(`keys${layer}`, k_TD).set(`values${layer}`, v_TD),
    });
    const last_1D = tf.gather(hidden_TD, tensors.get("lastPlace") as tf.Tensor1D);
    return outputs.set("logits", logitsAt(config, weights, last_1D, weights.get(EMBED_TOKENS)!));
  });
}

/** Appends one token to each row. */
function recordDecode(config: OptConfig, parameters: readonly ParameterArray[]): RecordedGraph {
  const { hiddenSize: D, numAttentionHeads: N } = config;
  const { B, C } = RUN_TIME_SIZES;
  const inputs = weightInputs(parameters);
  const weightNames = [...inputs.keys()];
  inputs.set("tokenRows", { shape: [B, config.wordEmbedProjDim], dtype: "float32" });
  inputs.set("positionRows", { shape: [B, D], dtype: "float32" });
  inputs.set("bias", { shape: [B, 1, 1, C], dtype: "float32" });
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    for (const kind of ["keys", "values"]) inputs.set(`${kind}Cache${layer}`, { shape: [B, N, C, D / N], dtype: "float32" });
  }
  return recordGraph(inputs, (tensors) => {
    const weights: Weights = new Map(weightNames.map((name) => [name, tensors.get(name)!]));
    const outputs = new Map<string, tf.Tensor>();
    const x_BD = tf.add(projectIn(config, weights, tensors.get("tokenRows")!), tensors.get("positionRows")!);
    const hidden_BD = decoderLayers(config, weights, x_BD, (q_BD, k_BD, v_BD, layer) => {
      outputs.set(`keys${layer}`, k_BD).set(`values${layer}`, v_BD);
      const [keys, values] = [tensors.get(`keysCache${layer}`)!, tensors.get(`valuesCache${layer}`)!];
      return cachedAttention(q_BD, k_BD, v_BD, keys, values, tensors.get("bias")!);
    });
    return outputs.set("logits", logitsAt(config, weights, hidden_BD, weights.get(EMBED_TOKENS)!));
  });
}

export class CompiledDecoding implements Decoding {
  readonly numRows: number;
  private readonly parts: DecodingParts;
  private readonly capacity: number;
  /** Tokens in each row. */
  private readonly lengths: Int32Array;
  /** One array of shape [rows, N, C, H] for each layer's keys, then for each layer's values. */
  private readonly caches: readonly Float32Array[];
  private readonly bias: Float32Array;
  private readonly embedTokens: Float32Array;
  private readonly embedPositions: Float32Array;
  private readonly pool = new ArrayPool();

  constructor(parts: DecodingParts, numRows: number, capacity: number) {
    const { config } = parts;
    this.parts = parts;
    this.numRows = numRows;
    this.capacity = capacity;
    this.lengths = new Int32Array(numRows);
    this.caches = Array.from({ length: 2 * config.numHiddenLayers }, () => new Float32Array(numRows * capacity * config.hiddenSize));
    this.bias = new Float32Array(numRows * capacity).fill(HIDDEN_SCORE);
    const valuesOf = (name: string): Float32Array => parts.parameters.find((parameter) => parameter.name === name)!.values;
    this.embedTokens = valuesOf(EMBED_TOKENS);
    this.embedPositions = valuesOf(EMBED_POSITIONS);
  }

  async prefill(row: number, promptIds: Int32Array): Promise<Float32Array> {
    const { config, parameters, weights } = this.parts;
    const { hiddenSize: D, wordEmbedProjDim: E, maxPositionEmbeddings } = config;
    const length = paddedLength(promptIds.length, maxPositionEmbeddings);
    const { graph } = await this.parts.graphs.open(`prompt graph for ${length} tokens`, () => ({
      graph: recordPrefill(config, parameters, length),
    }));
    // what stands in the padding does not matter: attention is causal, and only the prompt's own rows are read
    const tokenRows = this.pool.float32("tokenRows", length * E);
    gatherRows(this.embedTokens, E, promptIds, tokenRows);
    const inputs = {
      ...weights,
      tokenRows: new Tensor("float32", tokenRows, [length, E]),
      positionRows: new Tensor("float32", positionRows(this.embedPositions, D, length), [length, D]),
      lastPlace: new Tensor("int32", Int32Array.of(promptIds.length - 1), [1]),
    };
    const { outputs, logits, produced } = this.outputs(1, length);
    await graph.run(inputs, outputs);

    this.lengths[row] = promptIds.length;
    this.bias.fill(0, row * this.capacity, row * this.capacity + promptIds.length);
    this.bias.fill(HIDDEN_SCORE, row * this.capacity + promptIds.length, (row + 1) * this.capacity);
    produced.forEach((array_TD, i) => {
      for (let t = 0; t < promptIds.length; t++) this.remember(i, row, t, array_TD.subarray(t * D, (t + 1) * D));
    });
    return logits;
  }

  async decode(tokenIds: readonly number[]): Promise<Float32Array> {
    const { config, parameters, weights } = this.parts;
    const { hiddenSize: D, wordEmbedProjDim: E, numHiddenLayers: numLayers, numAttentionHeads: N } = config;
    const B = tokenIds.length;
    const C = this.capacity;
    const { graph } = await this.parts.graphs.open("decoding graph", () => ({ graph: recordDecode(config, parameters) }));
    const tokenRows = this.pool.float32("tokenRows", B * E);
    gatherRows(this.embedTokens, E, tokenIds, tokenRows);
    const positions = this.pool.float32("positions", B * D);
    gatherRows(
      this.embedPositions,
      D,
      this.lengths.subarray(0, B).map((length) => length + POSITION_OFFSET),
      positions,
    );
    const inputs: Record<string, Tensor> = {
      ...weights,
      tokenRows: new Tensor("float32", tokenRows, [B, E]),
      positionRows: new Tensor("float32", positions, [B, D]),
      bias: new Tensor("float32", this.bias.subarray(0, B * C), [B, 1, 1, C]),
    };
    this.caches.forEach((cache, i) => {
      const name = i < numLayers ? `keysCache${i}` : `valuesCache${i - numLayers}`;
      inputs[name] = new Tensor("float32", cache.subarray(0, B * C * D), [B, N, C, D / N]);
    });
    const { outputs, logits, produced } = this.outputs(B, B);
    await graph.run(inputs, outputs);

    for (let row = 0; row < B; row++) {
      const place = this.lengths[row]!;
      this.lengths[row] = place + 1;
      this.bias[row * C + place] = 0;
      produced.forEach((array_BD, i) => this.remember(i, row, place, array_BD.subarray(row * D, (row + 1) * D)));
    }
    return logits;
  }

  copyRow(from: number, to: number): void {
    this.lengths[to] = this.lengths[from]!;
    const width = this.capacity * this.parts.config.hiddenSize;
    for (const cache of this.caches) cache.copyWithin(to * width, from * width, (from + 1) * width);
    this.bias.copyWithin(to * this.capacity, from * this.capacity, (from + 1) * this.capacity);
  }

  /** Writes one token's keys or values, head by head, into its place of a cache. */
  private remember(cacheIndex: number, row: number, place: number, vector_D: Float32Array): void {
    const { numAttentionHeads: N, hiddenSize: D } = this.parts.config;
    const H = D / N;
    const cache = this.caches[cacheIndex]!;
    for (let head = 0; head < N; head++) {
      cache.set(vector_D.subarray(head * H, (head + 1) * H), ((row * N + head) * this.capacity + place) * H);
    }
  }

  /** Arrays for logits and for each layer's keys, then each layer's values, in the order of the caches. */
  private outputs(
    numLogits: number,
    numTokens: number,
  ): { outputs: Record<string, Tensor>; logits: Float32Array; produced: Float32Array[] } {
    const { vocabSize: V, hiddenSize: D, numHiddenLayers: numLayers } = this.parts.config;
    const logits = this.pool.float32("logits", numLogits * V);
    const outputs: Record<string, Tensor> = { logits: new Tensor("float32", logits, [numLogits, V]) };
    const produced = Array.from({ length: 2 * numLayers }, (_, i) => {
      const name = i < numLayers ? `keys${i}` : `values${i - numLayers}`;
      const array = this.pool.float32(name, numTokens * D);
      outputs[name] = new Tensor("float32", array, [numTokens, D]);
      return array;
    });
    return { outputs, logits, produced };
  }
}
