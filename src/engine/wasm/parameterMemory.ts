/**
 * @file A model's parameters, gradients and moments in WebAssembly memories, and AdamW over them.
 *
 * The typed arrays that everything else sees are views of those memories, so ONNX Runtime reads weights and writes gradients exactly where
 * the optimizer works: no copy in between. Where ONNX Runtime takes memories that several threads see, the optimizer works in several.
 */
import { AppError } from "#contracts/errors.ts";
import { numElements, type ParameterShape } from "#core/model/parameters.ts";
import type { ParameterArray } from "#core/training/computeEngine.ts";
import { adamWFactors, type AdamWConfig, type AdamWState, type AdamWStep, decayFactor, type Optimizer } from "#core/training/optimizer.ts";
import { ADAMW_MODULE, SHARED_ADAMW_MODULE } from "./adamWModule.ts";
import { CallThreads, type MemoryCall } from "./callThreads.ts";

/** A parameter's four arrays, and in which memory they lie. */
interface Place extends ParameterArray {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly memory: number;
}

const PAGE_BYTES = 65_536;
/** A memory can have 4 GiB. Far smaller ones leave the address space of a process that may have little of it. */
const MAX_BYTES = 4 * 2 ** 30;
const GROUP_BYTES = 2 ** 30;
/** Arrays start at multiples of a cache line; the optimizer needs multiples of 16. */
const ALIGNMENT = 64;
const ARRAYS = 4;
/** An update waits for memory more than for arithmetic: a few threads ask for as much as there is. */
const MAX_THREADS = 4;

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

function memoryFor(group: readonly ParameterShape[], shared: boolean): WebAssembly.Memory {
  const bytes = group.reduce((sum, { shape }) => sum + ARRAYS * alignedBytes(numElements(shape)), 0);
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    const detail = `no memory of ${(bytes / 1e9).toFixed(1)} GB for parameters, gradients and moments (${String(cause)})`;
    throw new AppError("E_OUT_OF_MEMORY", { detail }, { cause });
  }
}

function placesIn({ buffer }: WebAssembly.Memory, memory: number, group: readonly ParameterShape[]): Place[] {
  let offset = 0;
  return group.map(({ name, shape }) => {
    const count = numElements(shape);
    const next = (): Float32Array => {
      const array = new Float32Array(buffer, offset, count);
      offset += alignedBytes(count);
      return array;
    };
    return { name, shape, values: next(), gradient: next(), firstMoment: next(), secondMoment: next(), memory };
  });
}

export class ParameterMemory implements Optimizer {
  /** Their arrays are all 0 at first. Pages that nothing has written to cost no memory, so an engine that never trains holds weights only. */
  readonly parameters: readonly ParameterArray[];
  readonly state: AdamWState;
  private readonly places: readonly Place[];
  private readonly threads: CallThreads;

  /**
   * @param numThreads  that the optimizer works in; more than one needs an engine that takes memories that several threads see
   * @throws E_OUT_OF_MEMORY where the machine has no room
   */
  constructor(shapes: readonly ParameterShape[], numThreads = 1) {
    const isShared = numThreads > 1;
    const module = new WebAssembly.Module(Buffer.from(isShared ? SHARED_ADAMW_MODULE : ADAMW_MODULE, "base64"));
    const groups = groupsOf(shapes);
    const memories = groups.map((group) => memoryFor(group, isShared));
    this.places = groups.flatMap((group, memory) => placesIn(memories[memory]!, memory, group));
    this.threads = new CallThreads(module, memories, Math.min(numThreads, MAX_THREADS));
    this.parameters = this.places.map(({ name, shape, values, gradient }) => ({ name, shape, values, gradient }));
    this.state = {
      numUpdates: 0,
      firstMoments: this.places.map(({ firstMoment }) => firstMoment),
      secondMoments: this.places.map(({ secondMoment }) => secondMoment),
    };
  }

  async gradNorm(scale: number): Promise<number> {
    const sums = await this.callEach("squaredNorm", ({ gradient }) => [gradient.byteOffset, gradient.length]);
    return Math.sqrt(sums.reduce((total, sum) => total + sum, 0)) * scale;
  }

  async update(config: AdamWConfig, { learningRate, gradientScale }: AdamWStep): Promise<void> {
    const { beta1, beta2 } = config;
    this.state.numUpdates += 1;
    const { stepSize, inverseRootCorrection, epsilon } = adamWFactors(config, learningRate, this.state.numUpdates);
    await this.callEach("adamW", (place) => [
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
    ]);
  }

  dispose(): Promise<void> {
    return this.threads.dispose();
  }

  /** One of the module's functions for each parameter, with the arguments that `adamW.wat` names. */
  private callEach(name: "squaredNorm" | "adamW", argsOf: (place: Place) => number[]): Promise<number[]> {
    const calls = this.places.map((place): MemoryCall => ({ memory: place.memory, args: argsOf(place), weight: place.values.length }));
    return this.threads.run(name, calls);
  }
}
