/** OPT-350M itself, where its folder is at hand: the published one, or one of test/fixtures/torch/writeOpt350m.py. */
import { describe, expect, it } from "vitest";
import { loadModelFolder } from "../modelFolder.ts";

const folder = process.env["CALLSMITH_OPT350M"];

describe.skipIf(folder === undefined)("OPT-350M (skipped: CALLSMITH_OPT350M names no folder)", () => {
  it("has its 331,196,416 parameters in 388 tensors, all of them numbers", async () => {
    const told: number[] = [];
    const { parameters, config } = await loadModelFolder(folder!, { onProgress: ({ done }) => told.push(done) });
    expect(config).toMatchObject({ numHiddenLayers: 24, hiddenSize: 1024, wordEmbedProjDim: 512, doLayerNormBefore: false });
    expect(parameters).toHaveLength(388);
    expect(parameters.reduce((sum, { values }) => sum + values.length, 0)).toBe(331_196_416);
    expect(parameters.filter(({ values }) => !values.every(Number.isFinite)).map(({ name }) => name)).toEqual([]);
    expect(told).toHaveLength(388);
  });
});
