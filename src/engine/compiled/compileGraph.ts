/** @file From a recorded graph to something ONNX Runtime runs. */
import { InferenceSession, type Tensor as OrtTensor } from "onnxruntime-node";
import type { Precision } from "#contracts/run.ts";
import { inHalfPrecision } from "./halfPrecision.ts";
import { encodeOnnxModel } from "./onnxModel.ts";
import type { Provider } from "./providers.ts";
import type { RecordedGraph } from "./recordGraph.ts";
import { runtimeError } from "./runtimeError.ts";
import { forWebgpu } from "./webgpuGraph.ts";

export interface SessionOptions {
  readonly numThreads: number;
  /** The CPU where absent. What another provider cannot run goes to the CPU, node by node. */
  readonly provider?: Provider;
  /** float32 where absent. */
  readonly precision?: Precision;
}

/** A graph that can be run. Arrays belong to the caller, inputs and outputs alike; ONNX Runtime reads and writes them in place. */
export class CompiledGraph {
  /** A string is a size known only when the graph runs. */
  readonly outputShapes: ReadonlyMap<string, readonly (number | string)[]>;
  private readonly inputNames: ReadonlySet<string>;
  private readonly session: InferenceSession;

  private constructor(session: InferenceSession, recorded: RecordedGraph) {
    this.session = session;
    this.inputNames = recorded.inputNames;
    this.outputShapes = new Map(recorded.onnx.outputs.map(({ name, shape }) => [name, shape]));
  }

  static async open(recorded: RecordedGraph, { numThreads, provider = "cpu", precision }: SessionOptions): Promise<CompiledGraph> {
    try {
      const mixed = precision === "fp16" ? inHalfPrecision(recorded.onnx, provider !== "cpu") : recorded.onnx;
      const graph = provider === "webgpu" ? forWebgpu(mixed) : mixed;
      const session = await InferenceSession.create(encodeOnnxModel(graph), {
        executionProviders: [provider],
        intraOpNumThreads: numThreads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        // with them each session keeps its activations between runs: 200 to 500 MB for each shape of a small model, and no faster
        enableCpuMemArena: false,
        enableMemPattern: false,
        graphOptimizationLevel: "all",
        ...(recorded.outputsStay === true ? { preferredOutputLocation: "gpu-buffer" } : {}),
        // errors only: it warns about every input that could have been a constant
        logSeverityLevel: 3,
        // threads that wait by spinning take the processor from the window that shows the run, and from each other when it is shared
        extra: { session: { intra_op: { allow_spinning: "0" } } },
      });
      return new CompiledGraph(session, recorded);
    } catch (cause) {
      throw runtimeError(cause);
    }
  }

  /**
   * @param inputs   at least those that the graph uses
   * @param outputs  every output, preallocated
   */
  async run(inputs: Readonly<Record<string, OrtTensor>>, outputs: Readonly<Record<string, OrtTensor>>): Promise<void> {
    await this.call(inputs, outputs);
  }

  /**
   * Runs a graph whose outputs stay on the device.
   *
   * @returns new tensors there; whoever called disposes of them
   */
  runOnDevice(inputs: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>> {
    return this.call(inputs);
  }

  private async call(...[inputs, outputs]: Readonly<Record<string, OrtTensor>>[]): Promise<InferenceSession.OnnxValueMapType> {
    const used: Record<string, OrtTensor> = {};
    for (const name of this.inputNames) used[name] = inputs![name]!;
    try {
      return await (outputs === undefined ? this.session.run(used) : this.session.run(used, outputs));
    } catch (cause) {
      throw runtimeError(cause);
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
