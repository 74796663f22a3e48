import { describe, expect, it } from "vitest";
import type { ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { factsOf } from "./contentFacts.ts";
import { parseArguments } from "./parseArguments.ts";

const call = (name: string, argumentsText: string, callId?: string): ToolCall => ({
  name,
  argumentsText,
  arguments: parseArguments(argumentsText),
  ...(callId === undefined ? {} : { callId }),
});
const asks = (...calls: ToolCall[]): Turn => ({ role: "assistant", calls });
const result = (content: string, callId?: string): Turn => ({ role: "tool", content, ...(callId === undefined ? {} : { callId }) });
const content = (...turns: Turn[]): TrajectoryContent => ({
  tools: [{ name: "fee", description: "", parameters: { type: "object", properties: { ref: { type: "string" } }, required: ["ref"] } }],
  turns: [{ role: "user", content: "the fees of A1, B2 and C3" }, ...turns],
  metadata: {},
});
const callsOf = (...turns: Turn[]) => factsOf(content(...turns), new Set(["fee"])).calls;

describe("facts of calls", () => {
  it("count what was called, objected to, answered and failed, by tool", () => {
    const facts = callsOf(
      asks(call("fee", '{"ref":"A1"}')),
      result('{"error": "", "response": 3}'),
      asks(call("fee", "{}")),
      result('{"error": "no ref"}'),
      asks(call("rate", "{}")),
    );
    expect(facts).toEqual([
      { tool: "fee", numCalls: 2, numFaulty: 1, numAnswered: 2, numFailed: 1 },
      { tool: "rate", numCalls: 1, numFaulty: 1, numAnswered: 0, numFailed: 0 },
    ]);
  });

  it("take the result that is the call's: by id, else by order, else none", () => {
    const two = asks(call("fee", '{"ref":"A1"}', "1"), call("rate", '{"ref":"B2"}', "2"));
    const failures = (...results: Turn[]) => callsOf(two, ...results).map(({ numAnswered, numFailed }) => [numAnswered, numFailed]);
    expect(failures(result("timeout", "2"), result("3", "1"))).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(failures(result("timeout"), result("3"))).toEqual([
      [1, 1],
      [1, 0],
    ]);
    expect(failures(result("timeout"))).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("know a call that was written twice as one faulty call of two", () => {
    const same = call("fee", '{"ref":"A1"}');
    expect(callsOf(asks(same, same))).toEqual([{ tool: "fee", numCalls: 2, numFaulty: 1, numAnswered: 0, numFailed: 0 }]);
  });
});
