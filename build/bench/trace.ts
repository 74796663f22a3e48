/**
 * @file Tracing to training examples on the sample set: what the projection and a byte a number change in a ranking, how fast a search is, and what
 * taking features along costs an epoch.
 *
 * Options: `--examples N` (500), `--queries N` (8 ranked exactly), `--repeats N` (4 pairs of epochs).
 */
import { parseArgs } from "node:util";
import { measureWith } from "./parts/inProcess.ts";
import type { TraceMeasured } from "./parts/measureTrace.ts";
import { wholeNumber } from "./parts/options.ts";
import { atLeast, atMost, informs, type Bench } from "./report.ts";

export const bench: Bench = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      examples: { type: "string", default: "500" },
      queries: { type: "string", default: "8" },
      repeats: { type: "string", default: "4" },
    },
  });
  const numbers = [
    wholeNumber("examples", values.examples),
    wholeNumber("queries", values.queries),
    wholeNumber("repeats", values.repeats),
  ];
  const measured = await measureWith<TraceMeasured>("measureTrace.ts", ...numbers.map(String));
  const { rankCorrelations, changedShare, scanSeconds, plainSeconds, capturingSeconds, exactSeconds, indexSeconds } = measured;
  return {
    measures: [
      atLeast("rank correlation of projected with exact cosines, median over queries", rankCorrelations, "", 0.9),
      atMost("queries whose 20 best rows a byte a number changes", [changedShare], "", 0.05),
      atMost("search of 20,000 rows of 12,288 numbers", scanSeconds, "s", 1),
      atMost(
        "features taken along, of an epoch's time",
        capturingSeconds.map((seconds, i) => seconds / plainSeconds[i]! - 1),
        "",
        0.2,
      ),
      informs("features of one example on their own", indexSeconds, "s"),
      informs("exact score of one example", exactSeconds, "s"),
    ],
    conditions: [
      `${measured.engine}; ${measured.numExamples} training examples of the sample set after ${measured.numSteps} steps, rank ${measured.rank}; ` +
        `an epoch of ${measured.epochExamples} examples, alternating; dropout 0.`,
    ],
  };
};
