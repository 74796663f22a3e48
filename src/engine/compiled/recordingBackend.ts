/**
 * @file A TensorFlow.js backend that computes nothing: its kernels (`kernels.ts`) append ONNX nodes. Call a function once under it, gradients
 * included, and what is left is a graph.
 */
import * as tf from "@tensorflow/tfjs-core";
import { AppError } from "#contracts/errors.ts";
import type { Attribute, ElementType, OnnxConstant, OnnxNode } from "./onnxModel.ts";

export const RECORDING_BACKEND = "callsmith-recording";

/**
 * Sizes that are only known when the graph runs. TensorFlow.js wants numbers, so each is recorded as a number that occurs nowhere else;
 * `ONNX` shapes get the name instead, and whoever would bake the number into the graph is refused.
 */
export const RUN_TIME_SIZES = { S: 1_000_003, B: 1_000_033, C: 1_000_037, Q: 1_000_039 } as const;
const nameOfSize = new Map<number, string>(Object.entries(RUN_TIME_SIZES).map(([name, size]) => [size, name]));

/** A recorded shape with run-time sizes by name. */
export const onnxShape = (shape: readonly number[]): (number | string)[] => shape.map((size) => nameOfSize.get(size) ?? size);
export const isRunTimeSize = (size: number): boolean => nameOfSize.has(size);

/** What is known of a value before the graph runs. */
export interface ValueType {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

interface RecordedTensor {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  /** Of constants only. */
  readonly values: tf.backend_util.BackendValues | undefined;
  numReferences: number;
}

const elementTypeOf = (dtype: tf.DataType): ElementType => {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new AppError("E_BUG", { detail: `a ${dtype} tensor cannot be recorded` });
};

const bytesOf = (array: Float32Array | Int32Array | Uint8Array | BigInt64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export class RecordingBackend extends tf.KernelBackend {
  nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxConstant>();
  /** Of every value that was a tensor, by its name in the graph. */
  readonly valueTypes = new Map<string, ValueType>();
  private readonly tensors: tf.DataStorage<RecordedTensor>;
  private valueNames = new WeakMap<object, string>();
  private numNames = 0;

  constructor() {
    super();
    this.tensors = new tf.DataStorage(this, tf.engine());
  }

  /** Forgets the graph. Tensors are not touched: whoever made them disposes of them. */
  reset(): void {
    this.nodes = [];
    this.constants.clear();
    this.valueTypes.clear();
    this.valueNames = new WeakMap();
    this.numNames = 0;
  }

  /** A tensor that stands for an input of the graph. */
  placeholder(name: string, shape: readonly number[], dtype: tf.DataType): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.result(name, shape, dtype));
  }

  /** The name of a tensor's value in the graph; constants enter the graph here, when they are first used. */
  nameOf(tensor: tf.TensorInfo): string {
    const known = this.valueNames.get(tensor.dataId);
    if (known !== undefined) return known;
    const { values, shape, dtype } = this.tensors.get(tensor.dataId);
    if (values === undefined) throw new AppError("E_BUG", { detail: "a tensor from outside the recording was used in it" });
    const typed =
      dtype === "float32"
        ? Float32Array.from(values as ArrayLike<number>)
        : dtype === "int32"
          ? Int32Array.from(values as ArrayLike<number>)
          : Uint8Array.from(values as ArrayLike<number>);
    const name = this.constant(elementTypeOf(dtype), shape, bytesOf(typed));
    this.valueNames.set(tensor.dataId, name);
    return name;
  }

  /** A list of sizes or axes as an int64 constant. */
  integers(values: readonly number[]): string {
    return this.constant("int64", [values.length], bytesOf(BigInt64Array.from(values, BigInt)));
  }

  scalar(value: number): string {
    return this.constant("float32", [], bytesOf(Float32Array.of(value)));
  }

  range(length: number): string {
    return this.constant("int32", [length], bytesOf(Int32Array.from({ length }, (_, i) => i)));
  }

  /** Equal constants are kept once: every layer brings the same masks. */
  private constant(elementType: ElementType, shape: readonly number[], bytes: Uint8Array): string {
    for (const [name, other] of this.constants) {
      if (other.elementType === elementType && other.shape.join() === shape.join() && Buffer.compare(other.bytes, bytes) === 0) return name;
    }
    const name = this.freshName("c");
    this.constants.set(name, { name, elementType, shape, bytes });
    return name;
  }

  private freshName(prefix: string): string {
    return `${prefix}${this.numNames++}`;
  }

  /** Appends a node and names its outputs. */
  append(
    operation: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { numOutputs = 1, domain = "" as OnnxNode["domain"] } = {},
  ): string[] {
    const outputs = Array.from({ length: numOutputs }, () => this.freshName("v"));
    this.nodes.push({ operation, domain, inputs, outputs, attributes });
    return outputs;
  }

  /** A new tensor for a value of the graph. */
  result(name: string, shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    const dataId = {};
    this.tensors.set(dataId, { shape, dtype, values: undefined, numReferences: 1 });
    this.valueNames.set(dataId, name);
    this.valueTypes.set(name, { shape, dtype });
    return { dataId, shape: [...shape], dtype };
  }

  /** The same value under another shape or type that needs no node. */
  alias(tensor: tf.TensorInfo, shape: readonly number[] = tensor.shape): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.tensors.set(dataId, { shape, dtype, values, numReferences: 1 });
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    numReferences: number,
  ): void {
    this.tensors.set(dataId, { shape, dtype, values, numReferences });
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const { values } = this.tensors.get(dataId);
    if (values === undefined) throw new AppError("E_BUG", { detail: "the model looked at a number while it was being recorded" });
    return values;
  }

  override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.tensors.has(dataId)) return true;
    const tensor = this.tensors.get(dataId);
    tensor.numReferences--;
    if (!force && tensor.numReferences > 0) return false;
    this.tensors.delete(dataId);
    return true;
  }

  override refCount(dataId: tf.DataId): number {
    return this.tensors.has(dataId) ? this.tensors.get(dataId).numReferences : 0;
  }

  override incRef(dataId: tf.DataId): void {
    this.tensors.get(dataId).numReferences++;
  }

  override numDataIds(): number {
    return this.tensors.numDataIds();
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override dispose(): void {
    this.reset();
  }
}
