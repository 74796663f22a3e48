// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { LabelQuestion } from "#contracts/review.ts";
import { labelledParts, questionsAt } from "./labelPlaces.ts";
import { isBackward, selectSpan, spanOf } from "./spanOf.ts";

const question = (scope: LabelQuestion["scope"]): LabelQuestion => ({ id: scope, title: scope, kind: "single", scope, options: [] });
const scheme = { questions: [question("span"), question("call"), question("turn"), question("trajectory")] };
const asked = (place: object) => questionsAt(scheme, place).map((each) => [each.question.id, each.place]);

describe("places to label", () => {
  it("are the texts of each turn and each of its calls", () => {
    const call = { name: "get_fee", argumentsText: "{}", arguments: { ok: true, value: {} } } as const;
    const parts = labelledParts({
      turns: [
        { role: "user", content: "q" },
        { role: "assistant", thought: "t", calls: [call, call] },
        { role: "assistant", calls: [], answer: "a" },
      ],
    });
    expect(parts.map(({ word, place, part, text }) => [word, place, part, text])).toEqual([
      ["User", { turn: 0 }, "content", "q"],
      ["Thought", { turn: 1 }, "thought", "t"],
      ["Call", { turn: 1, call: 0 }, "arguments", "{}"],
      ["Call", { turn: 1, call: 1 }, "arguments", "{}"],
      ["Answer", { turn: 2 }, "answer", "a"],
    ]);
    expect(new Set(parts.map(({ key }) => key)).size).toBe(5);
  });

  it("are asked the questions of their scope, the widest first", () => {
    expect(asked({})).toEqual([["trajectory", {}]]);
    const span = { turn: 1, call: 0, part: "arguments", start: 1, end: 3 };
    expect(asked(span)).toEqual([
      ["trajectory", {}],
      ["turn", { turn: 1 }],
      ["call", { turn: 1, call: 0 }],
      ["span", span],
    ]);
  });

  it("count selected characters over marks inside the text", () => {
    document.body.innerHTML = "<p>ab<mark>cd</mark>ef</p><i>x</i>";
    const text = document.querySelector("p")!;
    const select = (startNode: Node, start: number, endNode: Node, end: number) => {
      const range = document.createRange();
      range.setStart(startNode, start);
      range.setEnd(endNode, end);
      return spanOf(text, { isCollapsed: false, rangeCount: 1, getRangeAt: () => range } as unknown as Selection);
    };
    expect(select(text.childNodes[1]!.firstChild!, 1, text.childNodes[2]!, 1)).toEqual({ start: 3, end: 5 });
    expect(select(text.firstChild!, 0, document.querySelector("i")!.firstChild!, 1)).toBeNull();
    expect(spanOf(text, null)).toBeNull();
  });

  it("are selected again after the text was drawn anew", () => {
    document.body.innerHTML = "<p>ab<mark>cd</mark>ef</p>";
    const text = document.querySelector("p")!;
    for (const span of [
      { start: 1, end: 3 },
      { start: 2, end: 6 },
    ]) {
      for (const backward of [false, true]) {
        selectSpan(text, span, backward);
        expect(spanOf(text, document.getSelection())).toEqual(span);
        expect(isBackward(document.getSelection())).toBe(backward);
      }
    }
  });
});
