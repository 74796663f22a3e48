/**
 * @file Both engines against an implementation in plain PyTorch that shares nothing with them. `optReference.py` made the values.
 *
 * REQUIRE_TORCH=1 also runs that script again, with `CALLSMITH_PYTHON` or the first of `python3` and `/usr/bin/python3` that has
 * PyTorch, and fails where none has.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type RunConfig, runConfigSchema, type StepMetrics } from "#contracts/run.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { parameterShapes, type ParameterValues } from "#core/model/parameters.ts";
import { decodeSafetensors } from "#core/model/safetensors.ts";
import type { MicroBatch } from "#core/training/computeEngine.ts";
import { assembleMicroBatch, exampleSetOf, type TrainExample, trainExampleOf } from "#core/training/microBatch.ts";
import { trainLoop } from "#core/training/trainLoop.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { type EngineKind, openEngine } from "#engine/openEngine.ts";
import { findPython } from "../fixtures/findPython.ts";
import { temporaryFolder } from "../fixtures/openTestCore.ts";

interface Reference {
  readonly config: object;
  readonly settings: Partial<RunConfig>;
  readonly numSteps: number;
  readonly examples: readonly { readonly inputIds: readonly number[]; readonly lossMask: readonly number[] }[];
  readonly steps: readonly { readonly loss: number; readonly gradNorm: number; readonly learningRate: number }[];
}

const MODELS = ["post-norm", "pre-norm"] as const;

function readReference(model: string, folder = import.meta.dirname) {
  const values = JSON.parse(readFileSync(join(folder, `opt-${model}.json`), "utf8")) as Reference;
  const tensors = decodeSafetensors(readFileSync(join(folder, `opt-${model}.safetensors`)), model);
  const config = parseOptConfig(JSON.stringify(values.config));
  /** Of the parameter `name` at one of the moments that the file holds: `start`, `gradient`, `step1`, `step10`. */
  const at = (moment: string, name: string): Float32Array => tensors.get(`${moment}/${name}`)!.values;
  const startParameters = (): ParameterValues[] =>
    parameterShapes(config).map(({ name, shape }) => ({ name, shape, values: at("start", name).slice() }));
  const examples = values.examples.map(({ inputIds, lossMask }): TrainExample =>
    trainExampleOf({
      inputIds: Int32Array.from(inputIds),
      lossMask: Uint8Array.from(lossMask),
      segments: new Uint8Array(inputIds.length),
    }),
  );
  const { settings, numSteps, steps } = values;
  return { settings, numSteps, steps, config, tensors, at, startParameters, examples };
}

/** A key's bias shifts all scores of a query alike: its gradient is exactly 0, and AdamW makes steps of what rounding leaves of it. */
const isRoundingOnly = (name: string): boolean => name.endsWith("k_proj.bias");

const norm = (values: Float32Array): number => Math.hypot(...values);
const distance = (actual: Float32Array, expected: Float32Array): number => norm(actual.map((value, i) => value - expected[i]!));

describe.each(MODELS)("%s OPT", (model) => {
  const reference = readReference(model);
  const { config, examples } = reference;
  const open = (kind: EngineKind, parameters = reference.startParameters()): Promise<ModelEngine> =>
    openEngine({ config, parameters, kind });
  const batchOf = (rows: readonly TrainExample[]): MicroBatch =>
    assembleMicroBatch(rows, { padTokenId: config.padTokenId, maxLength: 16, dropoutSeed: 0 });
  const longest = examples.reduce((a, b) => (b.inputIds.length > a.inputIds.length ? b : a));
  const expectedLogits_TV = reference.tensors.get("logits")!.values;

  /** Of the longest example at all positions: the prompt is its first half, the rest is decoded token by token. */
  async function logitsFrom(engine: ModelEngine): Promise<Float32Array> {
    const { inputIds } = longest;
    const decoding = engine.openDecoding(1, inputIds.length);
    const logits = new Float32Array(inputIds.length * config.vocabSize);
    const half = inputIds.length >> 1;
    for (let t = 0; t < inputIds.length; t++) {
      const logits_V = t < half ? await decoding.prefill(0, inputIds.slice(0, t + 1)) : await decoding.decode([inputIds[t]!]);
      logits.set(logits_V, t * config.vocabSize);
    }
    return logits;
  }

  describe.each(["compiled", "eager"] as const)("on the %s engine", (kind) => {
    it("gives the reference's logits to 1e-4", async () => {
      expect(await logitsFrom(await open(kind))).toBeAllclose(expectedLogits_TV, { rtol: 0, atol: 1e-4 });
    });

    it("gives the reference's loss of every token, and gradients to 1e-3 of each", async () => {
      const engine = await open(kind);
      const losses: number[] = [];
      let numSupervised = 0;
      // two micro-batches of unequal weight, padded
      for (const rows of [examples.slice(0, 3), examples.slice(3)]) {
        const batch = batchOf(rows);
        const { perTokenLoss_BT, weightSum } = await engine.accumulateGradients(batch);
        rows.forEach(({ inputIds }, b) => losses.push(...perTokenLoss_BT.slice(b * batch.length, b * batch.length + inputIds.length)));
        numSupervised += weightSum;
      }
      expect(losses).toBeAllclose(reference.tensors.get("perTokenLoss")!.values, { rtol: 1e-4, atol: 1e-5 });
      for (const { name, gradient } of engine.parameters) {
        const mean = gradient.map((sum) => sum / numSupervised);
        const expected = reference.at("gradient", name);
        if (isRoundingOnly(name)) expect(norm(mean), name).toBeLessThan(1e-6);
        else expect(distance(mean, expected) / norm(expected), name).toBeLessThan(1e-3);
      }
    });

    it("takes the reference's ten steps: loss, gradient norm, learning rate, clipping and weights", async () => {
      const engine = await open(kind);
      const runConfig = runConfigSchema.parse({
        ...reference.settings,
        epochs: reference.numSteps,
        // three micro-batches of 2, 2 and 1 examples: a step is the whole set, in whichever order it is drawn
        microBatchSize: 2,
        gradientAccumulationSteps: 3,
        maxLength: 16,
      });
      const metrics: StepMetrics[] = [];
      const weightsAt = new Map<number, Map<string, Float32Array>>();
      await trainLoop({
        engine,
        config: runConfig,
        examples: exampleSetOf(examples),
        trainIndices: examples.map((_, i) => i),
        padTokenId: config.padTokenId,
        hooks: {
          onStep: (step) => {
            metrics.push(step);
            weightsAt.set(step.step, new Map(engine.parameters.map(({ name, values }) => [name, values.slice()])));
          },
        },
      });
      const column = (rows: Reference["steps"], key: keyof Reference["steps"][number]): number[] => rows.map((row) => row[key]);
      for (const key of ["loss", "gradNorm", "learningRate"] as const)
        expect(column(metrics, key), key).toBeAllclose(column(reference.steps, key), { rtol: 1e-4, atol: 0 });
      const isClipped = reference.steps.map(({ gradNorm }) => gradNorm > runConfig.maxGradNorm);
      expect(metrics.map(({ clipped }) => clipped)).toEqual(isClipped);
      expect(new Set(isClipped)).toEqual(new Set([true, false]));
      for (const step of [1, reference.numSteps]) {
        for (const [name, values] of weightsAt.get(step)!) {
          if (isRoundingOnly(name)) continue;
          const expected = reference.at(`step${step}`, name);
          // against how far the weights went, not against their size
          expect(distance(values, expected) / distance(expected, reference.at("start", name)), `${name}, step ${step}`).toBeLessThan(1e-3);
        }
      }
    });
  });

  it("is told apart from one whose queries and keys are exchanged", async () => {
    const exchanged = reference.startParameters().map((parameter) => {
      const other = parameter.name.replace(/\.([qk])_proj/, (_, role) => (role === "q" ? ".k_proj" : ".q_proj"));
      return { ...parameter, values: reference.at("start", other).slice() };
    });
    expect(await logitsFrom(await open("compiled", exchanged))).not.toBeAllclose(expectedLogits_TV, { rtol: 0, atol: 1e-2 });
  });
});

describe.skipIf(process.env["REQUIRE_TORCH"] !== "1")("the script (skipped where REQUIRE_TORCH=1 does not ask for PyTorch)", () => {
  it("makes the same values again", () => {
    const python = findPython("torch", "Debian: python3-torch");
    const folder = temporaryFolder();
    execFileSync(python, [join(import.meta.dirname, "optReference.py"), folder], { stdio: ["ignore", "inherit", "inherit"] });
    for (const model of MODELS) {
      const [kept, made] = [readReference(model), readReference(model, folder)];
      expect(made.examples).toEqual(kept.examples);
      const numbers = ({ steps }: Pick<Reference, "steps">): number[] => steps.flatMap((step) => Object.values(step));
      expect(numbers(made)).toBeAllclose(numbers(kept), { rtol: 1e-9 });
      expect([...made.tensors.keys()]).toEqual([...kept.tensors.keys()]);
      for (const [name, { values }] of made.tensors) {
        expect(values, `${model} ${name}`).toBeAllclose(kept.tensors.get(name)!.values, { rtol: 1e-6, atol: 1e-7 });
      }
    }
  });
});
