/**
 * @file Whole-graph mode: one ONNX graph for each batch shape and purpose. Fastest where the model is small, and large in memory where it
 * is not: all layers' intermediate values exist side by side.
 *
 * Shapes: **B** batch, **T** time, **P** = B x T, **E** embedding width, **D** model width, **S** supervised tokens (known at run time).
 */
import type { Tensor as TfTensor } from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import type { OptConfig } from "#contracts/model.ts";
import { numDropoutSites } from "#core/model/forward.ts";
import { EMBED_POSITIONS } from "#core/model/parameters.ts";
import { describePlan, type TapPlan, type TapRequest, withTaps } from "#core/model/taps.ts";
import { lossAndGradients, type LossTensors, perTokenLoss, TOKEN_ROWS } from "#core/training/lossAndGradients.ts";
import type { StepArrays } from "../stepArrays.ts";
import type { BackendParts, StepOutputs } from "../stepBackend.ts";
import { allResults } from "../tapArrays.ts";
import { type BatchShape, LOSS } from "./blockGraphs.ts";
import type { CompiledGraph } from "./compileGraph.ts";
import type { GraphCache } from "./graphCache.ts";
import { gradientName, recordGraph, type RecordedGraph } from "./recordGraph.ts";
import { tokenFeeds, tokenInputs, tokenTensors } from "./stepInputs.ts";
import { tensorsOver, tapInputs, tapTensors, wholeTapFeeds } from "./tapInputs.ts";

/** What a graph gives besides the loss: nothing, the gradient of every weight, or only what is tapped. */
type Purpose = "evaluation" | "training" | "tapping";

export class WholeGraph {
  private readonly config: OptConfig;
  private readonly parts: BackendParts;
  private readonly graphs: GraphCache;
  private readonly weights: Readonly<Record<string, Tensor>>;

  /** @param weights  every parameter but `embed_positions`, over the parameter arrays */
  constructor(config: OptConfig, parts: BackendParts, graphs: GraphCache, weights: Readonly<Record<string, Tensor>>) {
    this.config = config;
    this.parts = parts;
    this.graphs = graphs;
    this.weights = weights;
  }

  async loss(arrays: StepArrays, loss_S: Float32Array): Promise<void> {
    const graph = await this.open("evaluation", arrays);
    await graph.run(this.inputs(arrays), { [LOSS]: new Tensor("float32", loss_S, [loss_S.length]) });
  }

  async gradients(arrays: StepArrays, { loss_S, tokenRowsGradient_PE, sink, taps }: StepOutputs): Promise<void> {
    const graph = await this.open("training", arrays, taps);
    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    const outputs: Record<string, Tensor> = {
      [LOSS]: new Tensor("float32", loss_S, [loss_S.length]),
      [gradientName(TOKEN_ROWS)]: new Tensor("float32", tokenRowsGradient_PE, [arrays.inputIds_P.length, E]),
      [gradientName(EMBED_POSITIONS)]: new Tensor("float32", sink.array(EMBED_POSITIONS, arrays.length), [arrays.length, D]),
      ...(taps && tensorsOver(allResults(this.config, taps))),
    };
    for (const [name, { dims }] of Object.entries(this.weights))
      outputs[gradientName(name)] = new Tensor("float32", sink.array(name), dims);
    await graph.run(this.inputs(arrays, taps), outputs);
    sink.add();
  }

  async tapped(arrays: StepArrays, loss_S: Float32Array, taps: TapRequest): Promise<void> {
    const graph = await this.open("tapping", arrays, taps);
    const loss = new Tensor("float32", loss_S, [loss_S.length]);
    await graph.run(this.inputs(arrays, taps), { [LOSS]: loss, ...tensorsOver(allResults(this.config, taps)) });
  }

  private inputs(arrays: StepArrays, taps?: TapRequest): Record<string, Tensor> {
    const { hiddenSize: D, wordEmbedProjDim: E } = this.config;
    const { length, inputIds_P } = arrays;
    return {
      ...this.weights,
      ...tokenFeeds(arrays, D),
      tokenRows: new Tensor("float32", arrays.tokenRows_PE, [inputIds_P.length, E]),
      positionRows: new Tensor("float32", arrays.positionRows_TD, [length, D]),
      ...(taps && wholeTapFeeds(this.config, taps, arrays)),
    };
  }

  private async open(purpose: Purpose, shape: BatchShape, plan?: TapPlan): Promise<CompiledGraph> {
    const what = `${purpose} graph for ${shape.numExamples} x ${shape.length} tokens${plan === undefined ? "" : `, with ${describePlan(plan)}`}`;
    const { step } = await this.graphs.open(what, () => ({ step: recordStep(this.config, this.parts, { purpose, shape, plan }) }));
    return step;
  }
}

/** Records a step of one batch shape; the number of supervised tokens stays open. */
function recordStep(
  config: OptConfig,
  { parameters, dropoutRate }: BackendParts,
  { purpose, shape, plan }: { readonly purpose: Purpose; readonly shape: BatchShape; readonly plan: TapPlan | undefined },
): RecordedGraph {
  const { hiddenSize: D, wordEmbedProjDim: E } = config;
  const { numExamples, length } = shape;
  const P = numExamples * length;
  const weightNames = parameters.map(({ name }) => name).filter((name) => name !== EMBED_POSITIONS);
  const numSites = purpose === "training" && dropoutRate > 0 ? numDropoutSites(config) : 0;
  const inputs = tokenInputs(config, shape, numSites);
  for (const { name, shape } of parameters) if (name !== EMBED_POSITIONS) inputs.set(name, { shape, dtype: "float32" });
  inputs.set("tokenRows", { shape: [P, E], dtype: "float32" });
  inputs.set("positionRows", { shape: [length, D], dtype: "float32" });
  for (const [name, input] of plan === undefined ? [] : tapInputs(config, plan, shape)) inputs.set(name, input);

  return recordGraph(inputs, (tensors) => {
    const input = (name: string): TfTensor => tensors.get(name)!;
    const step: LossTensors = {
      ...tokenTensors(input, numSites),
      numExamples,
      length,
      weights: new Map(weightNames.map((name) => [name, input(name)])),
      tokenRows_PE: input("tokenRows"),
      positionRows_TD: input("positionRows"),
      dropoutRate,
    };
    if (purpose === "evaluation") return new Map([[LOSS, perTokenLoss(config, step)]]);
    const pass = (watched: LossTensors): ReturnType<typeof lossAndGradients> => lossAndGradients(config, watched, input("lossWeights"));
    const { value, results } =
      plan === undefined
        ? { value: pass(step), results: [] }
        : withTaps(config, plan, step, tapTensors(plan, input), (watch) => pass({ ...step, watch }));
    const gradients = purpose === "tapping" ? [] : [...value.gradients].map(([name, gradient]) => [gradientName(name), gradient] as const);
    return new Map([[LOSS, value.loss_S], ...gradients, ...results]);
  });
}
