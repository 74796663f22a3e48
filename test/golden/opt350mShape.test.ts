/**
 * @file OPT-350M's exact shape through files and a training step: the same numbers come back, bit by bit. PyTorch draws and writes the weights
 * (`test/fixtures/torch/writeOpt350m.py`), so this runs where REQUIRE_TORCH=1 asks for it; it takes minutes, 4 GB of disk and 6 GB of memory.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import { exampleSetOf, trainExampleOf } from "#core/training/microBatch.ts";
import { trainLoop } from "#core/training/trainLoop.ts";
import { type LoadedModel, loadModelFolder, saveModelFolder } from "#engine/modelFolder.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { openEngine } from "#engine/openEngine.ts";
import { findPython } from "../fixtures/findPython.ts";
import { temporaryFolder } from "../fixtures/openTestCore.ts";

const PROMPT = Int32Array.from({ length: 40 }, (_, i) => (i === 0 ? 2 : 100 + 1217 * i));
const SHAPE = { tensors: 388, parameters: 331_196_416 };

/** Of every token of the vocabulary, after the prompt. */
async function logitsOf(engine: ModelEngine): Promise<Float32Array> {
  const decoding = engine.openDecoding(1, PROMPT.length + 1);
  return (await decoding.prefill(0, PROMPT)).slice();
}

async function logitsOfFolder(modelDir: string): Promise<Float32Array> {
  const engine = await openEngine({ modelDir, kind: "compiled" });
  try {
    return await logitsOf(engine);
  } finally {
    await engine.dispose();
  }
}

describe.skipIf(process.env["REQUIRE_TORCH"] !== "1")("OPT-350M's shape (skipped where REQUIRE_TORCH=1 does not ask for it)", () => {
  it("keeps its logits from PyTorch's file to safetensors, and over a training step to a saved model", { timeout: 1_200_000 }, async () => {
    const folder = temporaryFolder();
    const [fromTorch, asSafetensors, trained] = ["torch", "safetensors", "trained"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const python = findPython("torch", "Debian: apt-get install python3-torch");
    execFileSync(python, [join(import.meta.dirname, "../fixtures/torch/writeOpt350m.py"), fromTorch], { stdio: "ignore" });

    let model: LoadedModel | null = await loadModelFolder(fromTorch);
    expect(model.weights.file).toBe("pytorch_model.bin");
    expect(model.parameters).toHaveLength(SHAPE.tensors);
    expect(model.parameters.reduce((sum, { values }) => sum + values.length, 0)).toBe(SHAPE.parameters);
    await saveModelFolder(asSafetensors, model);
    model = null;
    const read = await logitsOfFolder(fromTorch);
    expect(read.every(Number.isFinite)).toBe(true);
    expect(await logitsOfFolder(asSafetensors)).toEqual(read);

    const engine = await openEngine({ modelDir: asSafetensors, kind: "compiled", largestBatch: { numExamples: 1, length: PROMPT.length } });
    const settings = { epochs: 1, microBatchSize: 1, gradientAccumulationSteps: 1, warmupSteps: 0, lrSchedule: "constant" } as const;
    const lossMask = Uint8Array.from(PROMPT, (_, i) => Number(i > 20));
    const example = trainExampleOf({ inputIds: PROMPT, lossMask, segments: new Uint8Array(PROMPT.length) });
    const steps: number[] = [];
    await trainLoop({
      engine,
      config: runConfigSchema.parse({ ...settings, learningRate: 1e-4, maxLength: PROMPT.length }),
      examples: exampleSetOf([example]),
      trainIndices: [0],
      padTokenId: engine.config.padTokenId,
      hooks: { onStep: ({ loss }) => void steps.push(loss) },
    });
    expect(steps).toHaveLength(1);
    const after = await logitsOf(engine);
    expect(after).not.toEqual(read);
    await saveModelFolder(trained, engine);
    await engine.dispose();
    expect(await logitsOfFolder(trained)).toEqual(after);
  });
});
