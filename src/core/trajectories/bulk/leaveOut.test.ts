import { describe, expect, it } from "vitest";
import type { LeaveOutOperation } from "#contracts/bulk.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { prepareBulkEdit } from "./bulkEdit.ts";
import { turnThatSays } from "./leaveOut.ts";

const calling = (name: string, city: string): Turn => ({
  role: "assistant",
  thought: "I look it up.",
  calls: [{ name, argumentsText: `{"city": "${city}"}`, arguments: { ok: true, value: { city } } }],
});
const TURNS: readonly Turn[] = [
  { role: "user", content: "Find Oslo, then Bern." },
  calling("find", "Oslo"),
  { role: "tool", content: "ok" },
  calling("find_all", "Bern"),
];
const FIND = { name: "find", description: "", parameters: { type: "object", properties: { city: { type: "string" } } } };
const content = (targets?: readonly number[]): TrajectoryContent => ({
  tools: [FIND],
  turns: TURNS,
  metadata: {},
  ...(targets === undefined ? {} : { targets }),
});
const callOf = (city: string, name = "find"): string => `Action: ${name}\nAction Input: {"city": "${city}"}`;

const named = (...texts: readonly string[]): LeaveOutOperation => ({
  type: "leaveOut",
  turns: { by: "text", texts: texts.map((text) => ({ trajectory: "T-00001", text })) },
});
const withFinding = (finding: "any" | "F02" | "F03" | "F08"): LeaveOutOperation => ({
  type: "leaveOut",
  turns: { by: "finding", finding },
});
const edit = (operation: LeaveOutOperation, of: TrajectoryContent, knownTools?: ReadonlySet<string>, id = "T-00001") =>
  prepareBulkEdit(operation, knownTools === undefined ? {} : { knownTools })(of, id);

describe("leaving turns out of the loss", () => {
  it("finds the turn that says a text, with or without its thought", () => {
    const found = [callOf("Oslo"), `Thought: I look it up.\n${callOf("Bern", "find_all")}`, callOf("Rome"), " "];
    expect(found.map((text) => turnThatSays(TURNS, text))).toEqual([1, 3, -1, -1]);
  });

  it("keeps the other turns that are trained on, and shows which turn it leaves out", () => {
    const outcome = edit(named(callOf("Oslo")), content());
    expect(outcome).toMatchObject({ content: { targets: [3], turns: TURNS }, numLeft: 0 });
    expect("hits" in outcome && outcome.hits).toEqual([
      expect.objectContaining({
        turn: 1,
        part: "loss",
        before: "trained on",
        after: "left out",
        trail: expect.stringContaining("Oslo") as string,
      }),
    ]);
  });

  it("touches only the trajectory that was named with the text", () => {
    expect(edit(named(callOf("Oslo")), content(), undefined, "T-00002")).toMatchObject({ hits: [], content: content() });
  });

  it("leaves alone what would train on nothing, says something else now, or is left out already", () => {
    expect(edit(named(callOf("Oslo")), content([1]))).toEqual({ skip: "no other turn of it is trained on: reject it instead" });
    expect(edit(named(callOf("Oslo"), callOf("Bern", "find_all")), content())).toMatchObject({ skip: expect.any(String) as string });
    expect(edit(named(callOf("Rome")), content())).toEqual({ skip: "the turn is not there any more" });
    expect(edit(named(callOf("Oslo")), content([3]))).toMatchObject({ hits: [] });
  });

  it("takes the turns that the checker objects to, by any finding or by one", () => {
    expect(edit(withFinding("any"), content())).toMatchObject({ content: { targets: [1] }, hits: [{ turn: 3 }] });
    expect(edit(withFinding("F08"), content())).toMatchObject({ hits: [] });
    // a tool that another trajectory offers is not invented
    const known = new Set(["find", "find_all"]);
    expect([withFinding("F02"), withFinding("F03")].map((operation) => edit(operation, content(), known))).toMatchObject([
      { hits: [] },
      { hits: [{ turn: 3 }] },
    ]);
  });
});
