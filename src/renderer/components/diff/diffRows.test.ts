import { describe, expect, it } from "vitest";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { diffRows } from "./diffRows.ts";

const content: TrajectoryContent = {
  tools: [{ name: "find", description: "Finds.", parameters: {} }],
  turns: [
    { role: "user", content: "Find a flight to Oslo" },
    { role: "assistant", calls: [{ name: "find", argumentsText: '{"to":"Oslo"}', arguments: { ok: true, value: { to: "Oslo" } } }] },
    { role: "tool", content: "[]" },
    { role: "assistant", calls: [], answer: "There is none." },
  ],
  metadata: {},
};
const withTurn = (index: number, turn: TrajectoryContent["turns"][number]): TrajectoryContent => ({
  ...content,
  turns: content.turns.with(index, turn),
});

describe("the rows of a difference", () => {
  it("fold what is equal and name the part that is not", () => {
    expect(diffRows(content, withTurn(3, { role: "assistant", calls: [], answer: "None." }))).toEqual([
      { kind: "same", count: 3 },
      { kind: "pair", title: "Turn 4, assistant", note: "answer", before: "There is none.", after: "None." },
    ]);
    expect(diffRows(content, content)).toEqual([{ kind: "same", count: 4 }]);
  });

  it("show a turn that came or went against nothing", () => {
    const shorter = { ...content, turns: content.turns.toSpliced(2, 1) };
    expect(diffRows(content, shorter)[1]).toEqual({ kind: "pair", title: "Turn 3, result", note: "removed", before: "[]", after: "" });
    expect(diffRows(shorter, content)[1]).toEqual({ kind: "pair", title: "Turn 3, result", note: "added", before: "", after: "[]" });
  });

  it("show tools and metadata", () => {
    const other = { ...content, tools: [{ ...content.tools[0]!, description: "Searches." }], metadata: { id: 7 } };
    const rows = diffRows(content, other).filter((row) => row.kind === "pair");
    expect(rows.map(({ title, note }) => [title, note])).toEqual([
      ["Tool find", "description"],
      ["Metadata id", ""],
    ]);
  });
});
