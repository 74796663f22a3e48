/**
 * @file The compiled engine's steps: one ONNX graph for each batch shape and purpose, run over the parameter arrays themselves.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **E** embedding width, **D** model width, **S** supervised tokens (known at run time).
 */
import type { Tensor as TfTensor } from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import type { Decoding } from "#core/model/generate.ts";
import { numDropoutSites } from "#core/model/forward.ts";
import { EMBED_POSITIONS } from "#core/model/parameters.ts";
import { lossAndGradients, type LossTensors, perTokenLoss, TOKEN_ROWS } from "#core/training/lossAndGradients.ts";
import type { StepArrays } from "../stepArrays.ts";
import type { BackendParts, StepBackend } from "../stepBackend.ts";
import { CompiledGraph, type GraphInput, recordGraph, type RecordedGraph } from "./compileGraph.ts";
import { CompiledDecoding, type DecodingParts } from "./compiledDecoding.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";

const LOSS = "loss";
const gradientName = (name: string): string => `gradient.${name}`;

export interface CompileProgress {
  /** In words: "training graph for 8 x 256 tokens". */
  readonly what: string;
}

export interface CompiledOptions {
  readonly numThreads: number;
  readonly onCompile?: (progress: CompileProgress) => void;
  /** Graphs kept open; beyond that the least recently used is closed. */
  readonly graphLimit: number;
}

export class CompiledBackend implements StepBackend {
  readonly name: string;
  private readonly config: OptConfig;
  private readonly parts: BackendParts;
  private readonly options: CompiledOptions;
  private readonly weights: Readonly<Record<string, Tensor>>;
  /** Least recently used first. */
  private readonly graphs = new Map<string, CompiledGraph>();

  constructor(config: OptConfig, parts: BackendParts, options: CompiledOptions) {
    this.name = `ONNX Runtime CPU, ${options.numThreads} ${options.numThreads === 1 ? "thread" : "threads"}`;
    this.config = config;
    this.parts = parts;
    this.options = options;
    this.weights = Object.fromEntries(
      parts.parameters
        .filter(({ name }) => name !== EMBED_POSITIONS)
        .map(({ name, values, shape }) => [name, new Tensor("float32", values, [...shape])]),
    );
  }

  async loss(arrays: StepArrays, loss_S: Float32Array): Promise<void> {
    const graph = await this.stepGraph("evaluation", arrays);
    await graph.run(this.inputs(graph, arrays), { [LOSS]: new Tensor("float32", loss_S, [loss_S.length]) });
  }

  async gradients(arrays: StepArrays, loss_S: Float32Array, gradients: ReadonlyMap<string, Float32Array>): Promise<void> {
    const graph = await this.stepGraph("training", arrays);
    const outputs: Record<string, Tensor> = { [LOSS]: new Tensor("float32", loss_S, [loss_S.length]) };
    for (const [name, array] of gradients) outputs[gradientName(name)] = new Tensor("float32", array, this.gradientShape(name, arrays));
    await graph.run(this.inputs(graph, arrays), outputs);
  }

  openDecoding(numRows: number, capacity: number): Decoding {
    const { config, weights } = this;
    const { parameters } = this.parts;
    const graph: DecodingParts["graph"] = (key, what, record) => this.graph(key, what, record);
    return new CompiledDecoding({ config, parameters, weights, graph }, numRows, capacity);
  }

  async dispose(): Promise<void> {
    for (const graph of this.graphs.values()) await graph.release();
    this.graphs.clear();
  }

  private gradientShape(name: string, { numExamples, length }: StepArrays): readonly number[] {
    if (name === EMBED_POSITIONS) return [length, this.config.hiddenSize];
    if (name === TOKEN_ROWS) return [numExamples * length, this.config.wordEmbedProjDim];
    return this.weights[name]!.dims;
  }

  private inputs(graph: CompiledGraph, arrays: StepArrays): Record<string, Tensor> {
    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    const { numExamples, length, numSupervisedTokens: S } = arrays;
    const P = numExamples * length;
    const inputs: Record<string, Tensor> = {
      ...this.weights,
      tokenRows: new Tensor("float32", arrays.tokenRows_PE, [P, E]),
      positionRows: new Tensor("float32", arrays.positionRows_TD, [length, D]),
      predictorPlaces: new Tensor("int32", arrays.predictorPlaces_S, [S]),
      inverse: new Tensor("int32", arrays.inverse_P, [P]),
      targets: new Tensor("int32", arrays.targets_S, [S]),
      lossWeights: new Tensor("float32", arrays.lossWeights_S, [S]),
    };
    arrays.keepMasks_PD.forEach((keep, site) => (inputs[`keep${site}`] = new Tensor("bool", keep, [P, D])));
    for (const name of Object.keys(inputs)) if (!graph.inputNames.has(name)) delete inputs[name];
    return inputs;
  }

  private stepGraph(purpose: "training" | "evaluation", { numExamples, length }: StepArrays): Promise<CompiledGraph> {
    const what = `${purpose} graph for ${numExamples} x ${length} tokens`;
    return this.graph(what, what, () => recordStep(this.config, this.parts, purpose, numExamples, length));
  }

  private async graph(key: string, what: string, record: () => RecordedGraph): Promise<CompiledGraph> {
    let graph = this.graphs.get(key);
    this.graphs.delete(key);
    if (graph === undefined) {
      this.options.onCompile?.({ what });
      await this.makeRoom();
      graph = await CompiledGraph.open(record(), this.options);
    }
    this.graphs.set(key, graph);
    return graph;
  }

  private async makeRoom(): Promise<void> {
    for (const [key, graph] of this.graphs) {
      if (this.graphs.size < this.options.graphLimit) return;
      this.graphs.delete(key);
      await graph.release();
    }
  }
}

/** Records loss, or loss and gradients, of one batch shape; the number of supervised tokens stays open. */
function recordStep(
  config: OptConfig,
  { parameters, dropoutRate }: BackendParts,
  purpose: "training" | "evaluation",
  numExamples: number,
  length: number,
): RecordedGraph {
  const { hiddenSize: D, wordEmbedProjDim: E } = config;
  const P = numExamples * length;
  const { S } = RUN_TIME_SIZES;
  const inputs = new Map<string, GraphInput>();
  const weightNames = parameters.map(({ name }) => name).filter((name) => name !== EMBED_POSITIONS);
  for (const { name, shape } of parameters) if (name !== EMBED_POSITIONS) inputs.set(name, { shape, dtype: "float32" });
  inputs.set("tokenRows", { shape: [P, E], dtype: "float32" });
  inputs.set("positionRows", { shape: [length, D], dtype: "float32" });
  inputs.set("predictorPlaces", { shape: [S], dtype: "int32" });
  inputs.set("inverse", { shape: [P], dtype: "int32" });
  inputs.set("targets", { shape: [S], dtype: "int32" });
  inputs.set("lossWeights", { shape: [S], dtype: "float32" });
  const numSites = purpose === "training" && dropoutRate > 0 ? numDropoutSites(config) : 0;
  for (let site = 0; site < numSites; site++) inputs.set(`keep${site}`, { shape: [P, D], dtype: "bool" });

  return recordGraph(inputs, (tensors) => {
    const input = (name: string): TfTensor => tensors.get(name)!;
    const step: LossTensors = {
      numExamples,
      length,
      weights: new Map(weightNames.map((name) => [name, input(name)])),
      tokenRows_PE: input("tokenRows"),
      positionRows_TD: input("positionRows"),
      predictorPlaces_S: input("predictorPlaces"),
      inverse_P: input("inverse"),
      targets_S: input("targets"),
      keepMasks_PD: Array.from({ length: numSites }, (_, site) => input(`keep${site}`)),
      dropoutRate,
    };
    if (purpose === "evaluation") return new Map([[LOSS, perTokenLoss(config, step)]]);
    const { loss_S, gradients } = lossAndGradients(config, step, input("lossWeights"));
    return new Map([[LOSS, loss_S], ...[...gradients].map(([name, gradient]) => [gradientName(name), gradient] as const)]);
  });
}
