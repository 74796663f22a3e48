import { describe, expect, it } from "vitest";
import { isTensorflowNodeInstalled, loadTensorflowNode, restoreRemovedChecks } from "./tensorflowNode.ts";

describe("TensorFlow.js with TensorFlow's library", () => {
  it("finds the checks of node:util that Node 23 removed, and leaves those that are there", () => {
    const isArray = (): boolean => true;
    const util: Record<string, unknown> = { isArray };
    restoreRemovedChecks(util);
    const isNullOrUndefined = util["isNullOrUndefined"] as (value: unknown) => boolean;
    expect([null, undefined, 0, ""].map((value) => isNullOrUndefined(value))).toEqual([true, true, false, false]);
    expect(util["isArray"]).toBe(isArray);
  });

  it.skipIf(isTensorflowNodeInstalled("tfjs-node"))("says by name what is not installed", () => {
    expect(() => loadTensorflowNode("tfjs-node")).toThrow(/@tensorflow\/tfjs-node does not load/);
  });
});
