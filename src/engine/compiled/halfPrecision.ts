/**
 * @file Mixed precision as a rewriting of a recorded graph, forward or backward alike: the factors of matrix products are rounded to half
 * precision, the product is computed in it, and everything between (softmax, norms, loss, sums) stays in float32, as do the weights.
 *
 * ONNX Runtime's CPU provider has no products in half precision: there the same numbers come from rounding before and after, no faster.
 */
import { ELEMENT_TYPES, type OnnxGraph, type OnnxNode } from "./onnxModel.ts";

const PRODUCTS = new Set(["MatMul", "Gemm", "FusedMatMul"]);

const cast = (input: string, output: string, to: "float16" | "float32"): OnnxNode => ({
  operation: "Cast",
  domain: "",
  inputs: [input],
  outputs: [output],
  attributes: { to: { kind: "int", value: ELEMENT_TYPES[to] } },
});

/**
 * Each value is rounded once, however many products take it.
 *
 * @param isNative  false: factors and products are rounded, and multiplied in float32; given products of half precision, ONNX Runtime's CPU
 *   provider would take the rounding for a detour and leave it out
 */
export function inHalfPrecision(graph: OnnxGraph, isNative: boolean): OnnxGraph {
  // products with rows of one 1, which are casts of a comparison, are sums and stay exact
  const isOneHot = new Set(graph.nodes.filter(({ operation }) => operation === "Cast").flatMap(({ outputs }) => outputs));
  const rounded = new Set<string>();
  const round = (value: string, to: string): OnnxNode[] => [cast(value, `${value}.half`, "float16"), cast(`${value}.half`, to, "float32")];
  const nodes = graph.nodes.flatMap((node) => {
    if (!PRODUCTS.has(node.operation) || node.inputs.some((input) => isOneHot.has(input))) return [node];
    const factors = node.inputs.filter((input, i) => !rounded.has(input) && node.inputs.indexOf(input) === i);
    factors.forEach((factor) => rounded.add(factor));
    const [output] = node.outputs as [string];
    const product = { ...node, outputs: [`${output}.product`] };
    if (isNative) {
      const casts = factors.map((factor) => cast(factor, `${factor}.half`, "float16"));
      const inputs = node.inputs.map((input) => `${input}.half`);
      return [...casts, { ...product, inputs }, cast(`${output}.product`, output, "float32")];
    }
    const casts = factors.flatMap((factor) => round(factor, `${factor}.rounded`));
    return [...casts, { ...product, inputs: node.inputs.map((input) => `${input}.rounded`) }, ...round(`${output}.product`, output)];
  });
  return { ...graph, nodes };
}
