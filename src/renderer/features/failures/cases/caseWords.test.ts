import { describe, expect, it } from "vitest";
import type { CaseProgress } from "#contracts/cases.ts";
import { lifeSteps } from "./caseWords.ts";

const open: CaseProgress = { state: "open", fixedIn: null, verifiedIn: null, regressedIn: null, lastCheck: null };
const marks = (progress: Partial<CaseProgress>, traced = false) =>
  lifeSteps({ ...open, ...progress }, traced ? [{ kind: "traced", trajectories: ["T-00001", "T-00002"] }] : []).map(
    ({ words, mark }) => `${mark}: ${words}`,
  );

describe("the life of a case as steps", () => {
  it("begins open, with all else ahead", () => {
    expect(marks({})).toEqual(["now: Open", "ahead: Traced", "ahead: Fixed in a data version", "ahead: Verified in a run"]);
  });

  it("names what was reached, and where", () => {
    expect(marks({ state: "fixed", fixedIn: "v2" }, true)).toEqual([
      "done: Open",
      "done: Traced, 2 trajectories",
      "now: Fixed in v2",
      "ahead: Verified in a run",
    ]);
    expect(marks({ state: "verified", verifiedIn: "r-003" })).toContain("ahead: Traced");
  });

  it("ends with a regression while that holds, or with a verdict", () => {
    expect(marks({ state: "regressed", verifiedIn: "r-002", regressedIn: "r-003" }).at(-1)).toBe("regressed: Regressed in r-003");
    expect(marks({ state: "verified", verifiedIn: "r-004", regressedIn: "r-003" }).at(-1)).toBe("now: Verified in r-004");
    expect(marks({ state: "willNotFix" }).at(-1)).toBe("closed: Closed: will not fix");
  });
});
