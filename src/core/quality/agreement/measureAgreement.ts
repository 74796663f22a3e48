/** @file How far annotators agree on one question: alpha over all of them, each pair, and each with a second look of their own. */
import {
  MIN_TRAJECTORIES,
  NUM_RESAMPLES,
  type AgreementEstimate,
  type AgreementGap,
  type PairAgreement,
  type QuestionAgreement,
} from "#contracts/agreement.ts";
import type { LabelQuestion } from "#contracts/review.ts";
import { optionsKey } from "../../trajectories/labelPlace.ts";
import { mixSeeds } from "../../trajectories/seededRandom.ts";
import { alphaOf, alphaTerms, type DistanceTable } from "./alpha.ts";
import { bootstrapInterval } from "./bootstrap.ts";
import { masi, nominal } from "./distance.ts";
import { kappaOf, type PairedAnswers } from "./kappa.ts";
import { isIndependent, secondPassOf, unitsOf, type LabelledTrajectory, type Unit } from "./units.ts";

/** Same labels and seed, same numbers, whatever the order of the trajectories' annotators. */
export function measureAgreement(trajectories: readonly LabelledTrajectory[], question: LabelQuestion, seed: number): QuestionAgreement {
  const units = unitsOf(trajectories, question);
  const values = valuesOf(units);
  const distanceName = question.kind === "single" ? "nominal" : "masi";
  const distance = question.kind === "single" ? nominal : masi;
  const distances: DistanceTable = values.options.map((a) => values.options.map((b) => distance(a, b)));
  const everybody = [...new Set(units.flatMap((unit) => [...unit.answers.keys()]))].filter(isIndependent).sort();

  const independent = groupsOf(units, ({ answers }) => {
    const codes = everybody.filter((annotator) => answers.has(annotator)).map((annotator) => values.codeOf(answers.get(annotator)!));
    return codes.length < 2 ? undefined : codes;
  });
  const pairOf = (first: string, second: string, names: PairAgreement["annotators"]): PairAgreement => {
    const groups = groupsOf(units, ({ answers }) => {
      const [a, b] = [answers.get(first), answers.get(second)];
      return a === undefined || b === undefined ? undefined : [values.codeOf(a), values.codeOf(b)];
    });
    const paired: readonly PairedAnswers[] = groups.map((group) => group.flat());
    return {
      annotators: names,
      numUnits: groups.flat().length,
      numTrajectories: groups.length,
      percent: estimate(groups.map(sameAnswers), shareOf, seed),
      kappa:
        question.kind === "multiple"
          ? { value: null, interval: null, gap: "several-answers" }
          : estimate(paired, (drawn) => kappaOf(drawn, values.options.length), seed),
    };
  };
  return {
    question,
    distance: distanceName,
    annotators: everybody,
    numUnits: independent.flat().length,
    numTrajectories: independent.length,
    percent: estimate(independent.map(sameAnswers), shareOf, seed),
    alpha: estimate(
      independent.map((group) => alphaTerms(group, distances)),
      (drawn) => alphaOf(drawn, distances),
      seed,
    ),
    pairs: everybody.flatMap((first, i) => everybody.slice(i + 1).map((second) => pairOf(first, second, [first, second]))),
    selfAgreement: everybody
      .map((annotator) => pairOf(annotator, secondPassOf(annotator), [annotator, annotator]))
      .filter((pair) => pair.numUnits > 0),
  };
}

/** Every answer given, numbered. */
function valuesOf(units: readonly Unit[]): {
  readonly options: readonly (readonly string[])[];
  codeOf(options: readonly string[]): number;
} {
  const options = new Map(units.flatMap((unit) => [...unit.answers.values()].map((each) => [optionsKey(each), each] as const)));
  const codes = new Map([...options.keys()].map((key, code) => [key, code]));
  return { options: [...options.values()], codeOf: (each) => codes.get(optionsKey(each))! };
}

/** The coded units of each trajectory that has any: what a bootstrap draws. */
function groupsOf(units: readonly Unit[], codesOf: (unit: Unit) => readonly number[] | undefined): readonly (readonly number[])[][] {
  const groups = new Map<string, (readonly number[])[]>();
  for (const unit of units) {
    const codes = codesOf(unit);
    if (codes === undefined) continue;
    const group = groups.get(unit.trajectoryId) ?? [];
    groups.set(unit.trajectoryId, group);
    group.push(codes);
  }
  return [...groups.values()];
}

/** Pairs of answers at the same place, and how many of them are equal. */
function sameAnswers(group: readonly (readonly number[])[]): { readonly numSame: number; readonly numPairs: number } {
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

/** Percent agreement: equal pairs of answers over all pairs of answers at the same place. */
function shareOf(groups: Iterable<{ readonly numSame: number; readonly numPairs: number }>): number | null {
  let [numSame, numPairs] = [0, 0];
  for (const group of groups) {
    numSame += group.numSame;
    numPairs += group.numPairs;
  }
  return numPairs === 0 ? null : numSame / numPairs;
}

function estimate<Group>(
  groups: readonly Group[],
  statisticOf: (groups: Iterable<Group>) => number | null,
  seed: number,
): AgreementEstimate {
  const value = statisticOf(groups);
  const lacking = (gap: AgreementGap): AgreementEstimate => ({ value, interval: null, gap });
  if (groups.length === 0) return lacking("no-units");
  if (value === null) return lacking("one-answer-only");
  if (groups.length < MIN_TRAJECTORIES) return lacking("too-few");
  const options = { seed: mixSeeds(seed, groups.length), numResamples: NUM_RESAMPLES };
  const drawnGroups: Group[] = [];
  const interval = bootstrapInterval(
    groups.length,
    (drawn) => {
      for (let i = 0; i < drawn.length; i++) drawnGroups[i] = groups[drawn[i]!]!;
      return statisticOf(drawnGroups);
    },
    options,
  );
  return interval === null ? lacking("no-variation") : { value, interval, gap: null };
}
