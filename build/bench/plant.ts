/**
 * @file Tracing on real rows: faults planted among them by a tool that writes down the truth, the sample-size model trained on them, its failures that
 * show a fault traced.
 *
 * Options: `--data FILE_OR_FOLDER` (needed, may be given several times; any format that can be imported), `--rows N` (2,000 trajectories, drawn by seed), `--epochs N` (1),
 * `--truth FILE` (where the truth is written).
 */
import { parseArgs } from "node:util";
import { measureWith } from "./parts/inProcess.ts";
import type { PlantMeasured } from "./parts/measurePlant.ts";
import { UsageError, wholeNumber } from "./parts/options.ts";
import { atLeast, informs, notMeasured, type Bench, type Measure } from "./report.ts";

export const bench: Bench = async ({ args, note }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", multiple: true, default: [] },
      rows: { type: "string", default: "2000" },
      epochs: { type: "string", default: "1" },
      truth: { type: "string", default: "" },
    },
  });
  if (values.data.length === 0) throw new UsageError("--data names the file or folder with the rows");
  const numbers = [wholeNumber("rows", values.rows), wholeNumber("epochs", values.epochs)].map(String);
  const measured = await measureWith<PlantMeasured>("measurePlant.ts", ...numbers, values.truth, ...values.data);
  const [all, ...faults] = measured.rows;
  for (const { fault, numTraced, recallAt10, meanReciprocalRank, averagePrecision } of faults)
    note(
      `${fault}: ${numTraced} traced, recall@10 ${recallAt10.toFixed(2)}, MRR ${meanReciprocalRank.toFixed(2)}, AP ${averagePrecision.toFixed(2)}`,
    );
  // a fault that the model did not learn says nothing of tracing
  const reaches = (measure: string, value: number, bar: number, goal: number): Measure =>
    all!.numTraced === 0 ? notMeasured(measure, "", `>= ${bar}`, `>= ${goal}`) : atLeast(measure, [value], "", bar, goal);
  return {
    measures: [
      reaches("recall among the first ten", all!.recallAt10, 0.85, 0.95),
      reaches("mean reciprocal rank", all!.meanReciprocalRank, 0.9, 0.97),
      reaches("average precision among the first fifty", all!.averagePrecision, 0.65, 0.8),
      informs("failures traced", [all!.numTraced], ""),
      ...Object.entries(measured.randomised ?? {}).map(([signal, recall]) =>
        informs(`${signal} alone with weights drawn anew`, [recall], ""),
      ),
    ],
    conditions: [
      `${measured.numTrajectories} trajectories, ${measured.planted.length} faults planted (${measured.planted.map(({ fault, tool, numPlanted }) => `${fault} in ${numPlanted} of ${tool}`).join("; ")}).`,
      `Not planted, for want of rows of one tool: ${measured.notPlanted.join(", ") || "none"}. Planted and not shown: ${measured.notSurfaced.join(", ") || "none"}.`,
    ],
  };
};
