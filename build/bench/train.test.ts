import { describe, expect, it } from "vitest";
import { isUsageError } from "./parts/options.ts";
import { findTorch, TORCH_MISSING } from "./parts/torch.ts";
import { lossDifference, randomRows, rowsWithin, stepsOf, type TrainingMeasured } from "./parts/work.ts";
import { runConfigSchema } from "#contracts/run.ts";
import { outcomeOf, settingsOf } from "./train.ts";

const measured = (seconds: readonly number[], losses: readonly number[] = seconds.map(() => 10)): TrainingMeasured => ({
  engine: "an engine",
  steps: seconds.map((each, i) => ({ seconds: each, cpuSeconds: 2 * each, loss: losses[i]!, rssBytes: 1e9 })),
  peakBytes: 6e9,
  secondsToLoad: 1,
});
const torch = { python: "python3", version: "1.13.0a0", hasReferenceBlas: false };

describe("bench train", () => {
  it.each([
    [["--shape", "opt-13b"], /--shape takes one of opt-350m, opt-125m, tiny, sample, not "opt-13b"/],
    [["--tokens", "2049"], /--tokens takes a whole number from 2 to 2048/],
    [["--steps", "0"], /--steps takes a whole number of at least 1/],
    [["--supervised", "0"], /--supervised takes a number above 0/],
    [["--peer", "jax"], /--peer takes one of torch/],
    [["--peer", "torch", "--dtype", "fp64"], /--dtype takes one of fp32, bf16/],
    [["--dtype", "bf16"], /add --peer torch/],
    [["--what"], /Unknown option '--what'/],
  ])("refuses %j", (args, message) => {
    let thrown: unknown;
    try {
      settingsOf(args);
    } catch (error) {
      thrown = error;
    }
    expect(isUsageError(thrown)).toBe(true);
    expect(String(thrown)).toMatch(message);
  });

  it("compares each of our processes with the peer's next to it, the first step of both left out", () => {
    const ours = [measured([9, 2, 2, 3]), measured([9, 4, 4, 4])];
    const peer = [measured([1, 6, 6, 6]), measured([1, 8, 8, 8])];
    const { ratioToPeer, measures } = outcomeOf(settingsOf(["--peer", "torch"]), torch, ours, peer);
    expect(ratioToPeer).toBe(2.5);
    expect(measures[0]).toMatchObject({ value: 2.5, bar: ">= 2.2", goal: ">= 2.8", holds: true, interval: [2, 3] });
    expect(measures.find(({ measure }) => measure.includes("losses"))).toMatchObject({ value: 0, holds: true });
  });

  it("holds newer PyTorch to its own bars, and other work to none", () => {
    const barOf = (args: readonly string[], version: string) =>
      outcomeOf(settingsOf(["--peer", "torch", ...args]), { ...torch, version }, [measured([1, 1])], [measured([1, 1])]).measures[0]!.bar;
    expect(barOf([], "2.13.0")).toBe(">= 1.4");
    expect(barOf(["--dtype", "bf16"], "2.13.0")).toBe(">= 0.6");
    expect(barOf(["--dtype", "bf16"], "1.13.0a0")).toBe(null);
    expect(barOf(["--tokens", "512"], "1.13.0a0")).toBe(null);
    expect(barOf(["--shape", "sample"], "2.13.0")).toBe(null);
  });

  it("fails where the losses part", () => {
    const { measures } = outcomeOf(settingsOf(["--peer", "torch"]), torch, [measured([1, 1])], [measured([1, 1], [10, 10.2])]);
    expect(measures.find(({ measure }) => measure.includes("losses"))!.holds).toBe(false);
    expect(lossDifference(measured([1, 1]), measured([1]))).toBe(Infinity);
  });

  it("goes on without the peer and names the package that has it", () => {
    expect(findTorch(["/nowhere/python3"])).toBe(null);
    const { measures, conditions, ratioToPeer } = outcomeOf(settingsOf(["--peer", "torch"]), null, [measured([1, 1])], []);
    expect(ratioToPeer).toBeUndefined();
    expect(measures[0]).toMatchObject({ value: null, bar: ">= 2.2", holds: null });
    expect(conditions).toContain(TORCH_MISSING);
    expect(TORCH_MISSING).toMatch(/python3-torch/);
  });

  it("gives both sides the same rows in the same order", () => {
    const config = runConfigSchema.parse({ microBatchSize: 1, gradientAccumulationSteps: 2 });
    const rows = randomRows(5, 12, 100, 0.25);
    expect(rows[0]!.lossMask.join("")).toBe("000000000111");
    expect(new Set(rows.map(({ inputIds }) => inputIds.join())).size).toBe(5);
    const steps = stepsOf(rows, config);
    expect(steps.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(new Set(steps.flat())).toEqual(new Set(rows));
  });

  it("takes the rows out of a merged sequence: each up to its own last label, as often as it counts", () => {
    const merged = {
      inputIds: [1, 2, 3, 4, 5, 6, 7, 8],
      labels: [1, 2, 3, 9, 5, 6, 7, 8],
      lossWeights: [0, 0, 1, 1, 0, 2, 2, 0],
    };
    const last = { inputIds: [1, 2, 3, 4, 5, 6, 7], lossMask: [0, 0, 0, 0, 0, 1, 1] };
    expect(rowsWithin(merged)).toEqual([{ inputIds: [1, 2, 3, 9], lossMask: [0, 0, 1, 1] }, last, last]);
  });
});
