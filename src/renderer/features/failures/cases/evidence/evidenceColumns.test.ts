import { describe, expect, it } from "vitest";
import type { CaseTrace, SignalScore, TracedExample } from "#contracts/tracing.ts";
import { changedSince, columnRows, groupOf, placeIn, trajectoriesOf } from "./evidenceColumns.ts";

type Ranks = readonly [lexical: number | null, representation: number | null, gradient: number | null];
const at = (rank: number | null): SignalScore | null => (rank === null ? null : { rank, score: 1 / rank });
function example(index: number, [lexical, representation, gradient]: Ranks, isUnchanged = true): TracedExample {
  const trajectories = [{ id: `T-${index}`, title: "", isUnchanged, findings: [] }];
  const signals = { lexical: at(lexical), representation: at(representation), gradient: at(gradient) };
  return { index, trajectories, signals, rank: index, exact: null, grade: null, hits: [], call: "" };
}
const TRACE: Pick<CaseTrace, "groups" | "opponents"> = {
  groups: [
    { examples: [example(1, [5, 2, 1]), example(2, [1, 9, 8], false)] },
    { examples: [example(3, [2, 1, null])] },
    { examples: [example(4, [null, 3, 2])] },
  ],
  opponents: [example(9, [40, 40, 40], false)],
};
const order = (signal: "lexical" | "representation" | "gradient", ...open: readonly number[]) =>
  columnRows(TRACE, signal, new Set(open)).map(
    (row) => `${row.isInside ? "  " : ""}${row.example.index} ${row.score.rank} ×${row.numAlike + 1}`,
  );

describe("the columns of a trace", () => {
  it("stand each in the order of their own signal, the best of a group for the group", () => {
    expect(order("lexical")).toEqual(["2 1 ×2", "3 2 ×1"]);
    expect(order("representation")).toEqual(["3 1 ×1", "1 2 ×2", "4 3 ×1"]);
    expect(order("gradient")).toEqual(["1 1 ×2", "4 2 ×1"]);
  });

  it("unfold a group below its best", () => {
    expect(order("lexical", 0)).toEqual(["2 1 ×2", "  1 5 ×1", "3 2 ×1"]);
    expect(order("representation", 1)).toEqual(order("representation"));
  });

  it("find an example where it is, or behind the line that stands for it", () => {
    const rows = columnRows(TRACE, "lexical", new Set());
    expect([placeIn(rows, 2, 0), placeIn(rows, 1, 0), placeIn(rows, 4, 2)]).toEqual([0, 0, -1]);
    expect([groupOf(TRACE, 2), groupOf(TRACE, 77)]).toEqual([0, -1]);
  });

  it("name trajectories once, and those that were changed since", () => {
    expect(trajectoriesOf([example(1, [1, 1, 1]), example(1, [1, 1, 1]), example(2, [1, 1, 1])])).toEqual(["T-1", "T-2"]);
    expect(changedSince(TRACE)).toEqual(["T-2", "T-9"]);
  });
});
