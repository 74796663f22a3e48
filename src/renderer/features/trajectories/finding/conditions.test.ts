import { describe, expect, it } from "vitest";
import { DEFAULT_SCHEME } from "#contracts/review.ts";
import { conditionsOf, excludesMost } from "./conditions.ts";

describe("the conditions of a filter", () => {
  it("are said in words, in one order", () => {
    const filter = {
      calls: { from: 2 },
      turns: { from: 3, to: 9 },
      status: ["accepted", "flagged"] as ("accepted" | "flagged")[],
      tool: { name: "get_fee", use: "offered" as const },
      finding: "F05" as const,
      unreadable: false,
      label: { question: "outcome", option: "no", annotator: "ann" },
      assignee: null,
      ids: ["T-00001", "T-00002", "T-00003", "T-00004", "T-00005"],
    };
    expect(conditionsOf(filter, { scheme: DEFAULT_SCHEME }).map(({ name, value }) => `${name}: ${value}`)).toEqual([
      "Ids: T-00001, T-00002, T-00003 and 2 more",
      "Status: Accepted or Flagged",
      "Tool offered: get_fee",
      "Finding: F05 Required argument missing",
      "Unreadable parts: no",
      "Label: No by ann, Does it do what the user asked?",
      "Queue: nobody's",
      "Turns: 3 to 9",
      "Calls: at least 2",
    ]);
    expect(conditionsOf({ label: { question: "gone", option: "x" } }, { scheme: DEFAULT_SCHEME })[0]?.value).toBe("x, gone");
    expect(conditionsOf({})).toEqual([]);
    expect([undefined, "get_fee"].map((definedTool) => conditionsOf({ definition: 12 }, { definedTool })[0]?.value)).toEqual([
      "12",
      "get_fee",
    ]);
  });

  it("are blamed by what would match without them, then by how few satisfy them", () => {
    const filter = { text: "fee", split: "test" as const, calls: { from: 2 } };
    expect(excludesMost(filter, { alone: { text: 4, split: 9, calls: 1 }, without: { text: 0, split: 3, calls: 7 } })).toEqual({
      key: "calls",
      numWithout: 7,
      numAlone: 1,
    });
    expect(excludesMost(filter, { alone: { text: 4, split: 0, calls: 1 }, without: { text: 0, split: 0, calls: 0 } })?.key).toBe("split");
    // an answer to another filter says nothing of this one's conditions
    expect(excludesMost({ source: "s" }, { alone: { text: 4 }, without: { text: 1 } })).toBeNull();
  });
});
