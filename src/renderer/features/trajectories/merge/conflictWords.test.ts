import { describe, expect, it } from "vitest";
import type { Label } from "#contracts/review.ts";
import type { TrajectoryId } from "#contracts/trajectory.ts";
import { sidesOf } from "./conflictWords.ts";

const common = { id: 1, trajectoryId: "T-00001" as TrajectoryId, author: "ben", at: "" } as const;
const label = (annotator: string, option: string): Label => ({ annotator, question: "outcome", place: {}, options: [option] });

describe("the sides of a conflict", () => {
  it("are words of the screens", () => {
    expect(sidesOf({ ...common, field: "status", mine: "accepted", theirs: "rejected" })).toEqual(["Accepted", "Rejected"]);
    expect(sidesOf({ ...common, field: "assignee", mine: "", theirs: "ben" })).toEqual(["nobody's", "ben"]);
    expect(sidesOf({ ...common, field: "split", mine: "train", theirs: "test" })).toEqual(["train", "test"]);
  });

  it("of labels name only what differs", () => {
    const mine = { labels: [label("ann", "yes"), label("cleo", "no")], notes: [] };
    const theirs = { labels: [label("ann", "no"), label("cleo", "no")], notes: [] };
    expect(sidesOf({ ...common, field: "annotations", mine, theirs })).toEqual([
      "ann answered outcome with yes (Whole trajectory)",
      "ann answered outcome with no (Whole trajectory)",
    ]);
    expect(sidesOf({ ...common, field: "annotations", mine: { labels: [], notes: [] }, theirs: mine })[0]).toBe("no answer");
  });
});
