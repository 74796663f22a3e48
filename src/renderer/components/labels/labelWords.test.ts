import { describe, expect, it } from "vitest";
import type { Annotations, Label, LabelQuestion } from "#contracts/review.ts";
import type { Turn } from "#contracts/trajectory.ts";
import { answersOf, optionsInWords, placeInWords, pressed, textAt } from "./labelWords.ts";

const turns: readonly Turn[] = [
  { role: "user", content: "what is the fee" },
  { role: "assistant", thought: "look", calls: [{ name: "get_fee", argumentsText: '{"a":1}', arguments: { ok: true, value: { a: 1 } } }] },
];
const question: LabelQuestion = {
  id: "q",
  title: "Q?",
  kind: "single",
  scope: "turn",
  options: [
    { id: "y", title: "Yes" },
    { id: "n", title: "No" },
  ],
};

describe("labels in words", () => {
  it("name places and give their text", () => {
    const places = [
      {},
      { turn: 0, part: "content", start: 0, end: 4 },
      { turn: 1, call: 0 },
      { turn: 1, part: "thought", start: 1, end: 3 },
    ] as const;
    expect(places.map(placeInWords)).toEqual([
      "Whole trajectory",
      "Turn 1, characters 1 to 4",
      "Turn 2, call 1",
      "Turn 2, characters 2 to 3 of its thought",
    ]);
    expect(places.map((place) => textAt(turns, place))).toEqual(["", "what", 'get_fee {"a":1}', "oo"]);
    expect(textAt(turns, { turn: 1, call: 0, part: "arguments", start: 1, end: 4 })).toBe('"a"');
    expect(textAt(turns, { turn: 9 })).toBe("");
  });

  it("show an option by its title, or by its id once it is gone", () => {
    expect(optionsInWords(question, ["y", "gone"])).toBe("Yes, gone");
  });

  it("press options: one of them, or several", () => {
    expect([pressed(question, [], "y"), pressed(question, ["y"], "n"), pressed(question, ["y"], "y")]).toEqual([["y"], ["n"], []]);
    expect(pressed({ kind: "multiple" }, ["y"], "n")).toEqual(["y", "n"]);
  });

  it("hide what others said until one has answered, and always in a second look", () => {
    const of = (annotator: string, option: string): Label => ({ annotator, question: "q", place: { turn: 1 }, options: [option] });
    const annotations = (...labels: Label[]): Annotations => ({ labels, notes: [] });
    const at = { question: "q", place: { turn: 1 } };
    const others = annotations(of("ben", "n"), of("cid~2", "y"), of("=", "y"), { ...of("dan", "y"), place: { turn: 2 } });
    expect(answersOf(others, at, "ann", false)).toEqual({ mine: [], others: [], settled: undefined, numHidden: 1 });
    const all = annotations(of("ann", "y"), ...others.labels);
    expect(answersOf(all, at, "ann", false)).toEqual({ mine: ["y"], others: [of("ben", "n")], settled: ["y"], numHidden: 0 });
    expect(answersOf(all, at, "ann", true)).toEqual({ mine: [], others: [], settled: undefined, numHidden: 1 });
  });
});
