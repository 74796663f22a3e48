/**
 * @file A model's parameters, gradients and moments in WebAssembly memories, and AdamW over them.
 *
 * The typed arrays that everything else sees are views of those memories, so ONNX Runtime reads weights and writes gradients exactly where
 * the optimizer works: no copy in between. The memories are not shared ones, which ONNX Runtime would refuse.
 */
import { AppError } from "#contracts/errors.ts";
import { numElements, type ParameterShape } from "#core/model/parameters.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import { adamWFactors, type AdamWConfig, type AdamWState, type AdamWStep, decayFactor, type Optimizer } from "#core/training/optimizer.ts";
import { ADAMW_MODULE } from "./adamWModule.ts";

interface Functions {
  squaredNorm(gradient: number, count: number): number;
  adamW(
    values: number,
    gradient: number,
    firstMoment: number,
    secondMoment: number,
    count: number,
    gradientScale: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    kept: number,
    stepSize: number,
    inverseRootCorrection: number,
    epsilon: number,
  ): void;
}

/** A parameter's four arrays, and where they lie. */
interface Place extends ParameterArray {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly functions: Functions;
}

const PAGE_BYTES = 65_536;
/** A memory can have 4 GiB. Far smaller ones leave the address space of a process that may have little of it. */
const MAX_BYTES = 4 * 2 ** 30;
const GROUP_BYTES = 2 ** 30;
/** Arrays start at multiples of a cache line; the optimizer needs multiples of 16. */
const ALIGNMENT = 64;
const ARRAYS = 4;

const alignedBytes = (count: number): number => Math.ceil((count * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;

/** Cuts the parameters, in their order, into groups that share a memory. */
function groupsOf(shapes: readonly ParameterShape[]): ParameterShape[][] {
  const groups: ParameterShape[][] = [];
  let bytes = Infinity;
  for (const shape of shapes) {
    const own = ARRAYS * alignedBytes(numElements(shape.shape));
    if (own > MAX_BYTES) throw new AppError("E_ENGINE", { detail: `parameter ${shape.name} is too large for one WebAssembly memory` });
    if (bytes + own > GROUP_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(shape);
    bytes += own;
  }
  return groups;
}

function placesOf(module: WebAssembly.Module, group: readonly ParameterShape[]): Place[] {
  const bytes = group.reduce((sum, { shape }) => sum + ARRAYS * alignedBytes(numElements(shape)), 0);
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    const detail = `no memory of ${(bytes / 1e9).toFixed(1)} GB for parameters, gradients and moments (${String(cause)})`;
    throw new AppError("E_ENGINE", { detail }, { cause });
  }
  const functions = new WebAssembly.Instance(module, { parameters: { memory } }).exports as unknown as Functions;
  let offset = 0;
  return group.map(({ name, shape }) => {
    const count = numElements(shape);
    const next = (): Float32Array => {
      const array = new Float32Array(memory.buffer, offset, count);
      offset += alignedBytes(count);
      return array;
    };
    return { name, shape, values: next(), gradient: next(), firstMoment: next(), secondMoment: next(), functions };
  });
}

export class ParameterMemory implements Optimizer {
  /** Their arrays are all 0 at first. Pages that nothing has written to cost no memory, so an engine that never trains holds weights only. */
  readonly parameters: readonly ParameterArray[];
  readonly state: AdamWState;
  private readonly places: readonly Place[];

  /** @throws E_ENGINE where the machine has no room */
  constructor(shapes: readonly ParameterShape[]) {
    const module = new WebAssembly.Module(Buffer.from(ADAMW_MODULE, "base64"));
    this.places = groupsOf(shapes).flatMap((group) => placesOf(module, group));
    this.parameters = this.places.map(({ name, shape, values, gradient }) => ({ name, shape, values, gradient }));
    this.state = {
      numUpdates: 0,
      firstMoments: this.places.map(({ firstMoment }) => firstMoment),
      secondMoments: this.places.map(({ secondMoment }) => secondMoment),
    };
  }

  gradNorm(scale: number): number {
    const sum = this.places.reduce(
      (total, { gradient, functions }) => total + functions.squaredNorm(gradient.byteOffset, gradient.length),
      0,
    );
    return Math.sqrt(sum) * scale;
  }

  update(config: AdamWConfig, { learningRate, gradientScale }: AdamWStep): void {
    const { beta1, beta2 } = config;
    this.state.numUpdates += 1;
    const { stepSize, inverseRootCorrection, epsilon } = adamWFactors(config, learningRate, this.state.numUpdates);
    for (const place of this.places) {
      place.functions.adamW(
        place.values.byteOffset,
        place.gradient.byteOffset,
        place.firstMoment.byteOffset,
        place.secondMoment.byteOffset,
        place.values.length,
        gradientScale,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        decayFactor(place, config, learningRate),
        stepSize,
        inverseRootCorrection,
        epsilon,
      );
    }
  }
}
