/**
 * @file Tracing to training examples on the sample set: how well planted faults are found again, what the projection and a byte a number change in a
 * ranking, how fast a search is, and what taking features along costs an epoch.
 *
 * Options: `--seeds N` (3 runs), `--keep DIR` (keeps their workspaces there, and uses those that are), `--examples N` (500), `--queries N` (8 ranked
 * exactly), `--repeats N` (4 pairs of epochs), `--rows N` (20,000 searched for OPT-350M), `--models DIR` (keeps its drawn weights there).
 */
import { parseArgs } from "node:util";
import { measureWith } from "./parts/inProcess.ts";
import type { TraceMeasured } from "./parts/measureTrace.ts";
import type { TracingMeasured } from "./parts/measureTracing.ts";
import type { WideQueryMeasured } from "./parts/measureWideQuery.ts";
import { wholeNumber } from "./parts/options.ts";
import { notSurfacedIn, traceTable } from "./parts/traceTable.ts";
import { atLeast, atMost, informs, type Bench } from "./report.ts";

export const bench: Bench = async ({ args, note }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "3" },
      keep: { type: "string", default: "" },
      examples: { type: "string", default: "500" },
      queries: { type: "string", default: "8" },
      repeats: { type: "string", default: "4" },
      rows: { type: "string", default: "20000" },
      models: { type: "string", default: "" },
    },
  });
  const numbers = [
    wholeNumber("examples", values.examples),
    wholeNumber("queries", values.queries),
    wholeNumber("repeats", values.repeats),
  ];
  const numRows = wholeNumber("rows", values.rows);
  const runs: TracingMeasured[] = [];
  for (let seed = 1; seed <= wholeNumber("seeds", values.seeds); seed++) {
    note(`seed ${seed}: training, evaluating and tracing`);
    runs.push(await measureWith<TracingMeasured>("measureTracing.ts", String(seed), values.keep));
  }
  note("projection, search and capture");
  const measured = await measureWith<TraceMeasured>("measureTrace.ts", ...numbers.map(String));
  note("search for a failure of OPT-350M");
  const wide = await measureWith<WideQueryMeasured>("measureWideQuery.ts", String(numRows), "5", values.models);
  const { rankCorrelations, changedShare, scanSeconds, plainSeconds, capturingSeconds, exactSeconds, indexSeconds } = measured;
  return {
    measures: [
      ...traceTable(runs),
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
      atMost("search for a failure of OPT-350M", wide.seconds, "s", 15),
      informs("the first such search, with loading and compiling", [wide.firstSeconds], "s"),
      atMost("features of an example of OPT-350M", [wide.rowBytes / 1000], "kB", 13),
    ],
    conditions: [
      `Planted faults: ${runs.length} runs of the sample preset, ${runs.map(({ traced }) => traced.length).join(", ")} failures traced in ` +
        `${runs[0]?.numExamples.toLocaleString("en") ?? 0} examples each; relevant are planted rows of the same class, regime and tool; intervals of 95 % over failures.`,
      ...notSurfacedIn(runs),
      `${measured.engine}; ${measured.numExamples} training examples of the sample set after ${measured.numSteps} steps, rank ${measured.rank}; ` +
        `an epoch of ${measured.epochExamples} examples, alternating; dropout 0.`,
      `OPT-350M: drawn weights and features, a failure of ${wide.numTokens} tokens against its correction in ${wide.numRows.toLocaleString("en")} rows, ` +
        "ranked by words, states and gradients; exact comparison of the first hundred follows.",
    ],
  };
};
