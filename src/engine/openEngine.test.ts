import { describe, expect, it } from "vitest";
import type { OptConfig } from "#contracts/model.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import { openEngine } from "./openEngine.ts";

const tiny: OptConfig = {
  vocabSize: 37,
  hiddenSize: 16,
  ffnDim: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  wordEmbedProjDim: 16,
  doLayerNormBefore: true,
  maxPositionEmbeddings: 40,
  dropout: 0,
  bosTokenId: 2,
  eosTokenId: 2,
  padTokenId: 1,
};
const batch = (batchSize: number, length: number): MicroBatch => ({
  batchSize,
  length,
  inputIds_BT: Int32Array.from({ length: batchSize * length }, (_, i) => (i * 7 + 3) % 37),
  lossMask_BT: Uint8Array.from({ length: batchSize * length }, (_, i) => (i % length !== 0 && i % 3 !== 0 ? 1 : 0)),
  dropoutSeed: 5,
});

describe("the compiled engine", () => {
  it("computes the same loss and gradients as the eager engine", async () => {
    const compiled = await openEngine({ config: tiny, seed: 1, kind: "compiled" });
    const eager = await openEngine({ config: tiny, seed: 1, kind: "eager" });
    const a = await compiled.accumulateGradients(batch(2, 12));
    const b = await eager.accumulateGradients(batch(2, 12));
    expect(a.lossSum).toBeCloseTo(b.lossSum, 3);
    for (const [i, parameter] of compiled.parameters.entries())
      expect(parameter.gradient, parameter.name).toBeAllclose(eager.parameters[i]!.gradient, { rtol: 1e-4, atol: 1e-5 });
  });
});
