import { describe, expect, it } from "vitest";
import type { CaseGroup, CaseSummary } from "#contracts/cases.ts";
import { caseRows, groupWords } from "./caseRows.ts";

const one = (id: string): CaseSummary => ({ id }) as CaseSummary;
const group = (...ids: readonly string[]): CaseGroup => ({ tool: "find", code: "F09", spanText: '"Oslo"', cases: ids.map(one) });
const GROUPS = [group("C-1", "C-2"), group("C-3"), group("C-4", "C-5")];
const keys = (open: string | null, ...toggled: readonly string[]) => caseRows(GROUPS, open, new Set(toggled)).map(({ key }) => key);

describe("the lines of the case list", () => {
  it("are groups, closed but for the one of the open case, and single cases", () => {
    expect(keys(null)).toEqual(["group C-1", "C-3", "group C-4"]);
    expect(keys("C-5")).toEqual(["group C-1", "C-3", "group C-4", "C-4", "C-5"]);
    expect(keys("C-3")).toEqual(["group C-1", "C-3", "group C-4"]);
  });

  it("are the other way where somebody turned a group", () => {
    expect(keys(null, "C-1")).toEqual(["group C-1", "C-1", "C-2", "C-3", "group C-4"]);
    expect(keys("C-1", "C-1")).toEqual(["group C-1", "C-3", "group C-4"]);
  });

  it("say what is alike", () => {
    expect(groupWords(group("C-1"))).toBe('find: "Oslo"');
    expect(groupWords({ tool: "", spanText: "", code: "F14" })).toBe("F14");
    expect(groupWords({ tool: "", spanText: "", code: null })).toBe("No tool");
  });
});
