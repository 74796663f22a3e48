/**
 * @file Memory of a full fine-tune in a process of its own: its peak, and whether it grows from step to step.
 *
 * Options: `--shape opt-350m|opt-125m|tiny|sample`, `--tokens N` (2048), `--steps N` (12), `--growth-over N` (the last 10 steps),
 * `--supervised SHARE` (0.03), `--models DIR` (keeps the drawn model there).
 */
import { parseArgs } from "node:util";
import { fraction, oneOf, UsageError, wholeNumber } from "./parts/options.ts";
import { configOf, SHAPES, withModel } from "./parts/shapes.ts";
import { trainOurs } from "./parts/randomTraining.ts";
import { RECIPE } from "./parts/work.ts";
import { atMost, informs, type Bench } from "./report.ts";

/** What an allocator may keep more or less of from step to step; a leaked gradient of one OPT-350M layer is 50 MB. */
const GROWTH_BAR_GB = 0.05;

export const bench: Bench = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shape: { type: "string", default: "opt-350m" },
      tokens: { type: "string", default: "2048" },
      steps: { type: "string", default: "12" },
      "growth-over": { type: "string", default: "10" },
      supervised: { type: "string", default: "0.03" },
      models: { type: "string" },
    },
  });
  const shape = oneOf("shape", values.shape, SHAPES);
  const numTokens = wholeNumber("tokens", values.tokens, { min: 2, max: configOf(shape).maxPositionEmbeddings });
  const numSteps = wholeNumber("steps", values.steps, { min: 2 });
  const growthOver = wholeNumber("growth-over", values["growth-over"]);
  if (growthOver >= numSteps) throw new UsageError(`--growth-over ${growthOver} needs more steps than --steps ${numSteps}`);
  const supervisedShare = fraction("supervised", values.supervised);

  const { engine, steps, peakBytes } = await withModel(shape, values.models, (modelDir) =>
    trainOurs({ modelDir, shape, numTokens, numSteps, supervisedShare }),
  );
  const rssAt = (step: number): number => steps[step - 1]!.rssBytes / 1e9;
  const peak = [peakBytes / 1e9];
  const name = `peak memory, ${shape}, ${numTokens} tokens`;
  return {
    measures: [
      shape === "opt-350m" && numTokens === 2048 ? atMost(name, peak, "GB", 10, 8) : informs(name, peak, "GB"),
      atMost(`growth over the last ${growthOver} steps`, [rssAt(numSteps) - rssAt(numSteps - growthOver)], "GB", GROWTH_BAR_GB),
      informs(
        "resident memory after a step",
        steps.map(({ rssBytes }) => rssBytes / 1e9),
        "GB",
      ),
      informs(
        "seconds per step",
        steps.slice(1).map(({ seconds }) => seconds),
        "s",
      ),
    ],
    conditions: [
      `${engine}, fp32; full fine-tune with AdamW, batch 1, rows of exactly ${numTokens} tokens, ${numSteps} steps, clipping at ${RECIPE.maxGradNorm}, no dropout.`,
    ],
  };
};
