import { describe, expect, it } from "vitest";
import { countSteps, createDataOrder, type OrderConfig } from "./dataOrder.ts";
import { randomIntegers } from "../model/random.ts";

const config = (over: Partial<OrderConfig> = {}): OrderConfig => ({
  seed: 1,
  epochs: 1,
  maxSteps: null,
  microBatchSize: 4,
  gradientAccumulationSteps: 2,
  ...over,
});
const next = randomIntegers(3);
const LENGTHS = Array.from({ length: 103 }, () => 10 + (next() % 200));
const steps = (order: ReturnType<typeof createDataOrder>) => Array.from({ length: order.numSteps }, (_, i) => order.at(i + 1));

describe("countSteps", () => {
  it("counts a smaller last step, fractions of epochs, and the limit", () => {
    expect(countSteps(103, config())).toEqual({ numSteps: 13, stepsPerEpoch: 13 });
    expect(countSteps(103, config({ epochs: 1.5 })).numSteps).toBe(20);
    expect(countSteps(103, config({ maxSteps: 5 })).numSteps).toBe(5);
    expect(countSteps(103, config({ maxSteps: 500 })).numSteps).toBe(13);
  });
});

describe("createDataOrder", () => {
  it.each([1, 4])("sees every example exactly once an epoch, in another order each epoch (window of %i steps)", (windowSteps) => {
    const order = createDataOrder(LENGTHS, config({ epochs: 2 }), windowSteps);
    const seen = [0, 1].map((epoch) =>
      steps(order)
        .filter((s) => s.epoch === epoch)
        .map((s) => s.microBatches.flat()),
    );
    for (const epoch of seen) expect(epoch.flat().sort((a, b) => a - b)).toEqual(LENGTHS.map((_, i) => i));
    expect(seen[0]).not.toEqual(seen[1]);
  });

  it("is the same for the same seed and another for another", () => {
    expect(steps(createDataOrder(LENGTHS, config()))).toEqual(steps(createDataOrder(LENGTHS, config())));
    expect(steps(createDataOrder(LENGTHS, config()))).not.toEqual(steps(createDataOrder(LENGTHS, config({ seed: 2 }))));
  });

  it("gives any step without the steps before it", () => {
    const inOrder = steps(createDataOrder(LENGTHS, config({ epochs: 3 })));
    const backwards = createDataOrder(LENGTHS, config({ epochs: 3 }));
    for (let step = inOrder.length; step >= 1; step--) expect(backwards.at(step)).toEqual(inOrder[step - 1]);
  });

  it("gives a step the same examples however it is split into micro-batches", () => {
    const sets = (microBatchSize: number, gradientAccumulationSteps: number) =>
      steps(createDataOrder(LENGTHS, config({ microBatchSize, gradientAccumulationSteps }))).map((s) =>
        s.microBatches.flat().sort((a, b) => a - b),
      );
    expect(sets(4, 2)).toEqual(sets(8, 1));
    expect(sets(2, 4)).toEqual(sets(8, 1));
  });

  it("pads less than an unsorted order, and a wider window less again", () => {
    const padded = (batches: readonly (readonly number[])[]) =>
      batches.reduce((sum, batch) => sum + batch.length * Math.max(...batch.map((i) => LENGTHS[i]!)), 0);
    const microBatches = (windowSteps: number) => steps(createDataOrder(LENGTHS, config(), windowSteps)).flatMap((s) => s.microBatches);
    const unsorted = Array.from({ length: 26 }, (_, b) => LENGTHS.map((_, i) => i).slice(4 * b, 4 * b + 4));
    expect(padded(microBatches(1))).toBeLessThan(padded(unsorted));
    expect(padded(microBatches(8))).toBeLessThan(padded(microBatches(1)));
  });
});
