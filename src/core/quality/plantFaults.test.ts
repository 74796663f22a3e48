import { describe, expect, it } from "vitest";
import type { AssistantTurn, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { showsFault } from "../evaluation/plantedFaults.ts";
import { CANARY_FAULTS, plantFaults } from "./plantFaults.ts";

const NAMES = ["book", "find", "play", "read", "send", "stop"];
const TOOLS: ToolDefinition[] = [...NAMES, "ask_first"].map((name) => ({
  name,
  description: name,
  parameters: { type: "object", properties: { what: { type: "string" }, many: { type: "integer" } }, required: ["what"] },
}));
const calls = (name: string, n: number): AssistantTurn => {
  const argumentsText = JSON.stringify({ what: `thing ${n}`, many: n });
  return { role: "assistant", calls: [{ name, argumentsText, arguments: parseArguments(argumentsText) }] };
};
const answered = (name: string, n: number): TrajectoryContent => ({
  tools: TOOLS,
  turns: [
    { role: "user", content: `${name} ${n}` },
    calls(name, n),
    { role: "tool", content: "done" },
    { role: "assistant", calls: [], answer: "Done." },
  ],
  metadata: {},
});
const clarified = (n: number): TrajectoryContent => ({
  tools: TOOLS,
  turns: [
    { role: "user", content: `I need something ${n}` },
    { role: "assistant", calls: [], answer: "What do you need?" },
    { role: "user", content: "That" },
    calls("ask_first", n),
  ],
  metadata: {},
});
const rows = (perTool: number) =>
  Array.from({ length: perTool }, (_, n) => [...NAMES.map((name) => answered(name, n)), clarified(n)])
    .flat()
    .map((content, i) => ({ id: `T-${i}`, content }));
const OPTIONS = { seed: 1, numPlanted: 12, numHeldOut: 4 };

describe("planted faults", () => {
  const all = rows(20);
  const planted = plantFaults(all, OPTIONS);
  const trained = new Map(planted.train.map(({ id, content }) => [id, content]));
  const before = new Map(all.map(({ id, content }) => [id, content]));

  it("gives every fault a tool of its own, with rows that are asked and rows that are spoiled", () => {
    expect(planted.faults.map(({ fault }) => fault).sort()).toEqual([...CANARY_FAULTS].sort());
    expect(planted.notPlanted).toEqual([]);
    expect(new Set(planted.faults.map(({ tool }) => tool)).size).toBe(CANARY_FAULTS.length);
    for (const { planted: spoiled, heldOut } of planted.faults) expect([spoiled.length, heldOut.length]).toEqual([12, 4]);
    const ids = planted.faults.flatMap((one) => [...one.planted, ...one.heldOut.map(({ id }) => id)]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("spoils so that the fault shows, and ends the row there", () => {
    for (const { fault, planted: spoiled } of planted.faults) {
      for (const id of spoiled) {
        const { turns, tools } = trained.get(id)!;
        const reference = before.get(id)!.turns[turns.length - 1] as AssistantTurn;
        const text = renderAssistantText(turns.at(-1) as AssistantTurn);
        expect([fault, id, showsFault(fault, parseAssistantText(text), reference, tools)]).toEqual([fault, id, true]);
        expect(turns.slice(0, -1)).toEqual(before.get(id)!.turns.slice(0, turns.length - 1));
      }
    }
  });

  it("leaves everything else alone, and holds out what is asked", () => {
    const spoiled = new Set(planted.faults.flatMap((one) => one.planted));
    const heldOut = new Set(planted.faults.flatMap((one) => one.heldOut.map(({ id }) => id)));
    for (const { id, content } of all) {
      if (heldOut.has(id)) expect(trained.has(id)).toBe(false);
      else if (!spoiled.has(id)) expect(trained.get(id)).toBe(content);
    }
    expect(planted.heldOut.map(({ id }) => id).sort()).toEqual([...heldOut].sort());
  });

  it("draws the same from the same seed, and says which faults have no tool", () => {
    expect(plantFaults(all, OPTIONS)).toEqual(planted);
    expect(plantFaults(all, { ...OPTIONS, seed: 2 }).faults).not.toEqual(planted.faults);
    const few = plantFaults(rows(9), OPTIONS);
    expect(few.faults).toEqual([]);
    expect([...few.notPlanted].sort()).toEqual([...CANARY_FAULTS].sort());
    expect(few.train).toHaveLength(63);
  });
});
