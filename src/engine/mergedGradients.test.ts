import { expect, describe, it } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import { mergeInto, openSequence } from "#core/training/mergePrefixes.ts";
import { assembleMicroBatch, weightOf, type TrainExample } from "#core/training/microBatch.ts";
import { randomUniform } from "#core/model/random.ts";
import type { GraphMode } from "./compiled/graphMode.ts";
import type { ModelEngine } from "./modelEngine.ts";
import { type EngineKind, openEngine } from "./openEngine.ts";
import { gradientsOf, isRoundingOnly, livelyParameters, relativeDifference, variants } from "./testing.ts";

/** A path of 30 tokens as rows that end at 12, 19 and 30, the second one twice, and the first once more with a closing token of its own. */
function rowsOfAPath({ vocabSize }: OptConfig): readonly TrainExample[] {
  const uniform = randomUniform(5);
  const path = Int32Array.from({ length: 30 }, () => Math.floor(uniform() * vocabSize));
  const row = (start: number, end: number, closing?: number): TrainExample => {
    const inputIds = path.slice(0, end);
    if (closing !== undefined) inputIds[end - 1] = closing;
    const lossWeights = Float32Array.from(inputIds, (_, t) => (t >= start ? 1 : 0));
    return { inputIds, labels: inputIds, lossWeights, segments: new Uint8Array(end) };
  };
  return [row(24, 30), row(15, 19), row(15, 19), row(8, 12), row(9, 14, (path[13]! + 1) % vocabSize)];
}

const batchOf = (examples: readonly TrainExample[]) => assembleMicroBatch(examples, { padTokenId: 1, maxLength: 40, dropoutSeed: 0 });

async function summed(engine: ModelEngine, batches: readonly (readonly TrainExample[])[]) {
  engine.zeroGradients();
  let [lossSum, weightSum] = [0, 0];
  for (const batch of batches) {
    const loss = await engine.accumulateGradients(batchOf(batch));
    lossSum += loss.lossSum;
    weightSum += loss.weightSum;
  }
  return { lossSum, weightSum, gradients: gradientsOf(engine) };
}

const ways: readonly [string, { readonly kind: EngineKind; readonly graphMode?: GraphMode }][] = [
  ["the whole graph", { kind: "compiled", graphMode: { kind: "whole" } }],
  ["block mode", { kind: "compiled", graphMode: { kind: "block", numRecomputed: 1 } }],
  ["the eager engine", { kind: "eager" }],
];

describe.each(ways)("a merged sequence in %s", (_, way) => {
  it.each(variants)("has the loss and the gradient that its rows have together, %s", async (_, config) => {
    const rows = rowsOfAPath(config);
    const merged = openSequence(rows[0]!);
    for (const row of rows.slice(1)) expect(mergeInto(merged, row)).toBe(true);
    expect(Math.max(...merged.lossWeights)).toBe(2);
    expect(merged.labels.filter((label, t) => label !== merged.inputIds[t])).toHaveLength(1);

    const engine = await openEngine({ config, parameters: livelyParameters(config), dropout: 0, ...way });
    const apart = await summed(
      engine,
      rows.map((row) => [row]),
    );
    const together = await summed(engine, [[merged]]);
    expect(together.weightSum).toBe(rows.reduce((sum, row) => sum + weightOf(row), 0));
    expect(together.weightSum).toBe(apart.weightSum);
    expect(Math.abs(together.lossSum / apart.lossSum - 1)).toBeLessThan(1e-6);
    for (const [name, gradient] of together.gradients) {
      if (isRoundingOnly(name)) expect(gradient, name).toBeAllclose(apart.gradients.get(name)!, { atol: 1e-4 });
      else expect(relativeDifference(gradient, apart.gradients.get(name)!), name).toBeLessThan(1e-5);
    }
    await engine.dispose();
  });
});
