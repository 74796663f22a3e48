import { describe, expect, it } from "vitest";
import { settingsOf } from "./editor.ts";
import { longTrajectory, recipeOf, referenceOf, variationOf, wordAt } from "./parts/editor/recipe.ts";
import { filterQueries, searchTexts, someOf } from "./parts/editor/searching.ts";
import { isUsageError } from "./parts/options.ts";
import { mostOf, percentile } from "./report.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";

const recorded: TrajectoryContent = {
  tools: [{ name: "book", description: "Books.", parameters: { type: "object", properties: { city: { type: "string" } } } }],
  turns: [
    { role: "system", content: "Use the tools that are there to help." },
    { role: "user", content: "Please book something somewhere quiet, not later than Tuesday, with breakfast and without smokers around" },
    { role: "assistant", calls: [{ name: "book", argumentsText: "{}", arguments: { ok: true, value: {} } }] },
    { role: "tool", content: '{"booked": "the quiet house behind some trees"}', name: "book" },
    { role: "assistant", calls: [], answer: "Booked the quiet house behind some trees for those nights." },
  ],
  metadata: { from: "somewhere" },
};

describe("bench editor", () => {
  it.each([
    [["--rows", "5"], /--rows takes a whole number of at least 1000/],
    [["--only", "opening,closing"], /--only takes one of opening, filters.*, not "closing"/],
    [["--inputs", "0"], /--inputs takes a whole number of at least 1/],
  ])("refuses %j", (args, message) => {
    let thrown: unknown;
    try {
      settingsOf(args);
    } catch (error) {
      thrown = error;
    }
    expect(isUsageError(thrown)).toBe(true);
    expect(String(thrown)).toMatch(message);
  });

  it("makes the same trajectories from the same recipe, and no two alike", () => {
    const texts = [0, 1, 2, 3].map((i) => JSON.stringify(variationOf(recorded, i).turns));
    expect(new Set(texts).size).toBe(4);
    expect(texts[2]).toBe(JSON.stringify(variationOf(recorded, 2).turns));
    const { turns, tools } = variationOf(recorded, 7);
    expect(tools).toBe(recorded.tools);
    expect(turns[0]).toBe(recorded.turns[0]);
    expect(JSON.stringify(turns[1])).toContain(referenceOf(7));
    expect(turns[2]).toMatchObject({ calls: (recorded.turns[2] as { calls: unknown }).calls });
    expect(turns[3]).not.toEqual(recorded.turns[3]);
    expect(turns[3]).toMatchObject({ content: expect.stringContaining('{"booked": "') as string });
    // common words are put in far more often than rare ones
    const all = Array.from({ length: 300 }, (_, i) => JSON.stringify(variationOf(recorded, i).turns)).join(" ");
    const count = (rank: number): number => all.split(wordAt(rank)).length;
    expect(count(0)).toBeGreaterThan(20 * count(2000));
  });

  it("has one name a recipe", () => {
    expect(recipeOf(2000).key).toBe(recipeOf(2000).key);
    expect(recipeOf(2000).key).not.toBe(recipeOf(2001).key);
    expect(recipeOf(2000, "/nowhere").files).toHaveLength(1);
  });

  it("has a long trajectory of 300 turns with two million characters", () => {
    const { turns } = longTrajectory(recorded.tools);
    expect(turns).toHaveLength(300);
    const characters = turns.reduce((sum, turn) => sum + (turn.role === "tool" ? turn.content.length : 0), 0);
    expect(characters).toBeGreaterThan(2 * 2 ** 20);
  });

  it("asks for different things each time", () => {
    const filters = filterQueries(
      { half: "half.jsonl" },
      Array.from({ length: 20 }, (_, i) => `tool ${i}`),
    );
    expect(new Set(filters).size).toBe(filters.length);
    expect(filters.length).toBeGreaterThan(50);
    const texts = searchTexts(200_000);
    expect(new Set(texts).size).toBe(texts.length);
    expect(someOf([1, 2, 3, 4, 5, 6], 3)).toEqual([1, 3, 5]);
    expect(someOf([1, 2], 3)).toEqual([1, 2]);
  });

  it("holds the slowest of a share to the bar", () => {
    const values = Array.from({ length: 40 }, (_, i) => i + 1);
    expect([percentile(values, 0.95), percentile(values, 1), percentile([3], 0.5)]).toEqual([38, 40, 3]);
    expect(mostOf("a", values, 0.95, "ms", 38, 20)).toMatchObject({ value: 38, holds: true, reachesGoal: false, interval: [1, 40] });
    expect(mostOf("a", values, 0.95, "ms", 37)).toMatchObject({ holds: false, goal: null });
    expect(mostOf("a", values, 0.95, "ms")).toMatchObject({ bar: null, holds: null });
  });
});
