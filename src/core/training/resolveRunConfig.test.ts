import { describe, expect, it } from "vitest";
import { PRESETS } from "./presets.ts";
import { resolveRunConfig } from "./resolveRunConfig.ts";

const preset = (name: string) => PRESETS.find((candidate) => candidate.name === name)!.config;
const detailOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: "E_CONFIG_INVALID" });
    return String((error as { params: { detail: string } }).params.detail);
  }
  throw new Error("expected an error");
};

describe("resolveRunConfig", () => {
  it("is the sample preset where nothing is named", () => {
    expect(resolveRunConfig({})).toEqual(preset("sample"));
  });

  it("keeps every setting of the preset that is not named, from a form, a file and a command line alike", () => {
    const expected = { ...preset("aws-paper"), maxSteps: 40, learningRate: 1e-4, baseModel: "/models/opt: 350m" };
    expect(
      resolveRunConfig({
        overrides: { preset: "aws-paper", maxSteps: 40, learningRate: 1e-4, baseModel: "/models/opt: 350m", seed: undefined },
      }),
    ).toEqual(expected);
    expect(
      resolveRunConfig({
        fileText: 'preset: aws-paper\nmaxSteps: 40\nlearningRate: 1e-4\nbaseModel: "/models/opt: 350m"\n',
      }),
    ).toEqual(expected);
    expect(
      resolveRunConfig({ preset: "aws-paper", overrides: ["maxSteps=40", "learningRate=1e-4", 'baseModel="/models/opt: 350m"'] }),
    ).toEqual(expected);
  });

  it("lets the command line win over the file, and the file over the preset", () => {
    const config = resolveRunConfig({ fileText: "seed: 3\nepochs: 2", overrides: ["seed=4", "warmupSteps=null"] });
    expect(config).toMatchObject({ seed: 4, epochs: 2, warmupSteps: null });
  });

  it("takes an empty file", () => {
    expect(resolveRunConfig({ fileText: "# nothing yet\n" })).toEqual(preset("sample"));
  });

  it("names the setting that does not hold", () => {
    expect(detailOf(() => resolveRunConfig({ overrides: ["learningRate=-1"] }))).toMatch(/^learningRate: /);
    expect(detailOf(() => resolveRunConfig({ fileText: "maxLength: 8.5" }))).toMatch(/^maxLength: /);
    expect(detailOf(() => resolveRunConfig({ overrides: ["learningRate=fast"] }))).toMatch(/^learningRate: /);
    expect(detailOf(() => resolveRunConfig({ overrides: ["seed"] }))).toBe('"seed" should read name=value');
    expect(detailOf(() => resolveRunConfig({ preset: "huge" }))).toBe('preset "huge" is none of sample, aws-paper');
    expect(detailOf(() => resolveRunConfig({ fileText: "- a\n- b" }))).toMatch(/should hold settings/);
    expect(detailOf(() => resolveRunConfig({ fileText: "a: [" }))).toMatch(/not YAML/);
  });

  it("says which of our settings another tool's name means", () => {
    expect(detailOf(() => resolveRunConfig({ fileText: "learning_rate: 1e-4" }))).toBe(
      "learning_rate is not a setting; did you mean learningRate?",
    );
    expect(detailOf(() => resolveRunConfig({ overrides: ["per_device_train_batch_size=4"] }))).toMatch(/did you mean microBatchSize\?$/);
    expect(detailOf(() => resolveRunConfig({ overrides: ["zeal=4"] }))).toMatch(/^zeal is not a setting; there are preset, baseModel/);
  });
});

describe("the presets", () => {
  it("hold the published recipe where it is reported, and mark what is not", () => {
    expect(preset("aws-paper")).toMatchObject({
      learningRate: 5e-5,
      warmupSteps: 100,
      microBatchSize: 8,
      gradientAccumulationSteps: 4,
      maxGradNorm: 0.3,
      weightDecay: 0.01,
      epochs: 1,
      maxLength: 2048,
      maskMode: "everything",
    });
    const notReported = PRESETS.find(({ name }) => name === "aws-paper")!.notReported.map(({ setting }) => setting);
    expect(notReported).toEqual(expect.arrayContaining(["lrSchedule", "beta1", "beta2", "epsilon", "maxLength", "seed"]));
    expect(notReported).not.toContain("learningRate");
  });
});
