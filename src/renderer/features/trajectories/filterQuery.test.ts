import { describe, expect, it } from "vitest";
import type { LocationQuery } from "vue-router";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { FILTER_KEYS, filterOfQuery, queryOfFilter } from "./filterQuery.ts";

const FULL: Required<TrajectoryFilter> = {
  ids: ["T-00001", "T-00002"],
  text: 'two "words in quotes"',
  source: "one & two.jsonl",
  split: "test",
  status: ["accepted", "flagged"],
  tool: { name: "find:me", use: "called" },
  definition: 12,
  finding: "F05",
  unreadable: false,
  label: { question: "a:b", option: "yes", annotator: "ann" },
  labelledBy: "ann",
  disputed: true,
  assignee: null,
  editedBy: "ben",
  turns: { from: 3, to: 9 },
  calls: { to: 0 },
};

describe("a filter in an address", () => {
  it("comes back as it was, every condition of it", () => {
    const query = queryOfFilter(FULL) as LocationQuery;
    expect(Object.keys(query).sort()).toEqual([...FILTER_KEYS].sort());
    expect(filterOfQuery(query)).toEqual(FULL);
    expect(filterOfQuery(queryOfFilter({}) as LocationQuery)).toEqual({});
    const partial: TrajectoryFilter = { label: { question: "outcome", annotator: "ann" }, turns: { from: 2 }, assignee: "ann" };
    expect(filterOfQuery(queryOfFilter(partial) as LocationQuery)).toEqual(partial);
  });

  it("leaves out what an address says badly", () => {
    const query = {
      split: "all",
      status: "done,accepted",
      turns: "many",
      finding: "F99",
      tool: "used:x",
      definition: "-1",
      label: ":",
      unreadable: "1",
      dialog: "x",
    };
    expect(filterOfQuery(query)).toEqual({ status: ["accepted"] });
  });
});
