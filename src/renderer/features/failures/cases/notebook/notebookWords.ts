/** @file Hypotheses and experiments in words and numbers. */
import type { Cause, Experiment, ExperimentResult, ExperimentSpec, ExperimentVerdict, Reaction } from "#contracts/experiments.ts";
import { FAILURE_CODES } from "#contracts/calls.ts";
import { plural } from "../../../../format/numbers.ts";

export const CAUSE_WORDS: Readonly<Record<Cause, string>> = {
  data: "Data",
  prompt: "Prompt",
  trainingStage: "Training stage",
  evaluation: "Evaluation",
  decoding: "Decoding",
};
export const VERDICT_WORDS: Readonly<Record<ExperimentVerdict, string>> = {
  supports: "Held",
  contradicts: "Not held",
  unclear: "Undecided",
};
export const STATE_WORDS: Readonly<Record<Experiment["state"], string>> = {
  running: "Running",
  done: "Done",
  failed: "Failed",
  cancelled: "Stopped",
};

/** Experiments that need no choice of examples, by the cause they tell of. */
export const PLAIN_SPECS = [
  { kind: "tools" },
  { kind: "checkpoints" },
  { kind: "checker" },
  { kind: "constrained" },
] as const satisfies readonly ExperimentSpec[];

const them = (ids: readonly string[]): string => plural(ids.length, "trajectory", "trajectories");

export function specWords(spec: ExperimentSpec): string {
  switch (spec.kind) {
    case "patch":
      return `Patch against ${them(spec.trajectories)}, ${plural(spec.numSteps, "step")}`;
    case "retrain": {
      const to = spec.maxSteps === null ? "" : `, at most ${plural(spec.maxSteps, "step")}`;
      return spec.change === "without"
        ? `Retrain without ${them(spec.trajectories)}${to}`
        : `Retrain with ${them(spec.trajectories)} as they are now${to}`;
    }
    case "smallestSet":
      return `Smallest set among ${them(spec.trajectories)}`;
    case "tools":
      return "The same question with its tools changed";
    case "checkpoints":
      return "Every checkpoint, and the base model";
    case "checker":
      return "The output judged by other rules";
    case "constrained":
      return "Decoding that can only call offered tools";
  }
}

export function outputWords({ code, isSame }: Reaction): string {
  if (code === null) return isSame ? "the bad span again" : "right, or nothing to object";
  return `${code} ${FAILURE_CODES[code].title.toLowerCase()}${isSame ? ", the same again" : ""}`;
}

const MINUS = "\u2212";
const round = (value: number): string => value.toFixed(2).replace(/^-(0\.00)$/u, "$1");
export const logProbText = (value: number | null): string => (value === null ? "" : round(value).replace(/^-/u, MINUS));
export const changeText = (value: number): string => {
  const text = round(value);
  return text.startsWith("-") ? text.replace("-", MINUS) : Number(text) === 0 ? text : `+${text}`;
};

/** What a patch changed of the bad span, and the same with random examples. */
export interface PatchChange {
  readonly own: number;
  readonly random: readonly number[];
  /** Random draws that changed at least as much. */
  readonly numAsLow: number;
}
export function patchChange({ reactions, randomChanges }: ExperimentResult): PatchChange | null {
  const [before, after] = [reactions[0]?.badLogProb ?? null, reactions.at(-1)?.badLogProb ?? null];
  if (reactions.length < 2 || randomChanges.length === 0 || before === null || after === null) return null;
  const own = after - before;
  return { own, random: randomChanges, numAsLow: randomChanges.filter((change) => change <= own).length };
}

/** Places from 0 to 1 on a scale that holds all of them and 0. */
export function stripScale({ own, random }: PatchChange): {
  readonly low: number;
  readonly high: number;
  readonly at: (value: number) => number;
} {
  const all = [0, own, ...random];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const width = high - low || 1;
  return { low, high, at: (value) => (value - low) / width };
}

export function patchSentence({ own, random, numAsLow }: PatchChange): string {
  const draws = plural(random.length, "draw");
  const range = `${changeText(Math.min(...random))} to ${changeText(Math.max(...random))}`;
  const told = numAsLow === 0 ? "none of them lowers it as much" : `${numAsLow} of them ${numAsLow === 1 ? "lowers" : "lower"} it as much`;
  return `These change the log-probability of the bad span by ${changeText(own)}; ${draws} of as many random examples by ${range}, ${told}.`;
}
