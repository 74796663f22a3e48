import { describe, expect, it } from "vitest";
import type { CallFinding } from "#contracts/calls.ts";
import type { ToolCall, ToolDefinition, Turn } from "#contracts/trajectory.ts";
import { partsOf } from "./parts.ts";

const tool: ToolDefinition = { name: "find", description: "", parameters: {} };
const call: ToolCall = { name: "find", argumentsText: "{}", arguments: { ok: true, value: {} } };
const finding = (callIndex: number): CallFinding => ({ code: "F05", message: "missing", fix: "add it", callIndex });
const turns: Turn[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Find it" },
  { role: "assistant", thought: "Look.", calls: [call, call] },
  { role: "tool", content: "none", name: "find" },
  { role: "assistant", calls: [], answer: "There is none." },
];

describe("partsOf", () => {
  it("splits turns by segment and puts the tools after the system text", () => {
    expect(partsOf({ tools: [tool], turns }).map((part) => part.word)).toEqual([
      "System",
      "Tools",
      "User",
      "Thought",
      "Call",
      "Call",
      "Result",
      "Answer",
    ]);
  });

  it("puts a finding beside the call it is about", () => {
    const parts = partsOf({ tools: [], turns }, { 2: { findings: [finding(1)] } });
    expect(parts.filter((part) => part.findings.length > 0).map((part) => part.key)).toEqual(["2 call 1"]);
  });

  it("loses no finding that belongs to no call", () => {
    const parts = partsOf({ tools: [], turns }, { 4: { findings: [finding(0)] } });
    expect(parts.at(-1)).toMatchObject({ word: "Answer", findings: [finding(0)] });
  });

  it("shows raw text alone where a turn could not be read", () => {
    const raw: Turn = { role: "assistant", calls: [], raw: "Action: find\nAction In" };
    expect(partsOf({ tools: [], turns: [raw] })).toMatchObject([{ kind: "raw", text: "Action: find\nAction In" }]);
  });

  it("shows the tools of a conversation that has only a system turn", () => {
    expect(partsOf({ tools: [tool], turns: turns.slice(0, 1) }).map((part) => part.word)).toEqual(["System", "Tools"]);
  });

  it("says which turns are targets", () => {
    const parts = partsOf({ tools: [], turns, targets: [4] });
    expect(parts.filter((part) => part.isTarget).map((part) => part.word)).toEqual(["Answer"]);
  });
});
