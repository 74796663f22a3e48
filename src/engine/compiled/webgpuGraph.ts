/**
 * @file A graph in the operators that ONNX Runtime's WebGPU provider has. What it lacks would run on the CPU, with its operands fetched and its
 * result sent in every step.
 */
import type { Attribute, OnnxGraph, OnnxNode } from "./onnxModel.ts";

const node = (operation: string, inputs: string[], output: string, attributes: Readonly<Record<string, Attribute>> = {}): OnnxNode => ({
  operation,
  domain: "",
  inputs,
  outputs: [output],
  attributes,
});

const LAST_AXIS = "last axis";

/** Products of attention's four-dimensional tensors. */
function plainProduct({ inputs, outputs, attributes }: OnnxNode): OnnxNode[] {
  const transposes: OnnxNode[] = [];
  const operands = inputs.map((input, i) => {
    const flag = attributes[i === 0 ? "transA" : "transB"];
    if (flag?.kind !== "int" || flag.value === 0) return input;
    const turned = `${outputs[0]!}.turned${i}`;
    transposes.push(node("Transpose", [input], turned, { perm: { kind: "ints", value: [0, 1, 3, 2] } }));
    return turned;
  });
  return [...transposes, node("MatMul", operands, outputs[0]!)];
}

/** `x - max - log(sum(exp(x - max)))` over the last axis. */
function plainLogSoftmax({ inputs: [x], outputs: [y] }: OnnxNode): OnnxNode[] {
  const part = (name: string): string => `${y!}.${name}`;
  return [
    node("ReduceMax", [x!], part("max"), { axes: { kind: "ints", value: [-1] } }),
    node("Sub", [x!, part("max")], part("shifted")),
    node("Exp", [part("shifted")], part("exp")),
    node("ReduceSum", [part("exp"), LAST_AXIS], part("sum")),
    node("Log", [part("sum")], part("log")),
    node("Sub", [part("shifted"), part("log")], y!),
  ];
}

export function forWebgpu(graph: OnnxGraph): OnnxGraph {
  const nodes = graph.nodes.flatMap((original) => {
    if (original.operation === "FusedMatMul") return plainProduct(original);
    return original.operation === "LogSoftmax" ? plainLogSoftmax(original) : [original];
  });
  if (!nodes.some(({ inputs }) => inputs.includes(LAST_AXIS))) return { ...graph, nodes };
  const bytes = new Uint8Array(BigInt64Array.of(-1n).buffer);
  return { ...graph, nodes, constants: [...graph.constants, { name: LAST_AXIS, elementType: "int64", shape: [1], bytes }] };
}
