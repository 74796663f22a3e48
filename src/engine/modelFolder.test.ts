import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialParameters } from "#core/model/parameters.ts";
import { encodeSafetensors } from "#core/model/safetensors.ts";
import { loadModelFolder, saveModelFolder, writeFileAtomically } from "./modelFolder.ts";
import { tinyConfig } from "./testing.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "model-"));
});
afterEach(() => rm(dir, { recursive: true }));
const config = tinyConfig({ wordEmbedProjDim: 8, doLayerNormBefore: false });
const parameters = initialParameters(config, 3);

describe("a model folder", () => {
  it("is read back as it was saved, and leaves no temporary file", async () => {
    await saveModelFolder(dir, { config, parameters });
    expect(await loadModelFolder(dir)).toEqual({ config, parameters, weights: { file: "model.safetensors", types: ["F32"] } });
    expect((await readdir(dir)).sort()).toEqual(["config.json", "model.safetensors"]);
  });

  it("is half as large in half precision and close to what was saved", async () => {
    await saveModelFolder(dir, { config, parameters }, "float16");
    const loaded = await loadModelFolder(dir);
    for (const [i, { values }] of loaded.parameters.entries())
      expect(values).toBeAllclose(parameters[i]!.values, { rtol: 1e-3, atol: 1e-6 });
  });

  it("may name its tensors without the prefix and store the tied head", async () => {
    await saveModelFolder(dir, { config, parameters });
    const stored = [
      ...parameters.map((p) => ({ ...p, name: p.name.replace(/^model\./, "") })),
      { ...parameters[0]!, name: "lm_head.weight" },
    ];
    await writeFileAtomically(join(dir, "model.safetensors"), encodeSafetensors(stored, "F32"));
    expect((await loadModelFolder(dir)).parameters).toEqual(parameters);
  });

  it("is refused with the tensor's name where one is missing, unknown or of another shape", async () => {
    const refusal = async (tensors: typeof parameters): Promise<unknown> => {
      await saveModelFolder(dir, { config, parameters: tensors });
      return loadModelFolder(dir).catch((error: unknown) => error);
    };
    expect(await refusal(parameters.slice(1))).toMatchObject({ code: "E_MODEL_INVALID", message: /embed_tokens.weight is missing/ });
    const extra = { name: "model.decoder.surplus", shape: [1], values: new Float32Array(1) };
    expect(await refusal([...parameters, extra])).toMatchObject({ code: "E_MODEL_INVALID", message: /surplus has no place/ });
    const turned = parameters.map((p) => (p.name.endsWith("0.fc1.weight") ? { ...p, shape: [...p.shape].reverse() } : p));
    expect(await refusal(turned)).toMatchObject({ code: "E_MODEL_INVALID", message: /layers.0.fc1.weight has shape \[16, 24\]/ });
  });

  it("is refused where its weights are cut short", async () => {
    await saveModelFolder(dir, { config, parameters });
    const path = join(dir, "model.safetensors");
    await writeFile(path, (await readFile(path)).subarray(0, -100));
    await expect(loadModelFolder(dir)).rejects.toMatchObject({ code: "E_MODEL_INVALID", message: /truncated/ });
  });

  it("that is not there says so", async () => {
    await expect(loadModelFolder(join(dir, "nowhere"))).rejects.toMatchObject({ code: "E_FILE_NOT_FOUND" });
  });
});
