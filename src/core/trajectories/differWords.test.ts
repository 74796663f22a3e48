import { describe, expect, it } from "vitest";
import { differWords } from "./differWords.ts";

const joined = (parts: readonly { text: string }[]) => parts.map((part) => part.text).join("");

describe("differWords", () => {
  it("marks the words that differ and nothing else", () => {
    const { left, right } = differWords('get_fee({"id": "BK-1"})', 'quote_fee({"id": "BK-1", "date": "2026"})');
    expect(left.filter((part) => part.kind === "removed").map((part) => part.text)).toEqual(["get_fee"]);
    expect(right.filter((part) => part.kind === "added").map((part) => part.text)).toEqual(["quote_fee", ', "date": "2026"']);
  });

  it("gives both texts back when joined", () => {
    const before = "Action: a\nAction Input: {}";
    const after = "Answer: I cannot do that.";
    const { left, right } = differWords(before, after);
    expect([joined(left), joined(right)]).toEqual([before, after]);
  });

  it("finds nothing in equal texts, and everything against an empty one", () => {
    expect(differWords("same", "same").left).toEqual([{ text: "same", kind: "same" }]);
    expect(differWords("", "new")).toEqual({ left: [], right: [{ text: "new", kind: "added" }] });
  });
});

it("finds one changed word in a text of two megabytes, and cuts no character in two", () => {
  const long = "word ".repeat(200_000);
  const { left, right } = differWords(`${long}old ${long}`, `${long}new ${long}`);
  expect([left, right].map((parts) => parts.filter((part) => part.kind !== "same"))).toEqual([
    [{ text: "old", kind: "removed" }],
    [{ text: "new", kind: "added" }],
  ]);
  expect(differWords("a\u{1F600}", "a\u{1F601}").left).toEqual([
    { text: "a", kind: "same" },
    { text: "\u{1F600}", kind: "removed" },
  ]);
  const ending = (last: string): string => `${"x ".repeat(3000)}${last}`;
  expect(differWords(ending("\u{1F600}"), ending("\u{1F601}")).left.at(-1)).toEqual({ text: "\u{1F600}", kind: "removed" });
});
