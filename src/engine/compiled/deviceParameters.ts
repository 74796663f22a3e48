/**
 * @file Weights, sums of gradients and moments as tensors on a device, and AdamW over them there. The arrays in main memory are copies: sent
 * before the first step, fetched for a checkpoint.
 *
 * ONNX Runtime's Node binding keeps tensors on WebGPU devices only (its memory for outputs that stay has the name of WebGPU's allocator).
 * It writes such outputs into new tensors, never into given ones, and a tensor there cannot be read but by a graph that copies it.
 */
import { Tensor } from "onnxruntime-node";
import { layerPrefix, numElements, type ParameterShape, type ParameterValues } from "#core/model/parameters.ts";
import type { ParameterArray, Residence } from "#core/training/computeEngine.ts";
import { type AdamWConfig, type AdamWState, type AdamWStep, createAdamWState, type Optimizer } from "#core/training/optimizer.ts";
import {
  adamWFactorArray,
  firstMomentName,
  newName,
  recordAdamW,
  recordCopy,
  recordSquares,
  secondMomentName,
  SQUARES,
} from "./deviceGraphs.ts";
import type { GraphCache } from "./graphCache.ts";
import { gradientName } from "./recordGraph.ts";

/** By parameter name. */
export type DeviceTensors = Readonly<Record<string, Tensor>>;

/** Parameters that one run of a graph takes together; layers take the same graph. */
interface Group {
  readonly kind: "layer" | "rest";
  readonly prefix: string;
  /** With names after the prefix. */
  readonly shapes: readonly ParameterShape[];
}

function groupsOf(parameters: readonly ParameterShape[], numLayers: number): Group[] {
  const group = (kind: Group["kind"], prefix: string, own: readonly ParameterShape[]): Group => ({
    kind,
    prefix,
    shapes: own.map(({ name, shape }) => ({ name: name.slice(prefix.length), shape })),
  });
  const prefixes = Array.from({ length: numLayers }, (_, layer) => layerPrefix(layer));
  const ofLayers = prefixes.map((prefix) =>
    group(
      "layer",
      prefix,
      parameters.filter(({ name }) => name.startsWith(prefix)),
    ),
  );
  const rest = parameters.filter(({ name }) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return [group("rest", "", rest), ...ofLayers];
}

const disposeAll = (tensors: DeviceTensors): void => Object.values(tensors).forEach((tensor) => tensor.dispose());

export class DeviceParameters implements Optimizer, Residence {
  readonly parameters: readonly ParameterArray[];
  readonly state: AdamWState;
  private readonly graphs: GraphCache;
  private readonly groups: readonly Group[];
  private weightTensors: DeviceTensors | undefined;
  private moments: { first: Record<string, Tensor>; second: Record<string, Tensor> } | undefined;
  /** Undefined: a new sum starts, every gradient counts as 0. */
  private gradients: DeviceTensors | undefined;
  /** One for each shape: where a sum starts. */
  private readonly zeros = new Map<string, Tensor>();
  private areArraysBehind = false;

  constructor(values: readonly ParameterValues[], numLayers: number, graphs: GraphCache) {
    // memory that nothing writes to is never taken: gradients stay untouched here, moments until the first checkpoint
    this.parameters = values.map((parameter) => ({ ...parameter, gradient: new Float32Array(numElements(parameter.shape)) }));
    this.state = createAdamWState(this.parameters);
    this.groups = groupsOf(this.parameters, numLayers);
    this.graphs = graphs;
  }

  /** On the device now; valid until the next update. */
  async weights(): Promise<DeviceTensors> {
    return (this.weightTensors ??= await this.sendAll(this.parameters.map(({ values }) => values)));
  }

  /** Sums of gradients; valid until they are replaced. */
  async gradientSums(): Promise<DeviceTensors> {
    if (this.gradients !== undefined) return this.gradients;
    const tensors: Record<string, Tensor> = {};
    for (const { name, shape } of this.parameters) {
      const zeros = this.zeros.get(shape.join()) ?? (await this.send(new Float32Array(numElements(shape)), shape));
      this.zeros.set(shape.join(), zeros);
      tensors[name] = zeros;
    }
    return tensors;
  }

  /** @param gradients  new sums, which now belong to this; `undefined` starts anew */
  replaceGradients(gradients: DeviceTensors | undefined): void {
    disposeAll(this.gradients ?? {});
    this.gradients = gradients;
  }

  async gradNorm(scale: number): Promise<number> {
    const gradients = await this.gradientSums();
    let sum = 0;
    for (const { kind, prefix, shapes } of this.groups) {
      const { graph } = await this.graphs.open(`gradient norm, ${kind}`, () => ({ graph: recordSquares(shapes) }));
      const squares = new Float32Array(shapes.length);
      const inputs = shapes.map(({ name }) => [gradientName(name), gradients[prefix + name]!]);
      await graph.run(Object.fromEntries(inputs), { [SQUARES]: new Tensor("float32", squares, [squares.length]) });
      for (const square of squares) sum += square;
    }
    return Math.sqrt(sum) * scale;
  }

  async update(config: AdamWConfig, step: AdamWStep): Promise<void> {
    const weights = { ...(await this.weights()) };
    const gradients = await this.gradientSums();
    this.moments ??= { first: await this.sendAll(this.state.firstMoments), second: await this.sendAll(this.state.secondMoments) };
    const { first, second } = this.moments;
    this.state.numUpdates += 1;
    this.areArraysBehind = true;
    const factors = adamWFactorArray(config, step, this.state.numUpdates);
    for (const { kind, prefix, shapes } of this.groups) {
      const { graph } = await this.graphs.open(`AdamW, ${kind}`, () => ({ graph: recordAdamW(shapes) }));
      const inputs: Record<string, Tensor> = { factors: new Tensor("float32", factors, [factors.length]) };
      for (const { name } of shapes) {
        inputs[name] = weights[prefix + name]!;
        inputs[gradientName(name)] = gradients[prefix + name]!;
        inputs[firstMomentName(name)] = first[prefix + name]!;
        inputs[secondMomentName(name)] = second[prefix + name]!;
      }
      const updated = await graph.runOnDevice(inputs);
      for (const { name } of shapes) {
        for (const old of [name, firstMomentName(name), secondMomentName(name)]) inputs[old]!.dispose();
        weights[prefix + name] = updated[newName(name)]!;
        first[prefix + name] = updated[newName(firstMomentName(name))]!;
        second[prefix + name] = updated[newName(secondMomentName(name))]!;
      }
    }
    this.weightTensors = weights;
  }

  arraysChanged(): void {
    disposeAll({ ...this.weightTensors });
    for (const moments of [this.moments?.first, this.moments?.second]) disposeAll({ ...moments });
    this.weightTensors = this.moments = undefined;
    this.areArraysBehind = false;
  }

  async download(what: "weightsAndMoments" | "gradients"): Promise<void> {
    if (what === "gradients") {
      const gradients = await this.gradientSums();
      for (const { name, gradient } of this.parameters) await this.fetch(gradients[name]!, gradient);
      return;
    }
    if (!this.areArraysBehind) return;
    const weights = await this.weights();
    for (const [i, { name, values }] of this.parameters.entries()) {
      await this.fetch(weights[name]!, values);
      await this.fetch(this.moments!.first[name]!, this.state.firstMoments[i]!);
      await this.fetch(this.moments!.second[name]!, this.state.secondMoments[i]!);
    }
    this.areArraysBehind = false;
  }

  dispose(): void {
    this.arraysChanged();
    this.replaceGradients(undefined);
    this.zeros.forEach((tensor) => tensor.dispose());
  }

  /** Waits for the device, and fills the array. */
  async fetch(tensor: Tensor, array: Float32Array): Promise<void> {
    const { dims } = tensor;
    const { graph } = await this.graphs.open(`copy from the device, ${dims.length}`, () => ({
      graph: recordCopy("mainMemory", dims.length),
    }));
    await graph.run({ x: tensor }, { y: new Tensor("float32", array, dims) });
  }

  private async send(array: Float32Array, shape: readonly number[]): Promise<Tensor> {
    const { graph } = await this.graphs.open(`copy to the device, ${shape.length}`, () => ({ graph: recordCopy("device", shape.length) }));
    return (await graph.runOnDevice({ x: new Tensor("float32", array, shape) }))["y"]!;
  }

  private async sendAll(arrays: readonly Float32Array[]): Promise<Record<string, Tensor>> {
    const tensors: Record<string, Tensor> = {};
    for (const [i, { name, shape }] of this.parameters.entries()) tensors[name] = await this.send(arrays[i]!, shape);
    return tensors;
  }
}
