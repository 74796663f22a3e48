/**
 * @file Block mode: one decoder layer is compiled, forward and backward apart, and run for every layer with that layer's weights. Little
 * has to be compiled, and no more is held than the layers' saved values, the weights, and what one layer needs while it runs.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **E** embedding width, **D** model width, **S** supervised tokens.
 */
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import { gatherRows, scatterAddRows } from "#core/model/embedding.ts";
import { EMBED_POSITIONS, layerPrefix } from "#core/model/parameters.ts";
import type { GradientSink } from "../gradientSink.ts";
import { ArrayPool, type StepArrays } from "../stepArrays.ts";
import type { BackendParts } from "../stepBackend.ts";
import {
  embeddingShapes,
  HEAD_ROWS,
  headShapes,
  HIDDEN,
  layerShapes,
  LOSS,
  recordEmbedding,
  recordHead,
  recordLayer,
  SITES,
} from "./blockGraphs.ts";
import type { CompiledGraph } from "./compileGraph.ts";
import type { GraphCache, GraphSet } from "./graphCache.ts";
import { gradientName, OUTPUT, OUTPUT_GRADIENT, type RecordedGraph } from "./recordGraph.ts";

type Tensors = Record<string, Tensor>;
type TrainingGraph = "embedding" | "embeddingBackward" | "forward" | "savingForward" | "backward" | "recomputingBackward";

export interface BlockModeOptions {
  readonly graphs: GraphCache;
  /** Every parameter but `embed_positions`, over the parameter arrays. */
  readonly weights: Readonly<Tensors>;
  /** Layers, from the first, that save nothing and are computed again in the backward pass: slower, and smaller. */
  readonly numRecomputed: number;
  /** Tokens of the largest batch expected. */
  readonly largestTokens: number;
}

export class BlockMode {
  private readonly config: OptConfig;
  private readonly dropoutRate: number;
  private readonly options: BlockModeOptions;
  private readonly layerNames: readonly string[];
  private readonly pool = new ArrayPool();

  constructor(config: OptConfig, { dropoutRate }: BackendParts, options: BlockModeOptions) {
    this.config = config;
    this.dropoutRate = dropoutRate;
    this.options = options;
    this.layerNames = layerShapes(config).map(({ name }) => name);
  }

  async loss(arrays: StepArrays, loss_S: Float32Array): Promise<void> {
    const { embedding, forward } = await this.evaluationGraphs(arrays);
    // two arrays suffice: each layer reads one and writes the other
    const hidden = [this.hidden("hidden0", arrays), this.hidden("hidden1", arrays)];
    await embedding.run(this.embeddingInputs(arrays), { [OUTPUT]: hidden[0]! });
    for (let layer = 0; layer < this.config.numHiddenLayers; layer++) {
      const inputs = { ...this.layerWeights(layer), [HIDDEN]: hidden[layer % 2]! };
      await forward.run(inputs, { [OUTPUT]: hidden[(layer + 1) % 2]! });
    }
    const { head } = await this.headGraphs("evaluation");
    for (const rows of this.headRows(arrays, hidden[this.config.numHiddenLayers % 2]!, loss_S)) await head.run(rows.inputs, rows.outputs);
  }

  async gradients(arrays: StepArrays, loss_S: Float32Array, tokenRowsGradient_PE: Float32Array, sink: GradientSink): Promise<void> {
    const { numHiddenLayers: numLayers, hiddenSize: D } = this.config;
    const graphs = await this.trainingGraphs(arrays);
    const { head } = await this.headGraphs("training");

    const hidden = Array.from({ length: numLayers + 1 }, (_, layer) => this.hidden(`hidden${layer}`, arrays));
    const saved: Tensors[] = [];
    await graphs.embedding.run(this.embeddingInputs(arrays), { [OUTPUT]: hidden[0]! });
    for (let layer = 0; layer < numLayers; layer++) {
      const forward = this.isRecomputed(layer) ? graphs.forward : graphs.savingForward;
      saved[layer] = this.savedOf(forward, layer, arrays.inputIds_P.length);
      await forward.run(this.layerInputs(arrays, layer, hidden[layer]!), { [OUTPUT]: hidden[layer + 1]!, ...saved[layer] });
    }

    let dHidden = this.hidden("dHidden0", arrays);
    let dNext = this.hidden("dHidden1", arrays);
    (dHidden.data as Float32Array).fill(0);
    for (const { places, inputs, outputs } of this.headRows(arrays, hidden[numLayers]!, loss_S)) {
      const dRows = this.pool.float32("dHeadRows", places.length * D);
      outputs[gradientName(HIDDEN)] = new Tensor("float32", dRows, [places.length, D]);
      for (const { name, shape } of headShapes(this.config)) outputs[gradientName(name)] = new Tensor("float32", sink.array(name), shape);
      await head.run(inputs, outputs);
      sink.add();
      scatterAddRows(dHidden.data as Float32Array, D, places, dRows);
    }

    for (let layer = numLayers - 1; layer >= 0; layer--) {
      const backward = this.isRecomputed(layer) ? graphs.recomputingBackward : graphs.backward;
      const inputs = { ...this.layerInputs(arrays, layer, hidden[layer]!), ...saved[layer], [OUTPUT_GRADIENT]: dHidden };
      const outputs: Tensors = { [gradientName(HIDDEN)]: dNext };
      for (const name of this.layerNames) outputs[gradientName(name)] = this.gradient(sink, layerPrefix(layer) + name);
      await backward.run(inputs, outputs);
      sink.add();
      [dHidden, dNext] = [dNext, dHidden];
    }

    const outputs: Tensors = {
      [gradientName("tokenRows")]: new Tensor("float32", tokenRowsGradient_PE, [arrays.inputIds_P.length, this.config.wordEmbedProjDim]),
      [gradientName("positionRows")]: new Tensor("float32", sink.array(EMBED_POSITIONS, arrays.length), [arrays.length, D]),
    };
    for (const { name } of embeddingShapes(this.config)) outputs[gradientName(name)] = this.gradient(sink, name);
    await graphs.embeddingBackward.run({ ...this.embeddingInputs(arrays), [OUTPUT_GRADIENT]: dHidden }, outputs);
    sink.add();
  }

  private isRecomputed(layer: number): boolean {
    return layer < this.options.numRecomputed;
  }

  private evaluationGraphs(arrays: StepArrays): Promise<GraphSet<"embedding" | "forward">> {
    const what = `evaluation graphs for ${arrays.numExamples} x ${arrays.length} tokens`;
    return this.options.graphs.open(what, () => ({
      embedding: recordEmbedding(this.config, arrays).forward,
      forward: recordLayer(this.config, 0, arrays).forward,
    }));
  }

  private trainingGraphs(arrays: StepArrays): Promise<GraphSet<TrainingGraph>> {
    const what = `training graphs for ${arrays.numExamples} x ${arrays.length} tokens`;
    return this.options.graphs.open(what, () => {
      const embedding = recordEmbedding(this.config, arrays);
      const { forward, savingForward, backward, recomputingBackward } = recordLayer(this.config, this.dropoutRate, arrays);
      const graphs = { embedding: embedding.forward, embeddingBackward: embedding.recomputingBackward };
      const { numRecomputed } = this.options;
      if (numRecomputed > 0) Object.assign(graphs, { forward, recomputingBackward });
      if (numRecomputed < this.config.numHiddenLayers) Object.assign(graphs, { savingForward, backward });
      return graphs as Record<TrainingGraph, RecordedGraph>;
    });
  }

  private headGraphs(purpose: "training" | "evaluation"): Promise<GraphSet<"head">> {
    return this.options.graphs.open(`${purpose} graph of the head`, () => ({ head: recordHead(this.config, purpose) }));
  }

  private hidden(name: string, { inputIds_P: { length: P } }: StepArrays): Tensor {
    const D = this.config.hiddenSize;
    return new Tensor("float32", this.array(name, P * D, P), [P, D]);
  }

  /** Room for the largest batch from the start. */
  private array(name: string, length: number, numTokens: number): Float32Array {
    return this.pool.float32(name, length, (length / numTokens) * this.options.largestTokens);
  }

  private savedOf(forward: CompiledGraph, layer: number, numTokens: number): Tensors {
    const saved: Tensors = {};
    for (const [number, [name, shape]] of [...forward.outputShapes].entries()) {
      if (name === OUTPUT) continue;
      const sizes = shape as number[];
      const numNumbers = sizes.reduce((product, size) => product * size, 1);
      // by number: a value's name depends on how many chunks of attention were recorded before it, and so on the length
      saved[name] = new Tensor("float32", this.array(`saved${layer}.${number}`, numNumbers, numTokens), sizes);
    }
    return saved;
  }

  private gradient(sink: GradientSink, name: string): Tensor {
    return new Tensor("float32", sink.array(name), this.options.weights[name]!.dims);
  }

  private layerWeights(layer: number): Tensors {
    return Object.fromEntries(this.layerNames.map((name) => [name, this.options.weights[layerPrefix(layer) + name]!]));
  }

  private layerInputs(arrays: StepArrays, layer: number, hidden: Tensor): Tensors {
    const inputs: Tensors = { ...this.layerWeights(layer), [HIDDEN]: hidden };
    arrays.keepMasks_PD
      .slice(SITES * layer, SITES * (layer + 1))
      .forEach((keep, site) => (inputs[`keep${site}`] = new Tensor("bool", keep, hidden.dims)));
    return inputs;
  }

  private embeddingInputs({ numExamples, length, tokenRows_PE, positionRows_TD }: StepArrays): Tensors {
    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    return {
      ...this.options.weights,
      tokenRows: new Tensor("float32", tokenRows_PE, [numExamples * length, E]),
      positionRows: new Tensor("float32", positionRows_TD, [length, D]),
    };
  }

  /** The head's work in pieces of `HEAD_ROWS` supervised tokens; the arrays of one piece are used again for the next. */
  private *headRows(
    arrays: StepArrays,
    hidden: Tensor,
    loss_S: Float32Array,
  ): Generator<{ readonly places: Int32Array; readonly inputs: Tensors; readonly outputs: Tensors }> {
    const D = this.config.hiddenSize;
    for (let start = 0; start < loss_S.length; start += HEAD_ROWS) {
      const places = arrays.predictorPlaces_S.subarray(start, start + HEAD_ROWS);
      const rows = places.length;
      const selected = this.pool.float32("headRows", rows * D);
      gatherRows(hidden.data as Float32Array, D, places, selected);
      yield {
        places,
        inputs: {
          ...this.options.weights,
          [HIDDEN]: new Tensor("float32", selected, [rows, D]),
          targets: new Tensor("int32", arrays.targets_S.subarray(start, start + rows), [rows]),
          lossWeights: new Tensor("float32", arrays.lossWeights_S.subarray(start, start + rows), [rows]),
        },
        outputs: { [LOSS]: new Tensor("float32", loss_S.subarray(start, start + rows), [rows]) },
      };
    }
  }
}
