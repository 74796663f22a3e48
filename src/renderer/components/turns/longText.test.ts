import { describe, expect, it } from "vitest";
import { foldText, rowOf, wrapRows } from "./longText.ts";

describe("foldText", () => {
  it("leaves a short text whole", () => {
    expect(foldText("one\ntwo")).toEqual({ shown: "one\ntwo", isFolded: false, numLines: 2, numShownLines: 2 });
  });

  it("stops after nine lines", () => {
    const text = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`).join("\n");
    const folded = foldText(text);
    expect([folded.isFolded, folded.numLines, folded.numShownLines]).toEqual([true, 30, 9]);
    expect(folded.shown.endsWith("line 9")).toBe(true);
  });

  it("stops after 2,000 characters of one line, not inside a character", () => {
    const folded = foldText("a".repeat(1999) + "\u{1F600}".repeat(10));
    expect(folded.shown).toBe("a".repeat(1999));
  });
});

describe("wrapRows", () => {
  it("keeps every character and numbers source lines", () => {
    const text = "abcdef\n\nxy";
    const rows = wrapRows(text, 4);
    expect(rows.map((row) => [text.slice(row.start, row.end), row.line])).toEqual([
      ["abcd", 1],
      ["ef", null],
      ["", 2],
      ["xy", 3],
    ]);
  });

  it("finds the row of a place", () => {
    const rows = wrapRows("abcdef\n\nxy", 4);
    expect([0, 3, 4, 7, 8, 9].map((place) => rowOf(rows, place))).toEqual([0, 0, 1, 2, 3, 3]);
  });
});
