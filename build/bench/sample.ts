/**
 * @file One epoch of the sample model over the whole sample set, as a run: from its start to its last checkpoint.
 *
 * Options: `--repeats N` (1).
 */
import { parseArgs } from "node:util";
import { measureWith } from "./parts/inProcess.ts";
import type { SampleMeasured } from "./parts/measureSample.ts";
import { wholeNumber } from "./parts/options.ts";
import { atMost, informs, type Bench } from "./report.ts";

export const bench: Bench = async ({ args, note }) => {
  const { values } = parseArgs({ args: [...args], options: { repeats: { type: "string", default: "1" } } });
  const measured: SampleMeasured[] = [];
  for (let i = 0; i < wholeNumber("repeats", values.repeats); i++) {
    measured.push(await measureWith<SampleMeasured>("measureSample.ts"));
    note(`run ${i + 1}: ${measured[i]!.seconds.toFixed(1)} s`);
  }
  const { numSteps, numTokens, engine } = measured[0]!;
  return {
    measures: [
      atMost(
        "small sample model, whole sample set, one epoch",
        measured.map(({ seconds }) => seconds),
        "s",
        180,
        90,
      ),
      informs(
        "of it in training steps",
        measured.map(({ stepSeconds }) => stepSeconds),
        "s",
      ),
      informs(
        "tokens per second in steps",
        measured.map((each) => each.numTokens / each.stepSeconds),
        "",
      ),
      informs(
        "last held-out loss",
        measured.map(({ evalLoss }) => evalLoss),
        "nats",
      ),
    ],
    conditions: [
      `${engine}; preset sample, ${numSteps} steps, ${numTokens} tokens. Preparing the examples, compiling, evaluations and checkpoints are in the time; the import is not.`,
    ],
  };
};
