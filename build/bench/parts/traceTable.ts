/** @file How well planted faults are traced, over the runs of several seeds: the acceptance table, with intervals over failures. */
import { SIGNALS } from "#contracts/tracing.ts";
import { atMost, estimated, informs, type Measure, notMeasured } from "../report.ts";
import type { TracedFault, TracingMeasured } from "./measureTracing.ts";
import { bootstrap, type Estimate } from "./bootstrap.ts";

const REGIMES = ["triggered", "untriggered"] as const;

export function traceTable(runs: readonly TracingMeasured[]): Measure[] {
  const traced = runs.flatMap((run) => run.traced);
  const fused = (one: TracedFault): number => one.averagePrecision.fused;
  return [
    ...REGIMES.flatMap((regime) => {
      const of = traced.filter((one) => one.regime === regime);
      const bar = regime === "triggered" ? 0.85 : 0.75;
      return [
        meanOf(`average precision, ${regime}`, of, fused, bar),
        ...(regime === "triggered"
          ? [
              meanOf("average precision, triggered, rows of its other tool aside", of, (one) => one.amongOtherRows),
              meanOf("average precision, triggered, rows of its other tool relevant too", of, (one) => one.ofPlan),
            ]
          : []),
        ...SIGNALS.map((signal) => meanOf(`average precision, ${regime}, ${signal} alone`, of, (one) => one.averagePrecision[signal])),
        meanOf(`average precision, ${regime}, without exact scores`, of, (one) => one.averagePrecision.withoutExact),
      ];
    }),
    meanOf("mean reciprocal rank", traced, (one) => one.reciprocalRank, 0.93),
    meanOf("recall at 10", traced, (one) => one.recallAt10, 0.9),
    worstClass(traced),
    meanOf("margin over words alone", traced, (one) => one.averagePrecision.fused - one.averagePrecision.lexical, 0.05),
    shareOf(
      "planted examples whose strongest token is in the wrong part",
      traced.flatMap((one) => one.isLocated),
      0.85,
    ),
    shareOf(
      "failures whose signals stand out from those of right outputs",
      traced.map((one) => one.standsOut),
    ),
    ...atChance(runs),
    informs(
      "trace of one failure",
      runs.map((run) => run.searchSeconds),
      "s",
    ),
  ];
}

function meanOf(measure: string, of: readonly TracedFault[], value: (one: TracedFault) => number, bar?: number): Measure {
  if (of.length === 0) return notMeasured(measure, "", bar === undefined ? "" : `>= ${bar}`);
  return estimated(`${measure} (${of.length})`, bootstrap(of.map(value)), "", bar);
}

const shareOf = (measure: string, of: readonly boolean[], bar?: number): Measure =>
  of.length === 0 ? notMeasured(measure, "", `>= ${bar}`) : estimated(`${measure} (${of.length})`, bootstrap(of.map(Number)), "", bar);

function worstClass(traced: readonly TracedFault[]): Measure {
  const classes = [...new Set(traced.map((one) => one.class))];
  const worst = classes
    .map((name): { readonly name: string; readonly estimate: Estimate } => ({
      name,
      estimate: bootstrap(traced.filter((one) => one.class === name).map((one) => one.averagePrecision.fused)),
    }))
    .sort((a, b) => a.estimate.value - b.estimate.value)[0];
  if (worst === undefined) return notMeasured("average precision of the worst class", "", ">= 0.6");
  return estimated(`average precision of the worst class, ${worst.name}`, worst.estimate, "", 0.6);
}

/** A model that has learned nothing knows words and places at most: what its signals find more than chance has to stay far below what was learned. */
function atChance(runs: readonly TracingMeasured[]): Measure[] {
  const chance = bootstrap(runs.flatMap(({ random }) => random.chance));
  return [
    ...(["representation", "gradient"] as const).map((signal) => {
      const found = bootstrap(runs.flatMap(({ random }) => random.bySignal[signal]));
      const told = atMost(`average precision, weights drawn anew, ${signal}`, [found.value], "", chance.interval[1]);
      return { ...told, interval: estimated("", found, "").interval };
    }),
    estimated("average precision of a random order of the same rows", chance, ""),
    estimated("average precision of the words of the same rows", bootstrap(runs.flatMap(({ random }) => random.words)), ""),
  ];
}

/** What was planted and did not show, by run. */
export const notSurfacedIn = (runs: readonly TracingMeasured[]): string[] =>
  runs.map(({ seed, notSurfaced }) => `Seed ${seed}: planted, but shown by no held-out failure: ${notSurfaced.join("; ") || "none"}.`);
