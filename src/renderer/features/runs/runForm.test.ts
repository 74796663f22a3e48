import { describe, expect, it } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import { checkConfig, NUMBER_FIELDS } from "./runForm.ts";

const good = runConfigSchema.parse({});

describe("the start form", () => {
  it("has nothing to say about a configuration that holds", () => {
    expect(checkConfig(good)).toEqual({});
  });

  it("says in the field what it needs", () => {
    expect(checkConfig({ ...good, epochs: 0, maxLength: 8, warmupRatio: 2, seed: 1.5, learningRate: null })).toEqual({
      epochs: "Needs more than 0",
      maxLength: "Needs 16 or more",
      warmupRatio: "Needs 1 or less",
      seed: "Needs a whole number",
      learningRate: "Needs a number",
    });
  });

  it("asks only for settings that a run has", () => {
    expect(NUMBER_FIELDS.every((field) => field.key in good)).toBe(true);
  });
});
