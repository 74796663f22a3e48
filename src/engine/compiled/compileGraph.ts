/** @file From a TensorFlow.js function to something ONNX Runtime runs: record, drop what no output needs, encode, open a session. */
import { InferenceSession, type Tensor as OrtTensor } from "onnxruntime-node";
import * as tf from "@tensorflow/tfjs-core";
import { AppError } from "#contracts/errors.ts";
import { withBackend } from "../withBackend.ts";
import { registerKernels } from "./kernels.ts";
import { encodeOnnxModel, type OnnxGraph, type OnnxNode } from "./onnxModel.ts";
import { onnxShape, RECORDING_BACKEND, RecordingBackend } from "./recordingBackend.ts";

export interface GraphInput {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
}

export interface RecordedGraph {
  readonly onnx: OnnxGraph;
  /** Inputs that some output depends on. */
  readonly inputNames: ReadonlySet<string>;
}

let isRegistered = false;
function registerBackend(): void {
  if (isRegistered) return;
  tf.registerBackend(RECORDING_BACKEND, () => new RecordingBackend());
  registerKernels();
  isRegistered = true;
}

/**
 * Records a function of named inputs as a graph with named outputs.
 *
 * @param build  called once; its tensors stand for values and hold no numbers
 */
export function recordGraph(
  inputs: ReadonlyMap<string, GraphInput>,
  build: (inputs: ReadonlyMap<string, tf.Tensor>) => ReadonlyMap<string, tf.Tensor>,
): RecordedGraph {
  registerBackend();
  return withBackend(RECORDING_BACKEND, () => {
    const backend = tf.backend() as RecordingBackend;
    backend.reset();
    try {
      const placeholders = new Map([...inputs].map(([name, { shape, dtype }]) => [name, backend.placeholder(name, shape, dtype)]));
      return pruned(backend, inputs, build(placeholders));
    } finally {
      backend.reset();
    }
  });
}

function pruned(
  backend: RecordingBackend,
  inputs: ReadonlyMap<string, GraphInput>,
  outputs: ReadonlyMap<string, tf.Tensor>,
): RecordedGraph {
  const producers = new Map<string, OnnxNode>();
  for (const node of backend.nodes) for (const name of node.outputs) producers.set(name, node);

  const needed = new Set<OnnxNode>();
  const used = new Set<string>();
  const open = [...outputs.values()].map((tensor) => backend.nameOf(tensor));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    used.add(name);
    const node = producers.get(name);
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }

  // an output takes over the name of its value: a copy at the end would cost a pass over memory for each
  const renamed = new Map<string, string>();
  const copies: OnnxNode[] = [];
  for (const [outputName, tensor] of outputs) {
    const value = backend.nameOf(tensor);
    if (producers.has(value) && !renamed.has(value)) renamed.set(value, outputName);
    else copies.push({ operation: "Identity", domain: "", inputs: [value], outputs: [outputName], attributes: {} });
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = [...backend.nodes.filter((node) => needed.has(node)), ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  const inputNames = new Set([...inputs.keys()].filter((name) => used.has(name)));
  return {
    onnx: {
      nodes,
      inputs: [...inputNames].map((name) => ({ name, elementType: inputs.get(name)!.dtype, shape: onnxShape(inputs.get(name)!.shape) })),
      outputs: [...outputs].map(([name, tensor]) => ({ name, elementType: "float32" as const, shape: onnxShape(tensor.shape) })),
      constants: [...backend.constants.values()].filter(({ name }) => used.has(name)),
    },
    inputNames,
  };
}

export interface SessionOptions {
  readonly numThreads: number;
}

/** A graph that can be run. Arrays belong to the caller, inputs and outputs alike; ONNX Runtime reads and writes them in place. */
export class CompiledGraph {
  readonly inputNames: ReadonlySet<string>;
  private readonly session: InferenceSession;

  private constructor(session: InferenceSession, recorded: RecordedGraph) {
    this.session = session;
    this.inputNames = recorded.inputNames;
  }

  static async open(recorded: RecordedGraph, { numThreads }: SessionOptions): Promise<CompiledGraph> {
    try {
      const session = await InferenceSession.create(encodeOnnxModel(recorded.onnx), {
        executionProviders: ["cpu"],
        intraOpNumThreads: numThreads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        // with them each session keeps its activations between runs: 200 to 500 MB for each shape of a small model, and no faster
        enableCpuMemArena: false,
        enableMemPattern: false,
        graphOptimizationLevel: "all",
        // errors only: it warns about every input that could have been a constant
        logSeverityLevel: 3,
        // threads that wait by spinning take the processor from the window that shows the run, and from each other when it is shared
        extra: { session: { intra_op: { allow_spinning: "0" } } },
      });
      return new CompiledGraph(session, recorded);
    } catch (cause) {
      throw new AppError("E_ENGINE", { detail: String(cause) }, { cause });
    }
  }

  /** @param outputs every output, preallocated */
  async run(inputs: Readonly<Record<string, OrtTensor>>, outputs: Readonly<Record<string, OrtTensor>>): Promise<void> {
    try {
      await this.session.run(inputs, outputs);
    } catch (cause) {
      throw new AppError("E_ENGINE", { detail: String(cause) }, { cause });
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
