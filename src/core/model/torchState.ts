/**
 * @file The state dictionary of a PyTorch checkpoint: which tensors there are, and where in which storage each lies.
 *
 * `torch.save` pickles a tensor as a call of `torch._utils._rebuild_tensor_v2` over a storage, and the storage as a persistent id
 * (PyTorch, `torch/serialization.py` and `torch/_utils.py`). Only those names are allowed; the numbers are in other files of the archive.
 */
import { AppError } from "#contracts/errors.ts";
import { PickleRefusal, PickleTuple, readPickle, type PickleWorld } from "./pickle.ts";
import type { TensorType } from "./safetensors.ts";

/** A run of numbers in the archive's file `data/<key>`. */
export class TorchStorage {
  /** Named as in safetensors; of a type that weights do not have, PyTorch's own name. */
  readonly type: TensorType | (string & {});
  readonly key: string;
  readonly numElements: number;
  constructor(type: string, key: string, numElements: number) {
    this.type = type;
    this.key = key;
    this.numElements = numElements;
  }
}

/** A view into a storage; offset and strides in elements. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Types that a checkpoint may mention; only the first three are read. */
const STORAGE_TYPES: Readonly<Record<string, string>> = {
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.FloatStorage": "F32",
  "torch.DoubleStorage": "torch.float64",
  "torch.LongStorage": "torch.int64",
  "torch.IntStorage": "torch.int32",
  "torch.ShortStorage": "torch.int16",
  "torch.CharStorage": "torch.int8",
  "torch.ByteStorage": "torch.uint8",
  "torch.BoolStorage": "torch.bool",
};

class StorageType {
  readonly type: string;
  constructor(type: string) {
    this.type = type;
  }
}

type Rebuild = (args: readonly unknown[]) => unknown;

const CALLABLES: Readonly<Record<string, Rebuild>> = {
  "collections.OrderedDict": (args) => {
    if (args.length > 0) throw new PickleRefusal("fills an OrderedDict by its constructor");
    return new Map();
  },
  // (storage, offset, shape, strides, requires_grad, backward_hooks); the last two say nothing of the numbers
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor": rebuildTensor,
  // (tensor, requires_grad, backward_hooks)
  "torch._utils._rebuild_parameter": ([tensor]) => tensor,
};

function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): TorchTensor {
  if (!(storage instanceof TorchStorage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides))
    throw new PickleRefusal("rebuilds a tensor from what is no storage, offset, shape and strides");
  return new TorchTensor(storage, offset, shape.items, strides.items);
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: unknown): value is { readonly items: readonly number[] } =>
  value instanceof PickleTuple && value.items.length <= 8 && value.items.every(isSize);

const world: PickleWorld = {
  global(name) {
    if (Object.hasOwn(STORAGE_TYPES, name)) return new StorageType(STORAGE_TYPES[name]!);
    if (Object.hasOwn(CALLABLES, name)) return CALLABLES[name];
    throw new PickleRefusal(`names ${name}, which is not needed for tensors; nothing of it was run`);
  },
  call(callable, args) {
    if (typeof callable !== "function") throw new PickleRefusal("calls what cannot be called");
    return (callable as Rebuild)(args);
  },
  persistent(id) {
    const [kind, type, key, , numElements] = id instanceof PickleTuple ? id.items : [];
    if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string" || !isSize(numElements))
      throw new PickleRefusal("points to something outside itself that is no storage");
    return new TorchStorage(type.type, key, numElements);
  },
};

/**
 * Reads the `data.pkl` of a checkpoint: tensors by name.
 *
 * @param path  named in errors
 * @throws E_MODEL_INVALID naming what is not allowed, or the entry that is no tensor or lies outside its storage
 */
export function readTorchState(pickle: Uint8Array, path: string): Map<string, TorchTensor> {
  const refuse = (detail: string, cause?: unknown): AppError => new AppError("E_MODEL_INVALID", { path, detail }, { cause });
  let state: unknown;
  try {
    state = readPickle(pickle, world);
  } catch (cause) {
    if (cause instanceof PickleRefusal) throw refuse(`its pickle ${cause.message}`, cause);
    if (cause instanceof TypeError) throw refuse("its pickle has a string that is not UTF-8", cause);
    throw cause;
  }
  if (!(state instanceof Map)) throw refuse("it does not hold a dictionary of tensors");
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of state) {
    if (typeof name !== "string") throw refuse(`a key of its dictionary is ${String(name)}, not the name of a tensor`);
    if (!(value instanceof TorchTensor)) throw refuse(`${name} is not a tensor but ${wordFor(value)}; save the state dictionary alone`);
    if (endOf(value) > value.storage.numElements)
      throw refuse(`tensor ${name} reaches to element ${endOf(value)} of a storage of ${value.storage.numElements}`);
    tensors.set(name, value);
  }
  return tensors;
}

function wordFor(value: unknown): string {
  if (value instanceof Map) return "a dictionary";
  if (value instanceof PickleTuple || Array.isArray(value)) return "a list";
  return value === null ? "None" : `a ${typeof value}`;
}

/** One past the last element that a tensor touches. */
export function endOf({ offset, shape, strides }: TorchTensor): number {
  if (shape.length !== strides.length) return Infinity;
  if (shape.includes(0)) return offset;
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, offset) + 1;
}

/** Whether the elements lie one after the other in the order of the shape. An axis of one element has no stride to speak of. */
export function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/**
 * Elements in the order of the shape, the last axis fastest.
 *
 * @param elements  of the storage, from the tensor's offset on
 */
export function gatherElements(elements: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const gathered = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < gathered.length; to++) {
    gathered[to] = elements[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return gathered;
}
