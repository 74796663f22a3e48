import { describe, expect, it } from "vitest";
import type { Annotations, Label, Note } from "#contracts/review.ts";
import { labelKey, optionsKey } from "./labelPlace.ts";
import { mergeAnnotations } from "./mergeAnnotations.ts";
import { randomIntegers } from "./seededRandom.ts";

const label = (annotator: string, options: readonly string[], turn?: number): Label => ({
  annotator,
  question: "q",
  place: turn === undefined ? {} : { turn },
  options,
});
const of = (labels: readonly Label[], notes: readonly Note[] = []): Annotations => ({ labels, notes });
const note = (text: string): Note => ({ author: "a", at: "2026-01-01", text });

describe("merging annotations", () => {
  it("takes each side's own changes", () => {
    const base = of([label("a", ["x"]), label("b", ["x"]), label("c", ["x"])], [note("old"), note("dropped")]);
    const mine = of([label("a", ["y"]), label("b", ["x"]), label("c", ["x"]), label("d", ["z"])], [note("old"), note("mine")]);
    const theirs = of([label("a", ["x"]), label("b", ["y"])], [note("old"), note("dropped"), note("theirs")]);
    expect(mergeAnnotations(base, mine, theirs)).toEqual({
      merged: of([label("a", ["y"]), label("b", ["y"]), label("d", ["z"])], [note("old"), note("mine"), note("theirs")]),
      conflicts: [],
    });
  });

  it("lists what both changed to different answers, and keeps mine", () => {
    const base = of([label("a", ["x"], 1), label("b", ["x"])]);
    const result = mergeAnnotations(base, of([label("a", ["y"], 1)]), of([label("a", ["z"], 1), label("b", ["z"])]));
    expect(result).toEqual({
      merged: of([label("a", ["y"], 1)]),
      conflicts: [
        { key: { annotator: "a", question: "q", place: { turn: 1 } }, base: ["x"], mine: ["y"], theirs: ["z"] },
        { key: { annotator: "b", question: "q", place: {} }, base: ["x"], mine: undefined, theirs: ["z"] },
      ],
    });
  });

  it("sees no change in the order of options or of a place's fields", () => {
    const base = of([{ annotator: "a", question: "q", place: { turn: 1, call: 0 }, options: ["x", "y"] }]);
    const same = of([{ annotator: "a", question: "q", place: { call: 0, turn: 1 }, options: ["y", "x"] }]);
    expect(mergeAnnotations(base, same, of([]))).toEqual({ merged: of([]), conflicts: [] });
  });
});

describe("merging annotations, for 500 random triples", () => {
  const next = randomIntegers(7);
  const pick = <T>(values: readonly T[]): T => values[next() % values.length]!;
  const someAnnotations = (): Annotations => {
    const labels = new Map<string, Label>();
    for (let i = next() % 6; i > 0; i--) {
      const each = label(pick(["a", "b"]), pick([["x"], ["y"], ["x", "y"], []]), pick([undefined, 1, 2]));
      labels.set(labelKey(each), each);
    }
    const notes = ["m", "n", "o"].filter(() => next() % 2 === 0).map(note);
    return of([...labels.values()], notes);
  };
  const canonical = ({ labels, notes }: Annotations): unknown => ({
    labels: labels.map((each) => [labelKey(each), optionsKey(each.options)].join()).sort(),
    notes: notes.map((each) => each.text).sort(),
  });
  const triples = Array.from({ length: 500 }, () => [someAnnotations(), someAnnotations(), someAnnotations()] as const);

  it("changes nothing where nobody changed anything, and takes one side's changes whole", () => {
    for (const [base, mine] of triples) {
      for (const merge of [mergeAnnotations(base, mine, base), mergeAnnotations(base, base, mine), mergeAnnotations(base, mine, mine)]) {
        expect(merge.conflicts).toEqual([]);
        expect(canonical(merge.merged)).toEqual(canonical(mine));
      }
    }
  });

  it("gives the same from either side, but for the conflicts", () => {
    for (const [base, mine, theirs] of triples) {
      const [here, there] = [mergeAnnotations(base, mine, theirs), mergeAnnotations(base, theirs, mine)];
      const keys = (merge: typeof here) => new Set(merge.conflicts.map((each) => labelKey(each.key)));
      expect(keys(here)).toEqual(keys(there));
      const without = (merge: typeof here) => ({
        ...merge.merged,
        labels: merge.merged.labels.filter((each) => !keys(here).has(labelKey(each))),
      });
      expect(canonical(without(here))).toEqual(canonical(without(there)));
    }
  });

  it("answers each question at each place once, and invents nothing", () => {
    for (const [base, mine, theirs] of triples) {
      const { merged } = mergeAnnotations(base, mine, theirs);
      expect(new Set(merged.labels.map(labelKey)).size).toBe(merged.labels.length);
      const known = new Set([...mine.labels, ...theirs.labels].map((each) => labelKey(each) + optionsKey(each.options)));
      expect(merged.labels.every((each) => known.has(labelKey(each) + optionsKey(each.options)))).toBe(true);
    }
  });

  it("meets conflicts at all", () => {
    expect(triples.filter(([base, mine, theirs]) => mergeAnnotations(base, mine, theirs).conflicts.length > 0).length).toBeGreaterThan(100);
  });
});
