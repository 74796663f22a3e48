import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runConfigSchema } from "#contracts/run.ts";
import { toCommandLine, toYaml } from "./configText.ts";

const preset = runConfigSchema.parse({});

describe("a run's settings as text", () => {
  it("come back equal when the YAML is read", () => {
    const config = runConfigSchema.parse({
      baseModel: "/models/my model: v2",
      learningRate: 5e-5,
      dropout: null,
      maxSteps: 40,
      preset: "on",
    });
    expect(parse(toYaml(config))).toEqual(config);
  });

  it("name on the command line only what differs from the preset", () => {
    expect(toCommandLine(preset, preset)).toBe("npm run callsmith -- train \\\n  --preset sample");
    expect(toCommandLine({ ...preset, epochs: 2, baseModel: "/my model" }, preset)).toBe(
      "npm run callsmith -- train \\\n  --preset sample \\\n  --set 'baseModel=/my model' \\\n  --set epochs=2",
    );
  });
});
