import { describe, expect, it } from "vitest";
import type { ExperimentResult, Reaction } from "#contracts/experiments.ts";
import { changeText, outputWords, patchChange, patchSentence, specWords, stripScale } from "./notebookWords.ts";

const reaction = (label: string, badLogProb: number | null): Reaction => ({
  label,
  text: "",
  decision: "call",
  code: null,
  isSame: false,
  badLogProb,
  rightLogProb: null,
});
const result = (badAfter: number | null, randomChanges: readonly number[]): ExperimentResult => ({
  reactions: [reaction("as it was", -0.49), reaction("patched", badAfter)],
  isFixed: true,
  randomChanges,
  heldOut: null,
  runId: null,
  smallestSet: null,
  seconds: 4,
});

describe("the words of the notebook", () => {
  it("name an experiment by what it changes", () => {
    expect(specWords({ kind: "patch", trajectories: ["T-1"], numSteps: 1 })).toBe("Patch against 1 trajectory, 1 step");
    expect(specWords({ kind: "retrain", trajectories: ["T-1", "T-2"], change: "repaired", maxSteps: 40 })).toBe(
      "Retrain with 2 trajectories as they are now, at most 40 steps",
    );
  });

  it("say whether the same was written again", () => {
    expect(outputWords({ ...reaction("", 0), code: "F02", isSame: true })).toBe("F02 invented tool, the same again");
    expect(outputWords(reaction("", 0))).toBe("right, or nothing to object");
  });

  it("compare a patch with random ones", () => {
    const change = patchChange(result(-4.71, [-0.05, 0.02, -0.01]))!;
    expect(change.own).toBeCloseTo(-4.22);
    expect(patchSentence(change)).toBe(
      "These change the log-probability of the bad span by \u22124.22; 3 draws of as many random examples by \u22120.05 to +0.02, none of them lowers it as much.",
    );
    expect(patchSentence(patchChange(result(-0.5, [-2, 0]))!)).toContain("1 of them lowers it as much");
    expect([patchChange(result(null, [0])), patchChange(result(-1, []))]).toEqual([null, null]);
  });

  it("put all of it on one scale with no change", () => {
    const { low, high, at } = stripScale({ own: -4, random: [-1, -0.5], numAsLow: 0 });
    expect([low, high, at(0), at(-4), at(-1)]).toEqual([-4, 0, 1, 0, 0.75]);
    expect(stripScale({ own: 0, random: [0], numAsLow: 1 }).at(0)).toBe(0);
  });

  it("write no sign where nothing changed", () => {
    expect([changeText(-0.001), changeText(0.2), changeText(-1)]).toEqual(["0.00", "+0.20", "\u22121.00"]);
  });
});
