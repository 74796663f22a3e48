/** @file How far annotators agree on one question: alpha over all of them, each pair, and each with a second look of their own. */
import {
  MIN_TRAJECTORIES,
  NUM_RESAMPLES,
  secondPassOf,
  type AgreementEstimate,
  type AgreementGap,
  type PairAgreement,
  type QuestionAgreement,
} from "#contracts/agreement.ts";
import type { LabelQuestion } from "#contracts/review.ts";
import { optionsKey } from "../../trajectories/labelPlace.ts";
import { mixSeeds } from "../../trajectories/seededRandom.ts";
import { alphaOf, alphaTerms, type DistanceTable } from "./alpha.ts";
import { bootstrapIntervals, type Interval, type Statistic } from "./bootstrap.ts";
import { masi, nominal } from "./distance.ts";
import { kappaOf } from "./kappa.ts";
import { isIndependent, unitsOf, type LabelledTrajectory, type Unit } from "./units.ts";

/**
 * Same labels and seed, same numbers, whatever the order of the trajectories' annotators.
 *
 * @param estimated  called after each of the `numEstimates` estimates: each is resampled, which takes the time
 */
export function measureAgreement(
  trajectories: readonly LabelledTrajectory[],
  question: LabelQuestion,
  seed: number,
  estimated: () => void = () => undefined,
): QuestionAgreement {
  const units = unitsOf(trajectories, question);
  const values = valuesOf(units);
  const distanceName = question.kind === "single" ? "nominal" : "masi";
  const distance = question.kind === "single" ? nominal : masi;
  const distances: DistanceTable = values.options.map((a) => values.options.map((b) => distance(a, b)));
  const everybody = annotatorsOf(units);

  const independent = groupsOf(units, ({ answers }) => {
    const codes = everybody.filter((annotator) => answers.has(annotator)).map((annotator) => values.codeOf(answers.get(annotator)!));
    return codes.length < 2 ? undefined : codes;
  });
  const alphas = independent.classes.map((group) => alphaTerms(group, distances));
  const [alpha, percent] = estimates(independent, [(weights) => alphaOf(alphas, distances, weights), shareOfSame(independent)], seed);
  estimated();

  const pairOf = (first: string, second: string, names: PairAgreement["annotators"]): PairAgreement => {
    const both = groupsOf(units, ({ answers }) => {
      const [a, b] = [answers.get(first), answers.get(second)];
      return a === undefined || b === undefined ? undefined : [values.codeOf(a), values.codeOf(b)];
    });
    const paired = both.classes.map((group) => group.flat());
    const [kappa, percent] = estimates(both, [(weights) => kappaOf(paired, values.options.length, weights), shareOfSame(both)], seed);
    estimated();
    return {
      annotators: names,
      numUnits: both.numUnits,
      numTrajectories: both.numTrajectories,
      percent: percent!,
      kappa: question.kind === "multiple" ? { value: null, interval: null, gap: "several-answers" } : kappa!,
    };
  };
  return {
    question,
    distance: distanceName,
    annotators: everybody,
    numUnits: independent.numUnits,
    numTrajectories: independent.numTrajectories,
    percent: percent!,
    alpha: alpha!,
    pairs: everybody.flatMap((first, i) => everybody.slice(i + 1).map((second) => pairOf(first, second, [first, second]))),
    selfAgreement: everybody
      .map((annotator) => pairOf(annotator, secondPassOf(annotator), [annotator, annotator]))
      .filter((pair) => pair.numUnits > 0),
  };
}

/** All of them together, each pair, and each with a second look of their own. */
export function numEstimates(trajectories: readonly LabelledTrajectory[], question: LabelQuestion): number {
  const numAnnotators = annotatorsOf(unitsOf(trajectories, question)).length;
  return 1 + (numAnnotators * (numAnnotators - 1)) / 2 + numAnnotators;
}

const annotatorsOf = (units: readonly Unit[]): readonly string[] =>
  [...new Set(units.flatMap((unit) => [...unit.answers.keys()]))].filter(isIndependent).sort();

/** Every answer given, numbered. */
function valuesOf(units: readonly Unit[]): {
  readonly options: readonly (readonly string[])[];
  codeOf(options: readonly string[]): number;
} {
  const options = new Map(units.flatMap((unit) => [...unit.answers.values()].map((each) => [optionsKey(each), each] as const)));
  const codes = new Map([...options.keys()].map((key, code) => [key, code]));
  return { options: [...options.values()], codeOf: (each) => codes.get(optionsKey(each))! };
}

/** The coded units of each trajectory that has any; trajectories with the same ones are a class. */
interface Groups {
  readonly classes: readonly (readonly (readonly number[])[])[];
  readonly sizes: readonly number[];
  readonly numTrajectories: number;
  readonly numUnits: number;
}

function groupsOf(units: readonly Unit[], codesOf: (unit: Unit) => readonly number[] | undefined): Groups {
  const groups = new Map<string, (readonly number[])[]>();
  let numUnits = 0;
  for (const unit of units) {
    const codes = codesOf(unit);
    if (codes === undefined) continue;
    numUnits++;
    const group = groups.get(unit.trajectoryId);
    if (group === undefined) groups.set(unit.trajectoryId, [codes]);
    else group.push(codes);
  }
  const classes = new Map<string, { readonly group: readonly (readonly number[])[]; size: number }>();
  for (const group of groups.values()) {
    const key = group.map((codes) => codes.join()).join(";");
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { group, size: 1 });
    else known.size++;
  }
  const all = [...classes.values()];
  return { classes: all.map(({ group }) => group), sizes: all.map(({ size }) => size), numTrajectories: groups.size, numUnits };
}

/** Percent agreement: equal pairs of answers over all pairs of answers at the same place. */
function shareOfSame({ classes }: Groups): Statistic {
  const counts = classes.map(countPairs);
  return (weights) => {
    let [numSame, numPairs] = [0, 0];
    for (const [k, count] of counts.entries()) {
      numSame += weights[k]! * count.numSame;
      numPairs += weights[k]! * count.numPairs;
    }
    return numPairs === 0 ? null : numSame / numPairs;
  };
}

function countPairs(group: readonly (readonly number[])[]): { readonly numSame: number; readonly numPairs: number } {
  let [numSame, numPairs] = [0, 0];
  for (const codes of group) {
    for (let i = 0; i < codes.length; i++) {
      for (let j = 0; j < i; j++) {
        numPairs++;
        if (codes[i] === codes[j]) numSame++;
      }
    }
  }
  return { numSame, numPairs };
}

function estimates({ sizes, numTrajectories }: Groups, statistics: readonly Statistic[], seed: number): readonly AgreementEstimate[] {
  const all = Uint32Array.from(sizes);
  const values = statistics.map((statistic) => statistic(all));
  const options = { seed: mixSeeds(seed, numTrajectories), numResamples: NUM_RESAMPLES };
  const intervals = numTrajectories < MIN_TRAJECTORIES ? [] : bootstrapIntervals(sizes, statistics, options);
  return values.map((value, i) => estimate(value, intervals[i] ?? null, numTrajectories));
}

function estimate(value: number | null, interval: Interval | null, numTrajectories: number): AgreementEstimate {
  const gap: AgreementGap | null =
    numTrajectories === 0
      ? "no-units"
      : value === null
        ? "one-answer-only"
        : numTrajectories < MIN_TRAJECTORIES
          ? "too-few"
          : interval === null
            ? "no-variation"
            : null;
  return { value, interval: gap === null ? interval : null, gap };
}
