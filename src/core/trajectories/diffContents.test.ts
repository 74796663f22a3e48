import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { randomIntegers } from "#core/model/random.ts";
import { diffContents } from "./diffContents.ts";
import { randomEdits } from "./edit/editTesting.ts";
import * as edit from "./edit/index.ts";
import { mergeContents, settleConflicts } from "./mergeContents.ts";

const base: TrajectoryContent = {
  tools: [
    { name: "find", description: "Finds.", parameters: {} },
    { name: "book", description: "Books.", parameters: {} },
  ],
  turns: [
    { role: "user", content: "Find a flight to Oslo" },
    { role: "assistant", thought: "Search first.", calls: [edit.readCall("find", '{"city": "Oslo"}'), edit.readCall("book", "{}")] },
    { role: "tool", content: '{"flights": []}' },
    { role: "assistant", calls: [], answer: "There is none." },
  ],
  metadata: { fields: { id: 1 } },
};
const kinds = (before: TrajectoryContent, after: TrajectoryContent) => diffContents(before, after).turns.map(({ kind }) => kind);

describe("diffContents", () => {
  it("finds nothing between equal contents", () => {
    const copy = JSON.parse(JSON.stringify(base)) as TrajectoryContent;
    expect(diffContents(base, copy)).toMatchObject({ isEqual: true, tools: [], metadata: [] });
  });

  it("names the part that changed, to the call", () => {
    const edited = edit.setArgument(edit.setText(base, 3, "answer", "None."), 1, 0, "/city", "Lima");
    expect(diffContents(base, edited).turns.filter(({ kind }) => kind !== "same")).toEqual([
      {
        kind: "changed",
        before: 1,
        after: 1,
        parts: [{ part: "call", callIndex: 0, before: 'find\n{"city": "Oslo"}', after: 'find\n{"city": "Lima"}' }],
      },
      { kind: "changed", before: 3, after: 3, parts: [{ part: "answer", before: "There is none.", after: "None." }] },
    ]);
  });

  it("tells added, removed and moved turns apart", () => {
    expect(kinds(base, edit.addTurn(base, 1, { role: "user", content: "Soon" }))).toEqual(["same", "added", "same", "same", "same"]);
    expect(kinds(base, edit.removeTurn(base, 2))).toEqual(["same", "same", "removed", "same"]);
    expect(diffContents(base, edit.moveTurn(base, 0, 3)).turns).toEqual([
      { kind: "removed", before: 0, movedTo: 3 },
      { kind: "same", before: 1, after: 0 },
      { kind: "same", before: 2, after: 1 },
      { kind: "same", before: 3, after: 2 },
      { kind: "added", after: 3, movedFrom: 0 },
    ]);
  });

  it("pairs a turn that was rewritten and one that came before it", () => {
    const edited = edit.addTurn(edit.setText(base, 0, "content", "Find a flight to Bergen"), 0, { role: "user", content: "Hi" });
    expect(kinds(base, edited)).toEqual(["added", "changed", "same", "same", "same"]);
  });

  it("shows targets, tools and metadata", () => {
    const edited = edit.setTarget(edit.editTool(base, 0, { ...base.tools[0]!, description: "Searches." }), 3, false);
    const difference = diffContents(base, { ...edited, metadata: {} });
    expect(difference.turns[3]).toMatchObject({ parts: [{ part: "target", before: "trained on", after: "not trained on" }] });
    expect(difference.tools).toMatchObject([{ kind: "changed", name: "find", fields: ["description"] }]);
    expect(difference.metadata).toEqual(["fields"]);
    const renamed = edit.editTool(base, 0, { ...base.tools[0]!, name: "search" });
    expect(diffContents(base, renamed).tools.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["removed find", "added search"]);
  });

  it("compares 300 turns of two megabytes that all changed", () => {
    const long = (mark: string): Turn[] =>
      Array.from({ length: 300 }, (_, i) => ({ role: i % 2 === 0 ? "user" : "tool", content: `${i} ${mark} ${"word ".repeat(1400)}` }));
    const one = { ...base, turns: long("a") };
    expect(kinds(one, { ...base, turns: long("b") })).toEqual(Array.from({ length: 300 }, () => "changed"));
    expect(kinds(one, edit.removeTurn(one, 150)).filter((kind) => kind !== "same")).toEqual(["removed"]);
  });
});

describe("mergeContents", () => {
  it("takes from each side what only it changed", () => {
    const mine = edit.setText(edit.addTurn(base, 4, { role: "user", content: "Thanks" }), 0, "content", "Find a train to Oslo");
    const theirs = edit.setTarget(edit.removeTurn(edit.editTool(base, 1, { ...base.tools[1]!, description: "x" }), 2), 1, false);
    const { content, conflicts } = mergeContents(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(content.turns).toEqual([mine.turns[0], base.turns[1], base.turns[3], mine.turns[4]]);
    expect(content.tools[1]!.description).toBe("x");
    expect(content.targets).toEqual([2]);
  });

  it("joins two edits of one turn where they touched two parts", () => {
    const mine = edit.setText(base, 1, "thought", "Look.");
    const theirs = edit.renameCall(base, 1, 0, "search");
    const { content, conflicts } = mergeContents(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(content).toEqual(edit.setText(theirs, 1, "thought", "Look."));
  });

  it("holds both sides where both changed the same, and settles as chosen", () => {
    const mine = edit.addTurn(edit.setText(base, 3, "answer", "Mine."), 1, { role: "user", content: "my turn" });
    const theirs = edit.addTurn(edit.setText(base, 3, "answer", "Theirs."), 1, { role: "user", content: "their turn" });
    const merged = mergeContents(base, mine, theirs);
    expect(merged.conflicts.map((conflict) => (conflict.kind === "turns" ? [conflict.why, conflict.at, conflict.length] : []))).toEqual([
      ["added", 1, 2],
      ["changed", 5, 1],
    ]);
    expect(settleConflicts(merged, ["mine", "mine"])).toEqual(mine);
    expect(settleConflicts(merged, ["theirs", "theirs"])).toEqual(theirs);
    expect(settleConflicts(merged, ["both", "theirs"]).turns).toHaveLength(6);
  });

  it("asks where one removed what the other changed, and where both changed a tool", () => {
    const tool = (description: string) => edit.editTool(base, 0, { ...base.tools[0]!, description });
    const merged = mergeContents(base, edit.removeTurn(tool("mine"), 3), edit.setText(tool("theirs"), 3, "answer", "Changed."));
    expect(merged.conflicts.map(({ kind }) => kind)).toEqual(["turns", "tool"]);
    expect(merged.content.turns).toHaveLength(4);
    expect(settleConflicts(merged, ["mine", "theirs"])).toMatchObject({ tools: [{ description: "theirs" }, {}] });
    expect(settleConflicts(merged, ["mine", "theirs"]).turns).toHaveLength(3);
  });

  it.each(Array.from({ length: 30 }, (_, seed) => seed))("gives one side's edits where the other made none, from seed %i", (seed) => {
    const edited = [seed, seed + 1000].map((start) => {
      const { step } = randomEdits(randomIntegers(start));
      let content = base;
      for (let i = 0; i < 25; i++) {
        try {
          content = step(content);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
        }
      }
      return content;
    });
    const [one, other] = edited as [TrajectoryContent, TrajectoryContent];
    expect(mergeContents(base, one, base)).toEqual({ content: one, conflicts: [] });
    expect(mergeContents(base, base, one)).toMatchObject({ conflicts: [] });
    expect(diffContents(mergeContents(base, base, one).content, one)).toMatchObject({ isEqual: true });
    expect(diffContents(mergeContents(base, one, one).content, one)).toMatchObject({ isEqual: true });
    const merged = mergeContents(base, one, other);
    for (const choice of ["mine", "theirs", "both"] as const) {
      const settled = settleConflicts(
        merged,
        merged.conflicts.map(() => choice),
      );
      expect(edit.faultOfContent(settled)).toBeNull();
    }
  });
});
