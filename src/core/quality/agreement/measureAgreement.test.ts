import { describe, expect, it } from "vitest";
import { MIN_TRAJECTORIES, secondPassOf } from "#contracts/agreement.ts";
import { ADJUDICATED, type Label, type LabelPlace, type LabelQuestion } from "#contracts/review.ts";
import { findDisagreements } from "./disagreements.ts";
import { measureAgreement } from "./measureAgreement.ts";
import { drawSecondPass } from "./secondPass.ts";
import type { LabelledTrajectory } from "./units.ts";

const question = (kind: LabelQuestion["kind"], id = "quality"): LabelQuestion => ({ id, title: id, kind, scope: "turn", options: [] });
const label = (annotator: string, option: string, place: LabelPlace = {}, id = "quality"): Label => ({
  annotator,
  question: id,
  place,
  options: option === "" ? [] : option.split("+"),
});
const trajectory = (i: number, ...labels: readonly Label[]): LabelledTrajectory => ({
  trajectoryId: `T-${i}`,
  annotations: { labels, notes: [] },
});
const many = (numTrajectories: number, labelsOf: (i: number) => readonly Label[]): readonly LabelledTrajectory[] =>
  Array.from({ length: numTrajectories }, (_, i) => trajectory(i, ...labelsOf(i)));
const good = (isGood: boolean): string => (isGood ? "good" : "bad");

describe("agreement on a question", () => {
  const mixed = many(40, (i) => [
    label("ana", good(i % 2 === 0)),
    label("ben", good(i % 2 === 0 ? i % 8 !== 0 : false)),
    ...(i < 30 ? [label("cid", good(i % 3 === 0))] : []),
    label(ADJUDICATED, "good"),
    ...(i < 25 ? [label(secondPassOf("ana"), good(i % 2 === 0 || i === 1))] : []),
    label("ana", "bad", {}, "other"),
  ]);

  it("counts units and trajectories, and gives each estimate its interval", () => {
    const measured = measureAgreement(mixed, question("single"), 1);
    expect(measured).toMatchObject({ distance: "nominal", annotators: ["ana", "ben", "cid"], numUnits: 40, numTrajectories: 40 });
    expect(measured.pairs.map(({ annotators, numUnits }) => [...annotators, numUnits])).toEqual([
      ["ana", "ben", 40],
      ["ana", "cid", 30],
      ["ben", "cid", 30],
    ]);
    const [pair] = measured.pairs;
    expect(pair!.percent.value).toBe(35 / 40);
    // p_c = 0.5 * 15/40 + 0.5 * 25/40
    expect(pair!.kappa.value).toBeCloseTo(0.75, 12);
    for (const each of [pair!.percent, pair!.kappa, measured.alpha, measured.percent]) {
      expect(each.gap).toBeNull();
      expect(each.interval!.low).toBeLessThan(each.value!);
      expect(each.interval!.high).toBeGreaterThan(each.value!);
    }
  });

  it("measures a second pass against the first of the same person, and nowhere else", () => {
    const { selfAgreement, alpha } = measureAgreement(mixed, question("single"), 1);
    expect(selfAgreement).toMatchObject([{ annotators: ["ana", "ana"], numUnits: 25, percent: { value: 24 / 25 } }]);
    const firstOnly = mixed.map(({ trajectoryId, annotations }) => ({
      trajectoryId,
      annotations: { ...annotations, labels: annotations.labels.filter((each) => each.annotator !== secondPassOf("ana")) },
    }));
    expect(measureAgreement(firstOnly, question("single"), 1).alpha).toEqual(alpha);
  });

  it("repeats itself by seed", () => {
    expect(measureAgreement(mixed, question("single"), 1)).toEqual(measureAgreement(mixed, question("single"), 1));
    const other = measureAgreement(mixed, question("single"), 2);
    expect(other.alpha.value).toBe(measureAgreement(mixed, question("single"), 1).alpha.value);
    expect(other.alpha.interval).not.toEqual(measureAgreement(mixed, question("single"), 1).alpha.interval);
  });

  it("says in words why a number or its interval is missing", () => {
    const two = (numTrajectories: number, first: (i: number) => string, second: (i: number) => string) =>
      measureAgreement(
        many(numTrajectories, (i) => [label("ana", first(i)), label("ben", second(i))]),
        question("single"),
        1,
      );
    const alternating = (i: number): string => good(i % 2 === 0);
    expect(two(MIN_TRAJECTORIES - 1, alternating, () => "good").alpha).toMatchObject({ interval: null, gap: "too-few" });
    expect(two(MIN_TRAJECTORIES, alternating, () => "good").alpha).toMatchObject({ gap: null });
    expect(two(30, alternating, alternating).alpha).toEqual({ value: 1, interval: null, gap: "no-variation" });
    const oneAnswer = two(
      30,
      () => "good",
      () => "good",
    );
    expect(oneAnswer.alpha).toEqual({ value: null, interval: null, gap: "one-answer-only" });
    expect(oneAnswer.pairs[0]!.kappa).toEqual({ value: null, interval: null, gap: "one-answer-only" });
    expect(oneAnswer.percent).toEqual({ value: 1, interval: null, gap: "no-variation" });
    expect(
      measureAgreement(
        many(30, () => [label("ana", "good")]),
        question("single"),
        1,
      ).alpha,
    ).toMatchObject({ gap: "no-units" });
  });

  it("pairs the same place only, and takes no answer for an answer where one is asked for", () => {
    const measured = measureAgreement(
      [trajectory(1, label("ana", "good", { turn: 1 }), label("ben", "bad", { turn: 2 }), label("cid", "", { turn: 1 }))],
      question("single"),
      1,
    );
    expect(measured).toMatchObject({ numUnits: 0, annotators: ["ana", "ben"] });
  });

  it("measures several answers by how far they overlap", () => {
    const half = many(30, (i) => [label("ana", i % 2 === 0 ? "a+b" : "c"), label("ben", i % 2 === 0 ? "a" : "c")]);
    const apart = many(30, (i) => [label("ana", i % 2 === 0 ? "a+b" : "c"), label("ben", i % 2 === 0 ? "d" : "c")]);
    const [near, far] = [half, apart].map((each) => measureAgreement(each, question("multiple"), 1));
    expect(near).toMatchObject({ distance: "masi", percent: { value: 0.5 }, pairs: [{ kappa: { gap: "several-answers" } }] });
    expect(near!.alpha.value).toBeGreaterThan(far!.alpha.value! + 0.2);
  });
});

describe("disagreements", () => {
  it("are the places where answers differ and nobody decided, second passes left out", () => {
    const trajectories = [
      trajectory(1, label("ana", "good", { turn: 1 }), label("ben", "bad", { turn: 1 }), label("ben", "bad", { turn: 3 })),
      trajectory(2, label("ana", "good"), label("ben", "bad"), label(ADJUDICATED, "bad")),
      trajectory(3, label("ana", "good"), label(secondPassOf("ana"), "bad"), label("ben", "good")),
      trajectory(4, label("ana", "a+b", {}, "kinds"), label("ben", "b+a", {}, "kinds"), label("cid", "a", {}, "kinds")),
    ];
    expect(findDisagreements(trajectories, [question("single"), question("multiple", "kinds")])).toEqual([
      {
        trajectoryId: "T-1",
        question: "quality",
        place: { turn: 1 },
        answers: [
          { annotator: "ana", options: ["good"] },
          { annotator: "ben", options: ["bad"] },
        ],
      },
      {
        trajectoryId: "T-4",
        question: "kinds",
        place: {},
        answers: [
          { annotator: "ana", options: ["a", "b"] },
          { annotator: "ben", options: ["b", "a"] },
          { annotator: "cid", options: ["a"] },
        ],
      },
    ]);
  });
});

describe("the draw of a second pass", () => {
  const candidates = [
    ...Array.from({ length: 60 }, (_, i) => ({ trajectoryId: `A-${i}`, status: "accepted" })),
    ...Array.from({ length: 30 }, (_, i) => ({ trajectoryId: `R-${i}`, status: "rejected" })),
    ...Array.from({ length: 10 }, (_, i) => ({ trajectoryId: `D-${i}`, status: "disputed" })),
  ];
  const byStatus = (ids: readonly string[]) => ["A", "R", "D"].map((each) => ids.filter((id) => id.startsWith(each)).length);

  it("takes each status in proportion, each trajectory once", () => {
    const drawn = drawSecondPass(candidates, 20, 5);
    expect(byStatus(drawn)).toEqual([12, 6, 2]);
    expect(new Set(drawn).size).toBe(20);
    // 4.2, 2.1 and 0.7: what rounding leaves over goes to the largest remainder
    expect(byStatus(drawSecondPass(candidates, 7, 5))).toEqual([4, 2, 1]);
  });

  it("depends on seed and candidates alone", () => {
    expect(drawSecondPass([...candidates].reverse(), 20, 5)).toEqual(drawSecondPass(candidates, 20, 5));
    expect(drawSecondPass(candidates, 20, 6)).not.toEqual(drawSecondPass(candidates, 20, 5));
    expect(new Set(drawSecondPass(candidates, 500, 5)).size).toBe(100);
    expect(drawSecondPass([], 5, 5)).toEqual([]);
  });
});
