import { describe, expect, it } from "vitest";
import { compilePattern, type Program } from "./linearPattern.ts";
import { findAll } from "./runPattern.ts";

const compiled = (source: string, matchCase = true): Program => {
  const program = compilePattern(source, matchCase);
  if ("refused" in program) throw new Error(program.refused);
  return program;
};
const found = (source: string, text: string, matchCase = true) => {
  const matches = findAll(compiled(source, matchCase), text);
  return matches?.map((match) =>
    Array.from({ length: match.length / 2 }, (_, i) => (match[2 * i] === -1 ? undefined : text.slice(match[2 * i], match[2 * i + 1]))),
  );
};
const native = (source: string, text: string, matchCase = true) =>
  [...text.matchAll(new RegExp(source, matchCase ? "gmu" : "gimu"))].filter((match) => match[0] !== "").map((match) => [...match]);

/** A generator of its own: the same texts every time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("a compiled pattern", () => {
  it.each([
    ["(\\w+)@(\\w+)\\.com", "ann@home.com, ben@work.com"],
    ["a|ab|abc", "abcab"],
    ["(a|ab)(c|bcd)(d*)", "abcd abcdd"],
    ["x*?y", "xxy y"],
    ["^\\d+$", "12\nab\n345"],
    ["\\bfee\\b", "fee coffee fee."],
    ["\\Bfee", "fee coffee"],
    ["[^\\]a-c]+", "xa]yz"],
    ["\\p{Lu}.", "aÉ😀b"],
    ["😀{2}", "😀😀😀"],
    ["(?<year>\\d{4})-(\\d{2})?", "2024-05 1999-"],
    ["a{2,3}b{0,1}", "aaaab aab"],
    [".", "a\nb"],
    ["\\u00e9|\\x41|\\t", "éA\t"],
    ["(ab){2,}", "ababab ab"],
  ])("finds with %s what JavaScript finds", (source, text) => expect(found(source, text)).toEqual(native(source, text)));

  it("ignores case where asked to", () => expect(found("é[a-c]", "ÉB éa", false)).toEqual([["ÉB"], ["éa"]]));

  it("finds in random texts what JavaScript finds", () => {
    const random = randomFrom(7);
    const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
    const pattern = (depth: number): string => {
      const kind = depth === 0 ? random(3) : random(6);
      if (kind < 2) return pick(["a", "b", "[ab]", ".", "\\w", "ba"]);
      if (kind === 2) return `${pick(["a", "b", "."])}${pick(["*", "+", "?", "*?", "+?", "{1,2}"])}`;
      if (kind === 3) return `(?:${pattern(depth - 1)}|${pattern(depth - 1)})`;
      return `${pattern(depth - 1)}${pattern(depth - 1)}`;
    };
    for (let i = 0; i < 2000; i++) {
      const source = pattern(3);
      const text = Array.from({ length: random(14) }, () => pick(["a", "b", "c", "\n"])).join("");
      expect([source, text, found(source, text)]).toEqual([source, text, native(source, text)]);
    }
  });

  it.each(["a+$", "a+a+b", "(\\w+) (\\w+)", "[ab]*c", "(?:a|aa)a*b"])("%s takes a bounded number of steps in 2 MB", (source) => {
    // JavaScript's engine needs the square of the length, or more: it would not come back
    expect(findAll(compiled(source), `${"a".repeat(2_000_000)}!`)).toEqual([]);
  });

  it("gives up where even that is too long, rather than taking hours", () => {
    expect(findAll(compiled("a(?:[^z]*z)?"), "a".repeat(300_000))).toBeNull();
  });

  it.each([
    ["(?=a)b", "(?="],
    ["a(?<!b)", "(?<!"],
    ["(?:a{1000}){9}", "counted"],
  ])("%s is refused by name", (source, named) => {
    expect(compilePattern(source, true)).toMatchObject({ refused: expect.stringContaining(named) });
  });
});
