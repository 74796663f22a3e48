/** @file What each TensorFlow.js kernel looks like in ONNX (operator set 17, with ONNX Runtime's FusedMatMul). */
import * as tf from "@tensorflow/tfjs-core";
import { AppError } from "#contracts/errors.ts";
import type { Attribute } from "./onnxModel.ts";
import { ELEMENT_TYPES } from "./onnxModel.ts";
import { isRunTimeSize, RECORDING_BACKEND, type RecordingBackend } from "./recordingBackend.ts";

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = Readonly<Record<string, unknown>>;
type Kernel = (backend: RecordingBackend, inputs: Inputs, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[];

const int = (value: number): Attribute => ({ kind: "int", value });
const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });

/** One float32 node of one output. */
function node(
  backend: RecordingBackend,
  operation: string,
  inputs: readonly string[],
  shape: readonly number[],
  attributes: Readonly<Record<string, Attribute>> = {},
  dtype: tf.DataType = "float32",
): tf.TensorInfo {
  return backend.result(backend.append(operation, inputs, attributes)[0]!, shape, dtype);
}

const isSameShape = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** Nodes of two broadcast operands. */
const binary =
  (operation: string, dtype?: tf.DataType): Kernel =>
  (backend, { a, b }) =>
    node(
      backend,
      operation,
      [backend.nameOf(a!), backend.nameOf(b!)],
      tf.backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape),
      {},
      dtype ?? a!.dtype,
    );

const unary =
  (operation: string): Kernel =>
  (backend, { x }) =>
    node(backend, operation, [backend.nameOf(x!)], x!.shape, {}, x!.dtype);

const step: Kernel = (backend, { x }) => {
  const condition = backend.append("Greater", [backend.nameOf(x!), backend.scalar(0)])[0]!;
  return node(backend, "Cast", [condition], x!.shape, { to: int(ELEMENT_TYPES.float32) });
};

/** ONNX's shape operand: 0 keeps a size and -1 infers one, which is how a size known only at run time gets through. */
function reshapeOperand(from: readonly number[], to: readonly number[]): number[] {
  const operand = to.map((size, i) => (isRunTimeSize(size) ? (from[i] === size ? 0 : -1) : size));
  if (operand.filter((size) => size === -1).length > 1) throw new AppError("E_BUG", { detail: `cannot reshape [${from}] to [${to}]` });
  return operand;
}

function reshape(backend: RecordingBackend, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  if (isSameShape(x.shape, shape)) return backend.alias(x);
  return node(backend, "Reshape", [backend.nameOf(x), backend.integers(reshapeOperand(x.shape, shape))], shape, {}, x.dtype);
}

/** Sizes that enter the graph as constants. */
function fixed(sizes: readonly number[]): readonly number[] {
  if (sizes.some(isRunTimeSize)) throw new AppError("E_BUG", { detail: `a run-time size would be fixed in the graph: [${sizes}]` });
  return sizes;
}

const reduction =
  (operation: string, areAxesAnInput: boolean): Kernel =>
  (backend, { x }, attributes) => {
    const axes = tf.util.parseAxisParam((attributes["axis"] ?? attributes["reductionIndices"]) as number | number[], x!.shape);
    const keepDims = attributes["keepDims"] === true;
    const shape = keepDims ? x!.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : x!.shape.filter((_, i) => !axes.includes(i));
    const keepdims = { keepdims: int(keepDims ? 1 : 0) };
    return areAxesAnInput
      ? node(backend, operation, [backend.nameOf(x!), backend.integers(axes)], shape, keepdims, x!.dtype)
      : node(backend, operation, [backend.nameOf(x!)], shape, { axes: ints(axes), ...keepdims }, x!.dtype);
  };

const slice: Kernel = (backend, { x }, attributes) => {
  const asked = [attributes["begin"] as number[], attributes["size"] as number[]] as const;
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, ...asked) as [number[], number[]];
  const axes = begin.map((_, axis) => axis).filter((axis) => begin[axis] !== 0 || size[axis] !== x!.shape[axis]);
  if (axes.length === 0) return backend.alias(x!, size);
  const starts = backend.integers(fixed(axes.map((axis) => begin[axis]!)));
  const ends = backend.integers(fixed(axes.map((axis) => begin[axis]! + size[axis]!)));
  return node(backend, "Slice", [backend.nameOf(x!), starts, ends, backend.integers(axes)], size, {}, x!.dtype);
};

const pad: Kernel = (backend, { x }, attributes) => {
  const paddings = attributes["paddings"] as [number, number][];
  const shape = x!.shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1]);
  const pads = backend.integers([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  return node(backend, "Pad", [backend.nameOf(x!), pads], shape, { mode: { kind: "string", value: "constant" } });
};

const concat: Kernel = (backend, inputs, attributes) => {
  const parts = Object.values(inputs);
  const axis = tf.util.parseAxisParam(attributes["axis"] as number, parts[0]!.shape)[0]!;
  const shape = parts[0]!.shape.map((size, i) => (i === axis ? parts.reduce((sum, part) => sum + part.shape[i]!, 0) : size));
  return node(
    backend,
    "Concat",
    parts.map((part) => backend.nameOf(part)),
    shape,
    { axis: int(axis) },
    parts[0]!.dtype,
  );
};

/** Of the products worth a fused operator, and the only rank that `webgpuGraph` takes one apart for. */
const ATTENTION_RANK = 4;

const matMul: Kernel = (backend, { a, b, bias }, attributes) => {
  const transposeA = attributes["transposeA"] === true;
  const transposeB = attributes["transposeB"] === true;
  const rows = a!.shape.at(transposeA ? -1 : -2)!;
  const columns = b!.shape.at(transposeB ? -2 : -1)!;
  const isBatched = a!.shape.length > 2;
  if (isBatched && (bias !== undefined || a!.shape.length !== b!.shape.length))
    throw new AppError("E_BUG", { detail: "this form of a batched product is not recorded" });
  const shape = [...a!.shape.slice(0, -2), rows, columns];
  const operands = [backend.nameOf(a!), backend.nameOf(b!)];
  if (!transposeA && !transposeB && bias === undefined) return node(backend, "MatMul", operands, shape);
  const transposes = { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0) };
  if (!isBatched) return node(backend, "Gemm", bias === undefined ? operands : [...operands, backend.nameOf(bias)], shape, transposes);
  if (a!.shape.length === ATTENTION_RANK)
    return backend.result(backend.append("FusedMatMul", operands, transposes, { domain: "com.microsoft" })[0]!, shape);
  const turned = (operand: tf.TensorInfo): string => {
    const rank = operand.shape.length;
    const perm = ints([...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
    return backend.append("Transpose", [backend.nameOf(operand)], { perm })[0]!;
  };
  return node(backend, "MatMul", [transposeA ? turned(a!) : operands[0]!, transposeB ? turned(b!) : operands[1]!], shape);
};

const gather: Kernel = (backend, { x, indices }, attributes) => {
  const axis = attributes["axis"] as number;
  const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
  return node(backend, "Gather", [backend.nameOf(x!), backend.nameOf(indices!)], shape, { axis: int(axis) }, x!.dtype);
};

const oneHot: Kernel = (backend, { indices }, attributes) => {
  const depth = attributes["depth"] as number;
  const column = backend.append("Unsqueeze", [backend.nameOf(indices!), backend.integers([indices!.shape.length])])[0]!;
  const isEqual = backend.append("Equal", [column, backend.range(depth)])[0]!;
  return node(backend, "Cast", [isEqual], [...indices!.shape, depth], { to: int(ELEMENT_TYPES.float32) });
};

const layerNormalization: Kernel = (backend, { x, gain, bias }, attributes) => {
  const epsilon: Attribute = { kind: "float", value: attributes["epsilon"] as number };
  const operands = [x!, gain!, bias!].map((tensor) => backend.nameOf(tensor));
  const names = backend.append("LayerNormalization", operands, { axis: int(-1), epsilon }, { numOutputs: 3 });
  const statistics = [...x!.shape.slice(0, -1), 1];
  return [backend.result(names[0]!, x!.shape), backend.result(names[1]!, statistics), backend.result(names[2]!, statistics)];
};

const KERNELS: Readonly<Record<string, Kernel>> = {
  Add: binary("Add"),
  Sub: binary("Sub"),
  Multiply: binary("Mul"),
  RealDiv: binary("Div"),
  Maximum: binary("Max"),
  Exp: unary("Exp"),
  Log: unary("Log"),
  Neg: unary("Neg"),
  Relu: unary("Relu"),
  Sqrt: unary("Sqrt"),
  Step: step,
  Identity: (backend, { x }) => backend.alias(x!),
  Cast: (backend, { x }, attributes) => {
    const dtype = attributes["dtype"] as keyof typeof ELEMENT_TYPES & tf.DataType;
    if (dtype === x!.dtype) return backend.alias(x!);
    return node(backend, "Cast", [backend.nameOf(x!)], x!.shape, { to: int(ELEMENT_TYPES[dtype]) }, dtype);
  },
  Reshape: (backend, { x }, attributes) =>
    reshape(backend, x!, tf.util.inferFromImplicitShape(attributes["shape"] as number[], tf.util.sizeFromShape(x!.shape))),
  ExpandDims: (backend, { input }, attributes) => {
    const dim = attributes["dim"] as number;
    const axis = dim < 0 ? input!.shape.length + 1 + dim : dim;
    const shape = [...input!.shape.slice(0, axis), 1, ...input!.shape.slice(axis)];
    return node(backend, "Unsqueeze", [backend.nameOf(input!), backend.integers([axis])], shape, {}, input!.dtype);
  },
  Transpose: (backend, { x }, attributes) => {
    const perm = attributes["perm"] as number[];
    return node(
      backend,
      "Transpose",
      [backend.nameOf(x!)],
      perm.map((axis) => x!.shape[axis]!),
      { perm: ints(perm) },
      x!.dtype,
    );
  },
  Slice: slice,
  PadV2: pad,
  Concat: concat,
  Sum: reduction("ReduceSum", true),
  Mean: reduction("ReduceMean", false),
  Max: reduction("ReduceMax", false),
  Softmax: (backend, { logits }) => node(backend, "Softmax", [backend.nameOf(logits!)], logits!.shape, { axis: int(-1) }),
  LogSoftmax: (backend, { logits }) => node(backend, "LogSoftmax", [backend.nameOf(logits!)], logits!.shape, { axis: int(-1) }),
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  GatherV2: gather,
  OneHot: oneHot,
  LayerNormalization: layerNormalization,
};

/** Registers the backend's kernels; once for each process. */
export function registerKernels(): void {
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    tf.registerKernel({
      kernelName,
      backendName: RECORDING_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => kernel(backend as RecordingBackend, inputs as Inputs, (attrs ?? {}) as Attributes),
    });
  }
}
