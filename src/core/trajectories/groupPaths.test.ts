import { describe, expect, it } from "vitest";
import { createPathGrouper, type PathRow } from "./groupPaths.ts";

interface Row extends PathRow {
  readonly name: string;
}

/** `"ab"` is a row of two items. */
const row = (text: string, name = text): Row => ({ name, items: [...text].map((value) => ({ from: "x", value })) });

function group(rows: readonly Row[], options?: { maxPaths?: number; maxCharacters?: number }): string[] {
  const grouper = createPathGrouper<Row>(options);
  const paths = [...rows.flatMap((each) => grouper.push(each.items[0]?.value ?? "", each)), ...grouper.finish()];
  return paths.map((path) => `${path.items.map((item) => item.value).join("")}: ${path.rows.map((each) => each.name).join(" ")}`);
}
const rows = (...texts: string[]): Row[] => texts.map((text) => row(text));

describe("createPathGrouper", () => {
  it("joins rows of which each is the beginning of the next, in any order and with gaps", () => {
    expect(group(rows("ab", "abc", "abcde"))).toEqual(["abcde: ab abc abcde"]);
    expect(group(rows("abcd", "ab", "abc"))).toEqual(["abcd: abcd ab abc"]);
    expect(group(rows("ab", "xy", "abc", "xyz"))).toEqual(["abc: ab abc", "xyz: xy xyz"]);
  });

  it("keeps paths apart that part ways", () => {
    expect(group(rows("ab", "abc", "abd", "abde"))).toEqual(["abc: ab abc", "abde: abd abde"]);
  });

  it("counts equal rows twice", () => {
    expect(group([row("ab", "1"), row("ab", "2")])).toEqual(["ab: 1", "ab: 2"]);
    expect(group([row("ab", "1"), row("abc", "2"), row("ab", "3"), row("abc", "4")])).toEqual(["abc: 1 2", "abc: 3 4"]);
    expect(group([row("ab", "1"), row("ab", "2"), row("abc", "3"), row("abc", "4")]).sort()).toEqual(["abc: 1 4", "abc: 2 3"]);
  });

  it("never loses or doubles a row, whatever the order and the bounds", () => {
    let seed = 3;
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % n;
    for (let round = 0; round < 200; round++) {
      const given = Array.from({ length: 60 }, (_, i) => row("abc"[random(3)]! + "abab".slice(random(2), random(4) + 1), `${i}`));
      const found = group(given, { maxPaths: 1 + random(4), maxCharacters: 1 + random(12) });
      const names = found.flatMap((path) => path.split(": ")[1]!.split(" "));
      expect(names.map(Number).sort((a, b) => a - b)).toEqual(given.map((_, i) => i));
    }
  });

  it("closes the path used longest ago when it has too many, or too much", () => {
    expect(group(rows("ab", "xy", "abc", "mn", "xyz"), { maxPaths: 2 })).toEqual(["xy: xy", "abc: ab abc", "mn: mn", "xyz: xyz"]);
    const grouper = createPathGrouper<Row>({ maxCharacters: 5 });
    expect(grouper.push("a", row("abc"))).toEqual([]);
    expect(grouper.push("x", row("xyz"))).toHaveLength(1);
    // one path larger than the bound is let go at once
    expect(grouper.push("l", row("longer"))).toHaveLength(2);
    expect(grouper.finish()).toEqual([]);
  });
});
