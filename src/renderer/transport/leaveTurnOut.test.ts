import { describe, expect, it, vi } from "vitest";
import type { Turn } from "#contracts/trajectory.ts";
import type { Client } from "./client.ts";
import { leaveTurnOut, turnThatTeaches } from "./leaveTurnOut.ts";

const calling = (city: string): Turn => ({
  role: "assistant",
  thought: "I look it up.",
  calls: [{ name: "find", argumentsText: `{"city": "${city}"}`, arguments: { ok: true, value: { city } } }],
});
const TURNS: readonly Turn[] = [
  { role: "user", content: "Find Oslo, then Bern." },
  calling("Oslo"),
  { role: "tool", content: "ok" },
  calling("Bern"),
];
const callOf = (city: string): string => `Action: find\nAction Input: {"city": "${city}"}`;

function clientOf(targets?: readonly number[]) {
  const revise = vi.fn(async (_edited: { content: { targets?: readonly number[] } }) => ({ revision: 8, change: null }));
  const get = async () => ({
    trajectory: { id: "T-1", split: "train", tools: [], turns: TURNS, metadata: {}, ...(targets && { targets }) },
    summary: { revision: 7 },
  });
  return { revise, client: { trajectories: { get }, editing: { revise } } as unknown as Client };
}
const ask = { id: "T-1", call: callOf("Oslo"), author: "ann", reason: "taught C-0001" };

describe("leaving a turn out of the loss", () => {
  it("finds the turn that teaches a call, with or without its thought", () => {
    expect([turnThatTeaches(TURNS, callOf("Oslo")), turnThatTeaches(TURNS, `Thought: I look it up.\n${callOf("Bern")}`)]).toEqual([1, 3]);
    expect([turnThatTeaches(TURNS, callOf("Rome")), turnThatTeaches(TURNS, " ")]).toEqual([-1, -1]);
  });

  it("keeps the other turns that are trained on", async () => {
    const { client, revise } = clientOf();
    expect(await leaveTurnOut(client, ask)).toEqual({ kind: "done" });
    expect(revise).toHaveBeenCalledWith(expect.objectContaining({ id: "T-1", baseRevision: 7, reason: "taught C-0001" }));
    expect(revise.mock.calls[0]![0].content.targets).toEqual([3]);
  });

  it("leaves alone what would train on nothing, does so already, or teaches something else now", async () => {
    const why = async (targets: readonly number[], call = ask.call) => {
      const { client, revise } = clientOf(targets);
      const answer = await leaveTurnOut(client, { ...ask, call });
      expect(revise).not.toHaveBeenCalled();
      return answer.kind === "left" ? answer.why : answer.kind;
    };
    expect([await why([1]), await why([3]), await why([1, 3], callOf("Rome"))]).toEqual(["last", "already", "gone"]);
  });
});
