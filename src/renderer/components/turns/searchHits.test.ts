import { describe, expect, it } from "vitest";
import { findHits, hitTerms } from "./searchHits.ts";

const found = (text: string, search: string): readonly string[] =>
  findHits(text, hitTerms(search)).map(({ start, end }) => text.slice(start, end));

describe("hits of a search in a text", () => {
  it("are whole words, whatever their case and diacritics", () => {
    expect(found("The fee, FEES and a coffee: fée.", "fee")).toEqual(["fee", "fée"]);
    expect(found('get_fee(city: "Oslo", day: "monday")', "oslo fee nothing")).toEqual(["fee", "Oslo"]);
    expect(found("anything", "")).toEqual([]);
    expect(found("a - b", "-")).toEqual([]);
  });

  it("are phrases in a row, with whatever stands between their words", () => {
    expect(found("new york, New-York and new paris, york", '"new york"')).toEqual(["new york", "New-York"]);
    expect(found("get_fee and fee", "get_fee")).toEqual(["get_fee"]);
  });

  it("do not overlap: the longer one counts", () => {
    expect(found("new york fee", 'york "new york" fee')).toEqual(["new york", "fee"]);
  });
});
