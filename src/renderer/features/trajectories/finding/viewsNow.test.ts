import { describe, expect, it } from "vitest";
import type { SavedView } from "#contracts/procedures/finding.ts";
import { isSameFilter, viewsNow } from "./viewsNow.ts";

const view = (name: string, filter: SavedView["filter"], isBuiltIn = false): SavedView => ({ name, filter, isBuiltIn, count: 0 });
const VIEWS = [
  view("All", {}, true),
  view("Disputed", { disputed: true }, true),
  view("Held out", { split: "test" }),
  view("Mine too", { split: "test" }),
];
const names = (filter: SavedView["filter"], from?: string) => {
  const { shown, own } = viewsNow(VIEWS, filter, from);
  return [shown?.name, own?.name];
};

describe("the view that a list shows", () => {
  it("is the one with these conditions, of two alike the one that was opened", () => {
    expect(names({})).toEqual(["All", undefined]);
    expect(names({ disputed: true })).toEqual(["Disputed", undefined]);
    expect(names({ split: "test" })).toEqual(["Held out", "Held out"]);
    expect(names({ split: "test" }, "mine TOO")).toEqual(["Mine too", "Mine too"]);
  });

  it("is none once the conditions differ; the one it was opened from can still be overwritten", () => {
    expect(names({ split: "test", text: "fee" }, "Held out")).toEqual([undefined, "Held out"]);
    expect(names({ split: "test", text: "fee" }, "Disputed")).toEqual([undefined, undefined]);
    expect(names({ text: "fee" }, "deleted")).toEqual([undefined, undefined]);
  });

  it("does not depend on the order in which conditions were chosen", () => {
    expect(isSameFilter({ split: "test", text: "fee" }, { text: "fee", split: "test" })).toBe(true);
    expect(isSameFilter({ assignee: null }, {})).toBe(false);
  });
});
