import { describe, expect, it } from "vitest";
import type { TrajectoryFacets, TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { DEFAULT_SCHEME } from "#contracts/review.ts";
import { facetGroups, type FacetOption } from "./facetGroups.ts";

const FACETS: TrajectoryFacets = {
  total: 5,
  sources: [
    { value: "b.jsonl", count: 1 },
    { value: "a.jsonl", count: 4 },
  ],
  splits: [{ value: "train", count: 5 }],
  statuses: [
    { value: "unreviewed", count: 3 },
    { value: "accepted", count: 2 },
  ],
  assignees: [{ value: "ann", count: 2 }],
  unassigned: 3,
  called: [{ value: "get_fee", count: 4 }],
  offered: [],
  labels: [{ question: "outcome", option: "no", count: 1 }],
  findings: [{ value: "F05", count: 1 }],
  unreadable: 0,
  disputed: 0,
  alone: {},
  without: {},
};
const options = (filter: TrajectoryFilter, id: string): readonly FacetOption[] =>
  facetGroups(FACETS, filter, DEFAULT_SCHEME).find((group) => group.id === id)?.options ?? [];
const changeOf = (filter: TrajectoryFilter, group: string, id: string) => options(filter, group).find((option) => option.id === id)?.change;

describe("facets to choose from", () => {
  it("are groups with counts; what nothing has is left out", () => {
    const groups = facetGroups(FACETS, {}, DEFAULT_SCHEME);
    expect(groups.map(({ title }) => title)).toEqual([
      "Status",
      "Queue",
      "Split",
      "Source",
      "Finding",
      "Label: Does it do what the user asked?",
      "Tool called",
    ]);
    expect(options({}, "source").map(({ title, count }) => `${title} ${count}`)).toEqual(["a.jsonl 4", "b.jsonl 1"]);
    expect(options({}, "finding").map(({ title, count }) => [title, count])).toEqual([
      ["Any finding", null],
      ["No finding", null],
      ["F05 Required argument missing", 1],
    ]);
  });

  it("several statuses may be chosen, in one order, and the last one taken out is no condition", () => {
    expect(changeOf({ status: ["accepted"] }, "status", "status/unreviewed")).toEqual({ status: ["unreviewed", "accepted"] });
    expect(changeOf({ status: ["accepted"] }, "status", "status/accepted")).toEqual({ status: undefined });
  });

  it("one value of the others, which choosing again takes out", () => {
    expect(changeOf({ split: "test" }, "split", "split/train")).toEqual({ split: "train" });
    expect(changeOf({ split: "train" }, "split", "split/train")).toEqual({ split: undefined });
    expect(changeOf({}, "assignee", "assignee")).toEqual({ assignee: null });
    expect(changeOf({ assignee: null }, "assignee", "assignee")).toEqual({ assignee: undefined });
    expect(changeOf({}, "tool/called", "tool/called/get_fee")).toEqual({ tool: { name: "get_fee", use: "called" } });
    expect(changeOf({ label: { question: "call", option: "tool", annotator: "ann" } }, "label/outcome", "label/outcome/no")).toEqual({
      label: { question: "outcome", option: "no", annotator: "ann" },
    });
  });

  it("a chosen value stays where nothing is left of it", () => {
    const filter: TrajectoryFilter = {
      split: "test",
      source: "gone",
      status: ["rejected"],
      assignee: "ben",
      tool: { name: "gone", use: "offered" },
      finding: "F02",
      label: { question: "call", option: "early" },
      disputed: true,
    };
    const chosen = facetGroups(FACETS, filter, DEFAULT_SCHEME).flatMap((group) => group.options.filter(({ isChosen }) => isChosen));
    expect(chosen.map(({ title, count }) => `${title} ${count}`)).toEqual([
      "Rejected 0",
      "ben 0",
      "test 0",
      "gone 0",
      "F02 Invented tool 0",
      "Annotators in dispute 0",
      "Should have asked first 0",
      "gone 0",
    ]);
  });
});
