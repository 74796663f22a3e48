import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { recordGraph } from "./recordGraph.ts";
import { RUN_TIME_SIZES } from "./recordingBackend.ts";

const x = new Map([["x", { shape: [2, 3], dtype: "float32" as const }]]);

describe("recording a graph", () => {
  it("drops what no output needs and names outputs after their values, without a copy", () => {
    const { onnx, inputNames } = recordGraph(new Map([...x, ["unused", { shape: [1], dtype: "float32" }]]), (inputs) => {
      tf.exp(inputs.get("x")!);
      return new Map([["y", tf.neg(tf.relu(inputs.get("x")!))]]);
    });
    expect(onnx.nodes.map(({ operation }) => operation)).toEqual(["Relu", "Neg"]);
    expect(onnx.nodes.at(-1)!.outputs).toEqual(["y"]);
    expect([...inputNames]).toEqual(["x"]);
  });

  it("copies only where one value is two outputs, or an output is an input", () => {
    const { onnx } = recordGraph(x, (inputs) => {
      const y = tf.relu(inputs.get("x")!);
      return new Map([
        ["first", y],
        ["second", y],
        ["same", inputs.get("x")!],
      ]);
    });
    expect(onnx.nodes.map(({ operation, outputs }) => [operation, ...outputs])).toEqual([
      ["Relu", "first"],
      ["Identity", "second"],
      ["Identity", "same"],
    ]);
  });

  it("keeps equal constants once", () => {
    const { onnx } = recordGraph(x, (inputs) => new Map([["y", tf.add(tf.add(inputs.get("x")!, 3), tf.scalar(3))]]));
    expect(onnx.constants).toHaveLength(1);
  });

  it("names sizes that are known only at run time, and refuses to fix them", () => {
    const open = new Map([["x", { shape: [RUN_TIME_SIZES.S, 3], dtype: "float32" as const }]]);
    const { onnx } = recordGraph(open, (inputs) => new Map([["y", tf.reshape(inputs.get("x")!, [RUN_TIME_SIZES.S, 3, 1])]]));
    expect(onnx.inputs[0]!.shape).toEqual(["S", 3]);
    expect(onnx.outputs[0]!.shape).toEqual(["S", 3, 1]);
    const fixing = (): unknown =>
      recordGraph(open, (inputs) => new Map([["y", tf.slice(inputs.get("x")!, [1, 0], [RUN_TIME_SIZES.S - 1, 3])]]));
    expect(fixing).toThrow(/run-time size/);
  });

  it("refuses a model that looks at its numbers, and leaves no tensor behind", () => {
    const looking = (): unknown => recordGraph(x, (inputs) => new Map([["y", tf.scalar(inputs.get("x")!.dataSync()[0]!)]]));
    expect(looking).toThrow(/looked at a number/);
    expect(tf.memory().numTensors).toBe(0);
  });
});
