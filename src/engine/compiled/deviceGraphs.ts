/**
 * @file The graphs of an engine whose weights, gradients and moments reside on a device: a whole step with its token lookup and its sums of
 * gradients, the gradient norm, AdamW, and copies between main memory and the device.
 *
 * Shapes: **P** tokens of a micro-batch (B x T), **T** time, **V** vocabulary, **E** embedding width, **D** model width.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { OptConfig } from "#contracts/model.ts";
import { POSITION_OFFSET } from "#core/model/config.ts";
import { numDropoutSites } from "#core/model/forward.ts";
import { EMBED_POSITIONS, EMBED_TOKENS, type ParameterShape, parameterShapes } from "#core/model/parameters.ts";
import { lossAndGradients, type LossTensors, perTokenLoss, TOKEN_ROWS } from "#core/training/lossAndGradients.ts";
import { type TapPlan, withTaps } from "#core/model/taps.ts";
import { adamWFactors, type AdamWConfig, type AdamWStep, decayFactor, isDecayed } from "#core/training/optimizer.ts";
import { type BatchShape, LOSS } from "./blockGraphs.ts";
import { gradientName, type GraphInput, recordGraph, type RecordedGraph } from "./recordGraph.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";
import { tokenInputs, tokenTensors } from "./stepInputs.ts";
import { tapInputs, tapTensors } from "./tapInputs.ts";

const stays = (recorded: RecordedGraph): RecordedGraph => ({ ...recorded, outputsStay: true });

export const sumName = (name: string): string => `sum.${name}`;
export const newName = (name: string): string => `new.${name}`;

const float = (...shape: number[]): GraphInput => ({ shape, dtype: "float32" });

/** Weights by their names, `inputIds` and `tokenInputs` to `LOSS`. */
export function recordDeviceLoss(config: OptConfig, shape: BatchShape): RecordedGraph {
  const inputs = stepInputs(config, shape, 0);
  return recordGraph(inputs, (tensors) => new Map([[LOSS, perTokenLoss(config, stepTensors(config, tensors, shape, 0, 0))]]));
}

type Pass = ReturnType<typeof lossAndGradients>;

/** A pass, and what a plan computes over it. */
function watchedPass(
  config: OptConfig,
  step: LossTensors,
  tensors: ReadonlyMap<string, tf.Tensor>,
  plan: TapPlan | undefined,
): { readonly value: Pass; readonly results: ReadonlyMap<string, tf.Tensor> } {
  const pass = (watched: LossTensors): Pass => lossAndGradients(config, watched, tensors.get("lossWeights")!);
  if (plan === undefined) return { value: pass(step), results: new Map() };
  const given = tapTensors(plan, (name) => tensors.get(name)!);
  return withTaps(config, plan, step, given, (watch) => pass({ ...step, watch }));
}

/** The same inputs and those of a plan to `LOSS` and the plan's results, all of them in main memory. */
export function recordDeviceTaps(config: OptConfig, shape: BatchShape, plan: TapPlan): RecordedGraph {
  const inputs = new Map([...stepInputs(config, shape, 0), ...tapInputs(config, plan, shape)]);
  return recordGraph(inputs, (tensors) => {
    const { value, results } = watchedPass(config, stepTensors(config, tensors, shape, 0, 0), tensors, plan);
    return new Map([[LOSS, value.loss_S], ...results]);
  });
}

/**
 * The same inputs, what `TokenLookup` holds (`slots`, `slotOfToken`) and the sums of gradients so far to `LOSS` and, as `gradientName`, the sums
 * with this micro-batch's gradients added, and the results of a plan where there is one. All of it stays on the device.
 */
export function recordDeviceStep(config: OptConfig, dropoutRate: number, shape: BatchShape, plan?: TapPlan): RecordedGraph {
  const numSites = dropoutRate > 0 ? numDropoutSites(config) : 0;
  const parameters = parameterShapes(config);
  const inputs = stepInputs(config, shape, numSites);
  const { vocabSize: V, maxPositionEmbeddings } = config;
  inputs.set("slots", { shape: [shape.numExamples * shape.length], dtype: "int32" });
  inputs.set("slotOfToken", { shape: [V], dtype: "int32" });
  for (const parameter of parameters) inputs.set(sumName(parameter.name), float(...parameter.shape));
  for (const [name, input] of plan === undefined ? [] : tapInputs(config, plan, shape)) inputs.set(name, input);
  const recorded = recordGraph(inputs, (tensors) => {
    const step = stepTensors(config, tensors, shape, numSites, dropoutRate);
    const { value, results } = watchedPass(config, step, tensors, plan);
    const { loss_S, gradients } = value;
    const outputs = new Map([[LOSS, loss_S], ...results]);
    for (const { name } of parameters) {
      const sum = tensors.get(sumName(name))!;
      const gradient = gradients.get(name)!;
      if (name === EMBED_TOKENS) {
        const ofRows_VE = sumByToken(gradients.get(TOKEN_ROWS)!, tensors.get("slots")!, tensors.get("slotOfToken")!);
        outputs.set(gradientName(name), tf.add(tf.add(sum, gradient), ofRows_VE));
      } else if (name === EMBED_POSITIONS) {
        const after = maxPositionEmbeddings - shape.length;
        const ofRows = tf.pad(gradient as tf.Tensor2D, [
          [POSITION_OFFSET, after],
          [0, 0],
        ]);
        outputs.set(gradientName(name), tf.add(sum, ofRows));
      } else outputs.set(gradientName(name), tf.add(sum, gradient));
    }
    return outputs;
  });
  return stays(recorded);
}

function stepInputs(config: OptConfig, shape: BatchShape, numSites: number): Map<string, GraphInput> {
  const inputs = tokenInputs(config, shape, numSites);
  for (const parameter of parameterShapes(config)) inputs.set(parameter.name, float(...parameter.shape));
  return inputs.set("inputIds", { shape: [shape.numExamples * shape.length], dtype: "int32" });
}

function stepTensors(
  config: OptConfig,
  tensors: ReadonlyMap<string, tf.Tensor>,
  { numExamples, length }: BatchShape,
  numSites: number,
  dropoutRate: number,
): LossTensors {
  const input = (name: string): tf.Tensor => tensors.get(name)!;
  const names = parameterShapes(config).map(({ name }) => name);
  return {
    ...tokenTensors(input, numSites),
    numExamples,
    length,
    weights: new Map(names.filter((name) => name !== EMBED_POSITIONS).map((name) => [name, input(name)])),
    tokenRows_PE: tf.gather(input(EMBED_TOKENS), input("inputIds") as tf.Tensor1D),
    positionRows_TD: tf.slice(input(EMBED_POSITIONS), [POSITION_OFFSET, 0], [length, config.hiddenSize]),
    dropoutRate,
  };
}

/** Where the gradient of each looked-up row belongs. */
export interface TokenLookup {
  /** For each token of the batch a number below P, the same for the same token. */
  readonly slots_P: Int32Array;
  /** For each token of the vocabulary its slot, or P where the batch does not have it. */
  readonly slotOfToken_V: Int32Array;
}

export function tokenLookup(inputIds_P: Int32Array, vocabSize: number): TokenLookup {
  const P = inputIds_P.length;
  const slotOfToken_V = new Int32Array(vocabSize).fill(P);
  let numSlots = 0;
  const slots_P = inputIds_P.map((id) => {
    if (slotOfToken_V[id] === P) slotOfToken_V[id] = numSlots++;
    return slotOfToken_V[id]!;
  });
  return { slots_P, slotOfToken_V };
}

/** Tokens whose slots are spelled out at once, as rows of 0 and one 1. */
const SUM_ROWS = 1024;

/**
 * The gradient of looking rows up: `sums[v] = sum of rows[p] over the places p of token v`. A matrix product adds and a lookup places the
 * sums: a scatter would add in whatever order the device's threads come.
 */
export function sumByToken(rows_PE: tf.Tensor, slots_P: tf.Tensor, slotOfToken_V: tf.Tensor): tf.Tensor {
  const [P, E] = rows_PE.shape as [number, number];
  let sums_PE: tf.Tensor | undefined;
  for (let start = 0; start < P; start += SUM_ROWS) {
    const size = Math.min(SUM_ROWS, P - start);
    const isInSlot = tf.oneHot(tf.slice(slots_P, [start], [size]) as tf.Tensor1D, P);
    const part_PE = tf.matMul(isInSlot as tf.Tensor2D, tf.slice(rows_PE, [start, 0], [size, E]) as tf.Tensor2D, true);
    sums_PE = sums_PE === undefined ? part_PE : tf.add(sums_PE, part_PE);
  }
  return tf.gather(tf.concat([sums_PE!, tf.zeros([1, E])], 0), slotOfToken_V as tf.Tensor1D);
}

export const SQUARES = "squares";

/** Gradients to the sum of the squares of each: [parameters]. By rows first, which keeps float32 sums short. */
export function recordSquares(parameters: readonly ParameterShape[]): RecordedGraph {
  const inputs = new Map(parameters.map(({ name, shape }) => [gradientName(name), float(...shape)]));
  return recordGraph(inputs, (tensors) => {
    const squares = [...tensors.values()].map((gradient) => tf.reshape(tf.sum(tf.sum(tf.mul(gradient, gradient), -1, true)), [1]));
    return new Map([[SQUARES, squares.length === 1 ? squares[0]! : tf.concat(squares, 0)]]);
  });
}

export const firstMomentName = (name: string): string => `m.${name}`;
export const secondMomentName = (name: string): string => `v.${name}`;

const FACTORS = [
  "gradientScale",
  "beta1",
  "oneMinusBeta1",
  "beta2",
  "oneMinusBeta2",
  "stepSize",
  "inverseRootCorrection",
  "epsilon",
  "kept",
] as const;

/** What update `t` multiplies by, in the order in which the graph of `recordAdamW` takes it as its input `factors`. */
export function adamWFactorArray(config: AdamWConfig, { learningRate, gradientScale }: AdamWStep, t: number): Float32Array {
  const { beta1, beta2 } = config;
  // of a parameter that decays
  const kept = decayFactor({ name: "", shape: [1, 1] }, config, learningRate);
  const { stepSize, inverseRootCorrection, epsilon } = adamWFactors(config, learningRate, t);
  return Float32Array.of(gradientScale, beta1, 1 - beta1, beta2, 1 - beta2, stepSize, inverseRootCorrection, epsilon, kept);
}

/** One update of several parameters (the equations are those of `adamWUpdate`): the new weights and moments, as `newName`. */
export function recordAdamW(parameters: readonly ParameterShape[]): RecordedGraph {
  const inputs = new Map<string, GraphInput>([["factors", float(FACTORS.length)]]);
  for (const { name, shape } of parameters)
    for (const input of [name, gradientName(name), firstMomentName(name), secondMomentName(name)]) inputs.set(input, float(...shape));
  const recorded = recordGraph(inputs, (tensors) => {
    const [gradientScale, beta1, oneMinusBeta1, beta2, oneMinusBeta2, stepSize, inverseRootCorrection, epsilon, kept] = FACTORS.map(
      (_, i) => tf.slice(tensors.get("factors")!, [i], [1]),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const outputs = new Map<string, tf.Tensor>();
    for (const parameter of parameters) {
      const { name } = parameter;
      const p = tensors.get(name)!;
      const g = tf.mul(tensors.get(gradientName(name))!, gradientScale);
      const m = tf.add(tf.mul(tensors.get(firstMomentName(name))!, beta1), tf.mul(g, oneMinusBeta1));
      const v = tf.add(tf.mul(tensors.get(secondMomentName(name))!, beta2), tf.mul(tf.mul(g, g), oneMinusBeta2));
      const root = tf.add(tf.mul(tf.sqrt(v), inverseRootCorrection), epsilon);
      const decayed = isDecayed(parameter) ? tf.mul(p, kept) : p;
      outputs.set(newName(name), tf.sub(decayed, tf.div(tf.mul(m, stepSize), root)));
      outputs.set(newName(firstMomentName(name)), m).set(newName(secondMomentName(name)), v);
    }
    return outputs;
  });
  return stays(recorded);
}

/** Copies a tensor of any size: onto the device, or from there into an array. */
export function recordCopy(to: "device" | "mainMemory", rank: number): RecordedGraph {
  const { B, C } = RUN_TIME_SIZES;
  const recorded = recordGraph(new Map([["x", float(...[B, C].slice(0, rank))]]), (tensors) => new Map([["y", tensors.get("x")!]]));
  return to === "device" ? stays(recorded) : recorded;
}
