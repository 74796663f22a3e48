import { describe, expect, it } from "vitest";
import { foldedWords, placedWords, searchTerms } from "./searchText.ts";

describe("a search text", () => {
  it("is words and phrases; what the index cannot hold is none", () => {
    expect(searchTerms('fee "new york" fee - "open end')).toEqual(["fee", "new york", "open end"]);
    expect(searchTerms(' " ? ')).toEqual([]);
  });

  it("is compared without case, diacritics and what stands between words", () => {
    expect(foldedWords("Get_Fee(città: 'ÉTÉ')")).toEqual(["get", "fee", "citta", "ete"]);
    const text = "Cafe\u0301, 2 ups";
    expect(placedWords(text).map(({ word, start, end }) => [word, text.slice(start, end)])).toEqual([
      ["cafe", "Cafe\u0301"],
      ["2", "2"],
      ["ups", "ups"],
    ]);
  });
});
