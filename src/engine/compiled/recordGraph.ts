/** @file From a TensorFlow.js function to graphs: record, cut forward and backward apart, drop what no output needs. */
import * as tf from "@tensorflow/tfjs-core";
import { AppError } from "#contracts/errors.ts";
import { withBackend } from "../withBackend.ts";
import { registerKernels } from "./kernels.ts";
import type { OnnxGraph, OnnxNode } from "./onnxModel.ts";
import { onnxShape, RECORDING_BACKEND, RecordingBackend } from "./recordingBackend.ts";

export interface GraphInput {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
}

export interface RecordedGraph {
  readonly onnx: OnnxGraph;
  /** Inputs that some output depends on. */
  readonly inputNames: ReadonlySet<string>;
  /** True: outputs are new tensors on the device instead of arrays that the caller provides. WebGPU only. */
  readonly outputsStay?: boolean;
}

let isRegistered = false;
function registerBackend(): void {
  if (isRegistered) return;
  tf.registerBackend(RECORDING_BACKEND, () => new RecordingBackend());
  registerKernels();
  isRegistered = true;
}

type Inputs = ReadonlyMap<string, GraphInput>;
type Tensors = ReadonlyMap<string, tf.Tensor>;

/** Gives `work` an empty graph with a placeholder for each input; the placeholders hold no numbers. */
function recording<T>(inputs: Inputs, work: (backend: RecordingBackend, placeholders: Tensors) => T): T {
  registerBackend();
  return withBackend(RECORDING_BACKEND, () => {
    const backend = tf.backend() as RecordingBackend;
    backend.reset();
    try {
      return work(backend, new Map([...inputs].map(([name, { shape, dtype }]) => [name, backend.placeholder(name, shape, dtype)])));
    } finally {
      backend.reset();
    }
  });
}

/**
 * Records a function of named inputs as a graph with named outputs.
 *
 * @param build  called once
 */
export function recordGraph(inputs: Inputs, build: (inputs: Tensors) => Tensors): RecordedGraph {
  return recording(inputs, (backend, placeholders) => cut(backend, inputs, build(placeholders)));
}

/** A differentiable function of named tensors. */
export interface Differentiable {
  readonly inputs: Inputs;
  /** Those whose gradients are wanted. */
  readonly variables: readonly string[];
  readonly outputShape: readonly number[];
  /** Called once. */
  readonly build: (inputs: Tensors) => tf.Tensor;
  /** Called once the gradients are computed: what else the backward pass gives, by name. */
  readonly alongside?: (inputs: Tensors) => Tensors;
}

export const OUTPUT = "y";
export const OUTPUT_GRADIENT = "dy";
export const gradientName = (name: string): string => `gradient.${name}`;

export interface BothWays {
  /** Inputs to `OUTPUT`. */
  readonly forward: RecordedGraph;
  /** The same, and what the gradients need of it. */
  readonly savingForward: RecordedGraph;
  /** Inputs, what was saved and `OUTPUT_GRADIENT` to the gradient of every variable, and what is computed alongside. */
  readonly backward: RecordedGraph;
  /** The same without anything saved: the forward pass is part of it. */
  readonly recomputingBackward: RecordedGraph;
  readonly saved: Inputs;
}

/**
 * Records a function and its gradient, and cuts them apart. TensorFlow.js calls the gradient functions once the value is computed, so a
 * node belongs to the forward or the backward pass by its place; what gradient functions saved is what crosses the line.
 */
export function recordBothWays({ inputs, variables, outputShape, build, alongside }: Differentiable): BothWays {
  const withGradient = new Map<string, GraphInput>([...inputs, [OUTPUT_GRADIENT, { shape: outputShape, dtype: "float32" }]]);
  return recording(withGradient, (backend, placeholders) => {
    let numForwardNodes = 0;
    const valueOf = (...values: tf.Tensor[]): tf.Tensor => {
      const tensors = new Map(placeholders);
      variables.forEach((name, i) => tensors.set(name, values[i]!));
      const value = build(tensors);
      numForwardNodes = backend.nodes.length;
      return value;
    };
    const { value, grads } = tf.valueAndGrads(valueOf)(
      variables.map((name) => placeholders.get(name)!),
      placeholders.get(OUTPUT_GRADIENT)!,
    );
    const output = new Map([[OUTPUT, value]]);
    const gradients = new Map([
      ...variables.map((name, i) => [gradientName(name), grads[i]!] as const),
      ...(alongside === undefined ? [] : alongside(placeholders)),
    ]);

    const isForward = new Set(backend.nodes.slice(0, numForwardNodes).flatMap(({ outputs }) => outputs));
    const gradientValues = [...gradients.values()].map((tensor) => backend.nameOf(tensor));
    const crossing = [...reach(backend.nodes, gradientValues, (name) => isForward.has(name)).values].filter((name) => isForward.has(name));
    const saved = new Map<string, GraphInput>(crossing.map((name) => [name, savedType(backend, name)]));
    return {
      forward: cut(backend, inputs, output),
      savingForward: cut(backend, inputs, output, [...saved.keys()]),
      backward: cut(backend, new Map([...withGradient, ...saved]), gradients),
      recomputingBackward: cut(backend, withGradient, gradients),
      saved,
    };
  });
}

function savedType(backend: RecordingBackend, name: string): GraphInput {
  const type = backend.valueTypes.get(name);
  if (type?.dtype !== "float32") throw new AppError("E_BUG", { detail: `a gradient needs ${name}, which is no tensor of numbers` });
  return { shape: type.shape, dtype: type.dtype };
}

/** Nodes and values that `wanted` depends on, walking back as far as `isEnd` says. */
function reach(
  nodes: readonly OnnxNode[],
  wanted: readonly string[],
  isEnd: (name: string) => boolean,
): { readonly nodes: ReadonlySet<OnnxNode>; readonly values: ReadonlySet<string> } {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) producers.set(name, node);
  const needed = new Set<OnnxNode>();
  const values = new Set<string>();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    values.add(name);
    const node = isEnd(name) ? undefined : producers.get(name);
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }
  return { nodes: needed, values };
}

/**
 * The part of what was recorded that leads from inputs to outputs.
 *
 * @param inputs  placeholders, or values computed elsewhere, by their names in the graph
 * @param values  further outputs, by their names in the graph
 */
function cut(backend: RecordingBackend, inputs: Inputs, outputs: Tensors, values: readonly string[] = []): RecordedGraph {
  const ends = [...outputs.values()].map((tensor) => backend.nameOf(tensor));
  const { nodes: needed, values: used } = reach(backend.nodes, [...ends, ...values], (name) => inputs.has(name));
  const produced = new Set([...needed].flatMap((node) => node.outputs));

  // an output takes over the name of its value: a copy at the end would cost a pass over memory for each
  const renamed = new Map<string, string>(values.map((name) => [name, name]));
  const copies: OnnxNode[] = [];
  for (const [outputName, tensor] of outputs) {
    const value = backend.nameOf(tensor);
    if (produced.has(value) && !renamed.has(value)) renamed.set(value, outputName);
    else copies.push({ operation: "Identity", domain: "", inputs: [value], outputs: [outputName], attributes: {} });
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = [...backend.nodes.filter((node) => needed.has(node)), ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  const inputNames = new Set([...inputs.keys()].filter((name) => used.has(name)));
  const outputShapes: [string, readonly number[]][] = [
    ...[...outputs].map(([name, tensor]): [string, readonly number[]] => [name, tensor.shape]),
    ...values.map((name): [string, readonly number[]] => [name, savedType(backend, name).shape]),
  ];
  return {
    onnx: {
      nodes,
      inputs: [...inputNames].map((name) => ({ name, elementType: inputs.get(name)!.dtype, shape: onnxShape(inputs.get(name)!.shape) })),
      outputs: outputShapes.map(([name, shape]) => ({ name, elementType: "float32" as const, shape: onnxShape(shape) })),
      constants: [...backend.constants.values()].filter(({ name }) => used.has(name)),
    },
    inputNames,
  };
}
