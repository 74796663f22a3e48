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
import { POOL, stateName, type TapRequest } from "#core/model/taps.ts";
import { ArrayPool, type StepArrays } from "../stepArrays.ts";
import type { GradientSink } from "../gradientSink.ts";
import type { BackendParts, StepOutputs } from "../stepBackend.ts";
import { stateResults, tapFeeds, tapResults } from "../tapArrays.ts";
import {
  embeddingShapes,
  HEAD_ROWS,
  type HeadPurpose,
  headShapes,
  HIDDEN,
  type LayerGraphs,
  layerShapes,
  LOSS,
  recordEmbedding,
  recordHead,
  recordLayer,
  recordPool,
  SITES,
} from "./blockGraphs.ts";
import type { CompiledGraph } from "./compileGraph.ts";
import type { GraphCache, GraphSet } from "./graphCache.ts";
import { gradientName, OUTPUT, OUTPUT_GRADIENT, type RecordedGraph } from "./recordGraph.ts";
import { poolFeed, tensorsOver } from "./tapInputs.ts";

type Tensors = Record<string, Tensor>;
type LayerGraph = "forward" | "savingForward" | "backward" | "recomputingBackward";
type TrainingGraph = "embedding" | "embeddingBackward" | LayerGraph;

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

  async gradients(arrays: StepArrays, { loss_S, tokenRowsGradient_PE, sink, taps }: StepOutputs): Promise<void> {
    const { numHiddenLayers: numLayers, hiddenSize: D } = this.config;
    const graphs = await this.trainingGraphs(arrays);
    const tapping = taps && (await this.layerGraphs(arrays, { ...this.training, work: taps.work }));
    const graphsOf = (layer: number): GraphSet<LayerGraph> => (tapping !== undefined && taps!.layers.includes(layer) ? tapping : graphs);

    const hidden = Array.from({ length: numLayers + 1 }, (_, layer) => this.hidden(`hidden${layer}`, arrays));
    const saved: Tensors[] = [];
    await graphs.embedding.run(this.embeddingInputs(arrays), { [OUTPUT]: hidden[0]! });
    for (let layer = 0; layer < numLayers; layer++)
      saved[layer] = await this.layerForward(arrays, graphsOf(layer), layer, hidden[layer]!, hidden[layer + 1]!);
    if (taps !== undefined) for (const depth of new Set(taps.stateDepths)) await this.poolState(arrays, taps, depth, hidden[depth]!);

    const room = [this.hidden("dHidden0", arrays), this.hidden("dHidden1", arrays)] as const;
    let [dHidden, dNext] = room;
    await this.headBackward(arrays, hidden[numLayers]!, dHidden, loss_S, "training", (outputs) => {
      for (const { name, shape } of headShapes(this.config)) outputs[gradientName(name)] = new Tensor("float32", sink.array(name), shape);
      return () => sink.add();
    });
    for (let layer = numLayers - 1; layer >= 0; layer--) {
      const graphs = graphsOf(layer);
      const outputs: Tensors = { [gradientName(HIDDEN)]: dNext };
      for (const name of this.layerNames) outputs[gradientName(name)] = this.gradient(sink, layerPrefix(layer) + name);
      await this.layerBackward(
        graphs,
        layer,
        this.backwardInputs(arrays, layer, hidden[layer]!, saved[layer]!, dHidden),
        outputs,
        graphs === tapping ? taps : undefined,
      );
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

  /** Layers below the lowest tapped one only pass forward; those above the highest have no work of their own. */
  async tapped(arrays: StepArrays, loss_S: Float32Array, taps: TapRequest): Promise<void> {
    const { numHiddenLayers: numLayers } = this.config;
    const lowest = taps.layers[0]!;
    const { embedding, forward } = await this.evaluationGraphs(arrays);
    const working = await this.layerGraphs(arrays, { dropoutRate: 0, gradients: "hidden", work: taps.work });
    const isTapped = (layer: number): boolean => taps.layers.includes(layer);
    const isPassing = (layer: number): boolean => layer > lowest && !isTapped(layer);
    const passing = Array.from({ length: numLayers }, (_, layer) => layer).some(isPassing)
      ? await this.layerGraphs(arrays, { dropoutRate: 0, gradients: "hidden", work: null })
      : working;
    const graphsOf = (layer: number): GraphSet<LayerGraph> => (isTapped(layer) ? working : passing);

    // below the taps two arrays suffice, as in `loss`
    const hidden = Array.from({ length: numLayers + 1 }, (_, depth) => this.hidden(`hidden${depth < lowest ? depth % 2 : depth}`, arrays));
    const saved: Tensors[] = [];
    await embedding.run(this.embeddingInputs(arrays), { [OUTPUT]: hidden[0]! });
    for (let layer = 0; layer < numLayers; layer++) {
      if (layer < lowest) await forward.run({ ...this.layerWeights(layer), [HIDDEN]: hidden[layer]! }, { [OUTPUT]: hidden[layer + 1]! });
      else saved[layer] = await this.layerForward(arrays, graphsOf(layer), layer, hidden[layer]!, hidden[layer + 1]!);
      if (taps.stateDepths.includes(layer + 1)) await this.poolState(arrays, taps, layer + 1, hidden[layer + 1]!);
    }

    const room = [this.hidden("dHidden0", arrays), this.hidden("dHidden1", arrays)] as const;
    let [dHidden, dNext] = room;
    await this.headBackward(arrays, hidden[numLayers]!, dHidden, loss_S, "tapping", () => () => undefined);
    for (let layer = numLayers - 1; layer >= lowest; layer--) {
      const inputs = this.backwardInputs(arrays, layer, hidden[layer]!, saved[layer]!, dHidden);
      await this.layerBackward(graphsOf(layer), layer, inputs, { [gradientName(HIDDEN)]: dNext }, isTapped(layer) ? taps : undefined);
      [dHidden, dNext] = [dNext, dHidden];
    }
  }

  /** One layer forward, keeping what its backward pass needs where it is not recomputed. */
  private async layerForward(arrays: StepArrays, graphs: GraphSet<LayerGraph>, layer: number, from: Tensor, to: Tensor): Promise<Tensors> {
    const forward = this.isRecomputed(layer) ? graphs.forward : graphs.savingForward;
    const saved = this.savedOf(forward, layer, arrays.inputIds_P.length);
    await forward.run(this.layerInputs(arrays, layer, from), { [OUTPUT]: to, ...saved });
    return saved;
  }

  private backwardInputs(arrays: StepArrays, layer: number, hidden: Tensor, saved: Tensors, dHidden: Tensor): Tensors {
    return { ...this.layerInputs(arrays, layer, hidden), ...saved, [OUTPUT_GRADIENT]: dHidden };
  }

  private async layerBackward(
    graphs: GraphSet<LayerGraph>,
    layer: number,
    inputs: Tensors,
    outputs: Tensors,
    taps: TapRequest | undefined,
  ): Promise<void> {
    const backward = this.isRecomputed(layer) ? graphs.recomputingBackward : graphs.backward;
    if (taps === undefined) return backward.run(inputs, outputs);
    const [feeds, results] = [tapFeeds(this.config, taps, layer, 0), tapResults(taps, layer, 0)];
    await backward.run({ ...inputs, ...tensorsOver(feeds) }, { ...outputs, ...tensorsOver(results) });
  }

  /**
   * The loss, and the gradient of the last hidden states.
   *
   * @param ofWeights  adds the outputs of one piece; what it returns is called when they are written
   */
  private async headBackward(
    arrays: StepArrays,
    hidden: Tensor,
    dHidden: Tensor,
    loss_S: Float32Array,
    purpose: HeadPurpose,
    ofWeights: (outputs: Tensors) => () => void,
  ): Promise<void> {
    const D = this.config.hiddenSize;
    const { head } = await this.headGraphs(purpose);
    (dHidden.data as Float32Array).fill(0);
    for (const { places, inputs, outputs } of this.headRows(arrays, hidden, loss_S)) {
      const dRows = this.pool.float32("dHeadRows", places.length * D);
      outputs[gradientName(HIDDEN)] = new Tensor("float32", dRows, [places.length, D]);
      const written = ofWeights(outputs);
      await head.run(inputs, outputs);
      written();
      scatterAddRows(dHidden.data as Float32Array, D, places, dRows);
    }
  }

  private async poolState(arrays: StepArrays, taps: TapRequest, depth: number, hidden: Tensor): Promise<void> {
    // the last states pass the final norm, the others do not
    const isLast = depth === this.config.numHiddenLayers;
    const what = `pooling graph of ${isLast ? "last" : "middle"} states for ${arrays.numExamples} x ${arrays.length} tokens`;
    const { pool } = await this.options.graphs.open(what, () => ({ pool: recordPool(this.config, depth, arrays) }));
    const inputs = { ...this.options.weights, [HIDDEN]: hidden, [POOL]: poolFeed(taps, arrays) };
    for (const [i, state] of stateResults(this.config, taps).entries()) {
      if (taps.stateDepths[i] === depth) await pool.run(inputs, tensorsOver([{ ...state, name: stateName(0) }]));
    }
  }

  private isRecomputed(layer: number): boolean {
    return layer < this.options.numRecomputed;
  }

  private get training(): Omit<LayerGraphs, "work"> {
    return { dropoutRate: this.dropoutRate, gradients: "all" };
  }

  private evaluationGraphs(arrays: StepArrays): Promise<GraphSet<"embedding" | "forward">> {
    const what = `evaluation graphs for ${arrays.numExamples} x ${arrays.length} tokens`;
    return this.options.graphs.open(what, () => ({
      embedding: recordEmbedding(this.config, arrays).forward,
      forward: this.recordLayer(arrays, { dropoutRate: 0, gradients: "hidden", work: null }).forward,
    }));
  }

  private trainingGraphs(arrays: StepArrays): Promise<GraphSet<TrainingGraph>> {
    const what = `training graphs for ${arrays.numExamples} x ${arrays.length} tokens`;
    return this.options.graphs.open(what, () => {
      const embedding = recordEmbedding(this.config, arrays);
      const ofLayers = this.wantedOf(this.recordLayer(arrays, { ...this.training, work: null }));
      return { embedding: embedding.forward, embeddingBackward: embedding.recomputingBackward, ...ofLayers };
    });
  }

  /** Graphs of a layer with taps, or without the gradients of its weights. */
  private layerGraphs(arrays: StepArrays, wanted: LayerGraphs): Promise<GraphSet<LayerGraph>> {
    const { work, gradients } = wanted;
    const purpose = gradients === "all" ? "training" : "backward";
    const what = `${purpose} graphs for ${arrays.numExamples} x ${arrays.length} tokens, ${work === null ? "without taps" : `with ${work.name}`}`;
    return this.options.graphs.open(what, () => this.wantedOf(this.recordLayer(arrays, wanted)));
  }

  private recordLayer(arrays: StepArrays, wanted: LayerGraphs): ReturnType<typeof recordLayer> {
    return recordLayer(this.config, { numExamples: arrays.numExamples, length: arrays.length }, wanted);
  }

  /** Of the ways to run a layer those that are used: layers that are recomputed need others than those that are not. */
  private wantedOf({
    forward,
    savingForward,
    backward,
    recomputingBackward,
  }: ReturnType<typeof recordLayer>): Record<LayerGraph, RecordedGraph> {
    const { numRecomputed } = this.options;
    const graphs = {};
    if (numRecomputed > 0) Object.assign(graphs, { forward, recomputingBackward });
    if (numRecomputed < this.config.numHiddenLayers) Object.assign(graphs, { savingForward, backward });
    return graphs as Record<LayerGraph, RecordedGraph>;
  }

  private headGraphs(purpose: HeadPurpose): Promise<GraphSet<"head">> {
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
