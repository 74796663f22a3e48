import { describe, expect, it } from "vitest";
import { differ } from "./differ.ts";

const joined = (parts: readonly { text: string }[]) => parts.map((part) => part.text).join("");

describe("differ", () => {
  it("marks the words that differ and nothing else", () => {
    const { left, right } = differ('get_fee({"id": "BK-1"})', 'quote_fee({"id": "BK-1", "date": "2026"})');
    expect(left.filter((part) => part.kind === "removed").map((part) => part.text)).toEqual(["get_fee"]);
    expect(right.filter((part) => part.kind === "added").map((part) => part.text)).toEqual(["quote_fee", ', "date": "2026"']);
  });

  it("gives both texts back when joined", () => {
    const before = "Action: a\nAction Input: {}";
    const after = "Answer: I cannot do that.";
    const { left, right } = differ(before, after);
    expect([joined(left), joined(right)]).toEqual([before, after]);
  });

  it("finds nothing in equal texts, and everything against an empty one", () => {
    expect(differ("same", "same").left).toEqual([{ text: "same", kind: "same" }]);
    expect(differ("", "new")).toEqual({ left: [], right: [{ text: "new", kind: "added" }] });
  });
});
