import { describe, expect, it } from "vitest";
import type { CaseEvent, CaseEventKind } from "#contracts/cases.ts";
import { caseProgress, checkKind, isAskedAgain } from "./caseProgress.ts";
import { groupCases, nearestByWords, type CaseLikeness } from "./groupCases.ts";

/** "verified r-002", "verified r-002/40", "fixed v2", "closed willNotFix" ... */
function events(...words: readonly string[]): Parameters<typeof caseProgress>[0] {
  return words.map((each, i) => {
    const [kind, about] = each.split(" ") as [CaseEventKind, string | undefined];
    const [runId, step] = about?.startsWith("r-") === true ? about.split("/") : [];
    return {
      kind,
      at: `2026-01-${String(i + 1).padStart(2, "0")}`,
      runId: runId ?? null,
      checkpointStep: step === undefined ? 100 : Number(step),
      dataVersion: kind === "fixed" ? { id: 1, name: about! } : null,
      verdict: kind === "closed" ? (about as CaseEvent["verdict"]) : null,
    };
  });
}
const stateAfter = (...words: readonly string[]) => caseProgress(events("opened", ...words)).state;

describe("the state of a case", () => {
  it.each([
    ["open", []],
    ["open", ["note", "unjudged r-002", "stillFailing r-002"]],
    ["traced", ["traced"]],
    ["fixed", ["traced", "fixed v2"]],
    ["fixed", ["fixed v2"]],
    ["fixed", ["traced", "fixed v2", "stillFailing r-002", "note"]],
    ["fixed", ["fixed v2", "traced"]],
    ["verified", ["traced", "fixed v2", "verified r-002"]],
    ["verified", ["verified r-002"]],
    ["verified", ["verified r-002", "traced", "fixed v3"]],
    ["verified", ["verified r-002", "verified r-003"]],
    ["regressed", ["fixed v2", "verified r-002", "regressed r-003"]],
    ["verified", ["verified r-003", "regressed r-002"]],
    ["verified", ["verified r-002/40", "regressed r-002/20"]],
    ["regressed", ["verified r-002/20", "regressed r-002/40"]],
    ["regressed", ["verified r-002", "regressed r-003", "verified r-002"]],
    ["verified", ["verified r-002", "regressed r-003", "verified r-004"]],
    ["open", ["stillFailing r-004", "verified r-003"]],
    ["traced", ["verified r-002", "regressed r-003", "traced"]],
    ["fixed", ["verified r-002", "regressed r-003", "traced", "fixed v3"]],
    ["willNotFix", ["traced", "closed willNotFix"]],
    ["notTraceable", ["closed notTraceable", "verified r-002"]],
    ["verified", ["closed notTraceable", "verified r-002", "reopened"]],
    ["traced", ["traced", "closed willNotFix", "reopened"]],
    ["notTraceable", ["closed willNotFix", "reopened", "closed notTraceable"]],
  ] as const)("is %s after %j", (state, words) => expect(stateAfter(...words)).toBe(state));

  it("says in which version and runs, and what the last one asked did", () => {
    expect(caseProgress(events("opened", "fixed v2", "stillFailing r-002", "fixed v3", "verified r-003", "regressed r-005"))).toEqual({
      state: "regressed",
      fixedIn: "v3",
      verifiedIn: "r-003",
      regressedIn: "r-005",
      lastCheck: { runId: "r-005", passed: false, at: "2026-01-06" },
    });
    expect(caseProgress(events("opened", "unjudged r-002")).lastCheck).toMatchObject({ runId: "r-002", passed: null });
    expect(caseProgress(events("opened")).lastCheck).toBeNull();
  });

  it("decides what a new check is called", () => {
    const kinds = (passed: boolean | null, run: string, ...words: readonly string[]) =>
      checkKind(caseProgress(events("opened", ...words)), { runId: run }, passed);
    expect(kinds(true, "r-002")).toBe("verified");
    expect(kinds(false, "r-002")).toBe("stillFailing");
    expect(kinds(null, "r-002", "verified r-001")).toBe("unjudged");
    expect(kinds(false, "r-003", "verified r-002")).toBe("regressed");
    expect(kinds(false, "r-001", "verified r-002")).toBe("stillFailing");
    expect(kinds(false, "r-004", "verified r-002", "regressed r-003")).toBe("stillFailing");
  });

  it("decides who is asked again", () => {
    const progress = (...words: readonly string[]) => caseProgress(events("opened", ...words));
    expect(isAskedAgain(progress(), "r-001", "r-002")).toBe(true);
    expect(isAskedAgain(progress("verified r-002"), "r-001", "r-003")).toBe(true);
    expect(isAskedAgain(progress(), "r-002", "r-002")).toBe(false);
    expect(isAskedAgain(progress(), "r-010", "r-009")).toBe(false);
    expect(isAskedAgain(progress(), null, "r-001")).toBe(true);
    expect(isAskedAgain(progress("closed willNotFix"), "r-001", "r-002")).toBe(false);
  });

  it("is the same however often it is asked, whatever order its events come in", () => {
    const kinds = [
      "traced",
      "fixed v2",
      "verified r-002",
      "verified r-004",
      "stillFailing r-003",
      "regressed r-005",
      "closed willNotFix",
      "reopened",
    ];
    for (let seed = 0; seed < 400; seed++) {
      const words = Array.from({ length: 6 }, (_, i) => kinds[(seed * 31 + i * i * 17 + (seed >> i)) % kinds.length]!);
      const { state, verifiedIn, fixedIn, regressedIn } = caseProgress(events("opened", ...words));
      if (state === "verified") expect(verifiedIn).not.toBeNull();
      if (state === "fixed") expect(fixedIn).not.toBeNull();
      if (state === "regressed") expect(regressedIn).not.toBeNull();
      if (state === "willNotFix") expect(words.lastIndexOf("closed willNotFix")).toBeGreaterThan(words.lastIndexOf("reopened"));
    }
  });
});

describe("cases that are alike", () => {
  const one = (tool: string, code: CaseLikeness["code"], spanText: string, prompt: string): CaseLikeness => ({
    tool,
    code,
    spanText,
    prompt,
  });
  const group = (cases: readonly CaseLikeness[]) =>
    groupCases(cases, (each) => each).map((members) => members.map((each) => cases.indexOf(each)));

  it("are of one tool, one code and one error, the largest group first", () => {
    const cases = [
      one("a", "F02", "a_pro", "first thing"),
      one("b", "F09", '"Oslo"', "train there"),
      one("b", "F09", '"Oslo"', "hotel elsewhere"),
      one("b", "F05", '"Oslo"', "train there"),
      one("c", "F09", '"Oslo"', "train there"),
      one("b", "F09", '"Oslo"', "a third of no common word"),
    ];
    expect(group(cases)).toEqual([[1, 2, 5], [0], [3], [4]]);
  });

  it("or, left single, of one tool and code with prompts that share half their words", () => {
    const cases = [
      one("a", "F08", '"Lima"', "book a table at Willow for Monday"),
      one("a", "F08", '"Quito"', "book a table at Willow for Sunday"),
      one("a", "F08", '"Turin"', "pay the bill of the phone company"),
      one("a", "F09", '"Perth"', "book a table at Willow for Friday"),
    ];
    expect(group(cases)).toEqual([[0, 1], [2], [3]]);
  });

  it("none of none", () => expect(group([])).toEqual([]));

  it("are found near by the words of their prompts", () => {
    const prompts = ["book a table for two", "play some jazz", "book a table for three"];
    expect(nearestByWords("book a table for four", prompts, (each) => each, 5)).toEqual([prompts[0], prompts[2]]);
    expect(nearestByWords("book a table for four", prompts, (each) => each, 1)).toEqual([prompts[0]]);
  });
});
