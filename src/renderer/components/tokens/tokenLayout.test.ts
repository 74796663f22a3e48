import { describe, expect, it } from "vitest";
import type { Segment } from "#contracts/example.ts";
import { blocksOf, layOutLines, lineOf, neighbourRun, visibleText, type LaidToken } from "./tokenLayout.ts";

const token = (segment: Segment, turnIndex: number, text = "x", trained = false): LaidToken => ({
  text,
  id: 1,
  segment,
  trained,
  turnIndex,
});
const call = [
  token("user", 0),
  token("user", 0),
  token("toolName", 1, "a", true),
  token("argumentKey", 1, "b", true),
  token("argumentValue", 1, "c", true),
  token("stop", 1, "</s>", true),
  token("user", 2),
];

describe("blocksOf", () => {
  it("joins name, keys and values of a call and parts turns", () => {
    expect(blocksOf(call).map(({ word, start, end, numTrained }) => [word, start, end, numTrained])).toEqual([
      ["User", 0, 2, 0],
      ["Call", 2, 5, 3],
      ["Stop", 5, 6, 1],
      ["User", 6, 7, 0],
    ]);
    expect(blocksOf(call)[1]!.segments).toEqual(["toolName", "argumentKey", "argumentValue"]);
  });

  it("gives no block for no tokens", () => {
    expect(blocksOf([])).toEqual([]);
  });
});

describe("layOutLines", () => {
  const tokens = Array.from({ length: 10 }, () => token("user", 0));
  const blocks = blocksOf(tokens);

  it("breaks where the next token would not fit", () => {
    const lines = layOutLines(tokens, blocks, { widthOf: () => 30, lineWidth: 100, isFolded: () => false });
    expect(lines.map(({ start, end }) => [start, end])).toEqual([
      [0, 3],
      [3, 6],
      [6, 9],
      [9, 10],
    ]);
    expect(lines.map(({ isFirst, isLast }) => [isFirst, isLast])).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [false, true],
    ]);
  });

  it("gives a token wider than the line its own line and loses none", () => {
    const lines = layOutLines(tokens, blocks, { widthOf: () => 500, lineWidth: 100, isFolded: () => false });
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toMatchObject({ start: 9, end: 10 });
  });

  it("shows a folded block as one line", () => {
    expect(layOutLines(tokens, blocks, { widthOf: () => 30, lineWidth: 100, isFolded: () => true })).toEqual([
      { block: 0, start: 0, end: 10, isFirst: true, isLast: true, isFolded: true },
    ]);
  });

  it("finds the line of any position", () => {
    const lines = layOutLines(tokens, blocks, { widthOf: () => 30, lineWidth: 100, isFolded: () => false });
    expect([0, 2, 3, 8, 9].map((position) => lineOf(lines, position))).toEqual([0, 0, 1, 2, 3]);
  });
});

describe("moving by segment", () => {
  it("goes to the start of the next and of the previous run", () => {
    expect(neighbourRun(call, 0, 1)).toBe(2);
    expect(neighbourRun(call, 4, 1)).toBe(5);
    expect(neighbourRun(call, 3, -1)).toBe(2);
    expect(neighbourRun(call, 2, -1)).toBe(0);
  });

  it("stays where it is at either end", () => {
    expect(neighbourRun(call, 6, 1)).toBe(6);
    expect(neighbourRun(call, 1, -1)).toBe(1);
  });
});

it("makes whitespace visible", () => {
  expect([" booking", "\n", "\t", ""].map(visibleText)).toEqual(["\u00b7booking", "\u21b5", "\u21e5", "\u2205"]);
});
