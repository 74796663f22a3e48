/**
 * @file Whether failures go away without the training examples they are traced to: the sample run, its failures with planted faults, a run without the
 * traced examples and one without as many random ones; and whether patches say beforehand what a retraining does.
 *
 * Options: `--sets trace|truth` (trace: what tracing names; truth: what was planted), `--patches N` (24 failures patched),
 * `--workspace FOLDER` (kept, so that what is trained is not trained again).
 */
import { parseArgs } from "node:util";
import { measureWith } from "./parts/inProcess.ts";
import type { CounterfactualMeasured } from "./parts/measureCounterfactual.ts";
import { oneOf, wholeNumber } from "./parts/options.ts";
import { atLeast, atMost, informs, type Bench } from "./report.ts";

export const bench: Bench = async ({ args, note }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sets: { type: "string", default: "trace" },
      patches: { type: "string", default: "24" },
      workspace: { type: "string", default: "" },
    },
  });
  const sets = oneOf("sets", values.sets, ["trace", "truth"]);
  const numPatches = wholeNumber("patches", values.patches);
  const measured = await measureWith<CounterfactualMeasured>("measureCounterfactual.ts", sets, String(numPatches), values.workspace);
  for (const { fault, numCases, fixedShare, randomShare } of measured.faults)
    note(`${fault}: ${numCases} failures, ${share(fixedShare)} fixed without them, ${share(randomShare)} without random ones`);
  return {
    measures: [
      atLeast("failures fixed by retraining without the traced examples", [measured.fixedShare], "", 0.8, 0.9),
      atMost("failures fixed by retraining without as many random ones", [measured.randomShare], "", 0.15),
      atLeast("patches whose sign agrees with the retraining", [measured.signAgreement], "", 0.75, 0.9),
      informs("patches that do more than any random one", [measured.beatsRandomShare], ""),
      informs("of the planted examples among those traced", [measured.recall], ""),
      informs("of the traced examples planted", [measured.precision], ""),
      informs("a patch with its random draws", measured.patchSeconds, "s"),
      informs("a retraining", measured.retrainSeconds, "s"),
    ],
    conditions: [
      `Preset sample; ${measured.numCases} failures that show a planted fault, ${measured.numLeftOut} of ${measured.numTrained} trajectories left out at ` +
        `once for all of them (${sets === "trace" ? "of each, as many of the first traced as were planted" : "planted rows of each fault's tools"}), same seed.`,
      "Fixed: the failure's code is gone. Sign: of the change of the bad span's mean log-probability, against that of the retraining, over patches of " +
        "traced and of random examples.",
    ],
  };
};

const share = (value: number): string => `${Math.round(100 * value)} %`;
