import { describe, expect, it } from "vitest";
import { idFor, optionsOf, problemsOf, textOfOptions } from "./schemeDraft.ts";

const known = [
  { id: "yes", title: "Yes" },
  { id: "no", title: "No" },
];

describe("questions being written", () => {
  it("keep the ids of answers whose words stay or change in place", () => {
    expect(optionsOf(textOfOptions(known), known)).toEqual(known);
    expect(optionsOf("No\nYes", known)).toEqual([known[1], known[0]]);
    expect(optionsOf("Yes\nNot at all", known)).toEqual([known[0], { id: "no", title: "Not at all" }]);
  });

  it("give new answers ids of their own, and leave out blank and repeated lines", () => {
    expect(optionsOf("Yes\n\n Yes \nPartly, I think\nNo", known)).toEqual([
      known[0],
      { id: "partly-i-think", title: "Partly, I think" },
      known[1],
    ]);
    expect([idFor("Yes!", new Set(["yes"])), idFor("?", new Set())]).toEqual(["yes-2", "answer"]);
  });

  it("say what is missing", () => {
    expect(
      problemsOf([
        { title: " ", text: "a" },
        { title: "t", text: "a\nb" },
      ]),
    ).toEqual([
      { title: "Needs words", options: "Needs two answers or more" },
      { title: "", options: "" },
    ]);
  });
});
