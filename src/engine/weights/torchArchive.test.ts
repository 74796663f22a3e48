/** Against files that PyTorch wrote; see test/fixtures/torch. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { numElements } from "#core/model/parameters.ts";
import { loadModelFolder, type LoadedModel } from "../modelFolder.ts";

const fixtures = resolve(import.meta.dirname, "../../../test/fixtures/torch");
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "torch-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** A model folder with one of the fixtures as its weights. */
async function folderWith(fixture: string, name = "pytorch_model.bin"): Promise<string> {
  await copyFile(join(fixtures, "config.json"), join(dir, "config.json"));
  await copyFile(join(fixtures, fixture), join(dir, name));
  return dir;
}
const load = async (fixture: string): Promise<LoadedModel> => loadModelFolder(await folderWith(fixture));
const refusalOf = (fixture: string): Promise<unknown> => load(fixture).catch((error: unknown) => error);

/** Every number PyTorch has for one of the three types, in the order of the parameters. */
async function expectedValues(index: 0 | 1 | 2): Promise<Float32Array> {
  const bytes = await readFile(join(fixtures, "values.f32"));
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return all.subarray((index * all.length) / 3, ((index + 1) * all.length) / 3);
}
const valuesOf = ({ parameters }: LoadedModel): Float32Array => Float32Array.from(parameters.flatMap(({ values }) => [...values]));

describe("a pytorch_model.bin", () => {
  it.each([
    ["fp32", "F32", 0],
    ["fp16", "F16", 1],
    ["bf16", "BF16", 2],
  ] as const)("of %s gives every number that PyTorch has", async (fixture, type, index) => {
    const model = await load(`${fixture}.bin`);
    expect(model.weights).toEqual({ file: "pytorch_model.bin", types: [type] });
    expect(model.parameters.map(({ shape, values }) => values.length - numElements(shape)).every((rest) => rest === 0)).toBe(true);
    expect(valuesOf(model)).toEqual(await expectedValues(index));
  });

  it.each([
    ["the state of a module, whose head shares the embedding's storage", "tied.bin"],
    ["views into one storage, one of them transposed", "views.bin"],
    ["metaseq's names, version and copied head", "metaseq.bin"],
  ])("may hold %s", async (_, fixture) => {
    expect(valuesOf(await load(fixture))).toEqual(await expectedValues(0));
  });

  it("may be pickled with protocol 4", async () => {
    expect(valuesOf(await load("protocol4.bin"))).toEqual(await expectedValues(1));
  });

  it("may be in shards", async () => {
    for (const name of ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"])
      await folderWith(name, name);
    const model = await loadModelFolder(dir);
    expect(model.weights.file).toBe("pytorch_model.bin.index.json");
    expect(valuesOf(model)).toEqual(await expectedValues(1));
  });

  it.each([
    ["names a function of the system", "malicious.bin", /pickle names (posix|nt)\.system.*nothing of it was run/],
    ["holds something that is no tensor", "notATensor.bin", /epoch is not a tensor but a number/],
    ["has whole numbers for weights", "long.bin", /project_in\.weight has type torch\.int64/],
    ["has a head of its own", "otherHead.bin", /lm_head\.weight differs from embed_tokens\.weight/],
    ["is older than PyTorch 1.6", "legacy.bin", /before 1\.6; load it with torch\.load and save it again/],
    ["is no archive", "config.json", /no archive of PyTorch/],
  ])("is refused where it %s", async (_, fixture, message) => {
    expect(await refusalOf(fixture)).toMatchObject({ code: "E_MODEL_INVALID", message });
  });

  it("is refused where it is cut short, wherever that is", async () => {
    const path = join(await folderWith("fp16.bin"), "pytorch_model.bin");
    const whole = await readFile(path);
    for (const length of [0, 3, 100, whole.length >> 1, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      await expect(loadModelFolder(dir)).rejects.toMatchObject({ code: "E_MODEL_INVALID", message: /truncated|damaged/ });
    }
  });

  it("is refused by the tensor's name where a number was changed", async () => {
    const path = join(await folderWith("fp32.bin"), "pytorch_model.bin");
    const bytes = await readFile(path);
    const numbers = Buffer.from((await expectedValues(0)).buffer, 0, 64);
    const at = bytes.indexOf(numbers);
    expect(at).toBeGreaterThan(0);
    bytes[at + 5]! ^= 1;
    await writeFile(path, bytes);
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      code: "E_MODEL_INVALID",
      message: /embed_tokens\.weight cannot be read.*checksum of .*data\/0 does not match/,
    });
  });
});

describe("a folder with several weights", () => {
  it("is read from the safetensors file", async () => {
    await folderWith("fp32.bin");
    await writeFile(join(dir, "model.safetensors"), "");
    await expect(loadModelFolder(dir)).rejects.toMatchObject({ message: /model\.safetensors/ });
  });
});

describe("a shard index", () => {
  const withIndex = async (weightMap: object): Promise<unknown> => {
    await folderWith("pytorch_model-00001-of-00002.bin", "pytorch_model-00001-of-00002.bin");
    await writeFile(join(dir, "pytorch_model.bin.index.json"), JSON.stringify({ weight_map: weightMap }));
    return loadModelFolder(dir).catch((error: unknown) => error);
  };

  it.each(["../other.bin", "/etc/passwd", "a/b.bin", "..\\x.bin", "C:x.bin", "weights.txt", 7])("may not point to %s", async (file) => {
    expect(await withIndex({ "decoder.version": file })).toMatchObject({
      code: "E_MODEL_INVALID",
      message: /puts tensor decoder\.version into .*not a file beside it/,
    });
  });

  it("is refused where a shard is missing, or lacks a tensor the index promises", async () => {
    const first = "pytorch_model-00001-of-00002.bin";
    expect(await withIndex({ a: first, b: "pytorch_model-00002-of-00002.bin" })).toMatchObject({
      message: /pytorch_model-00002-of-00002\.bin is missing.*1 of 2/,
    });
    expect(await withIndex({ "decoder.absent": first })).toMatchObject({ message: /puts tensor decoder\.absent into .*does not have it/ });
  });
});

describe("a folder without weights", () => {
  it("says which file it looked for and which it found", async () => {
    await folderWith("legacy.bin", "tf_model.h5");
    await expect(loadModelFolder(dir)).rejects.toMatchObject({ message: /no model\.safetensors and no pytorch_model\.bin.*tf_model\.h5/ });
  });

  it("names a Git LFS pointer", async () => {
    await mkdir(dir, { recursive: true });
    await folderWith("fp32.bin");
    await writeFile(join(dir, "pytorch_model.bin"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
    await expect(loadModelFolder(dir)).rejects.toMatchObject({ message: /Git LFS pointer/ });
  });
});
