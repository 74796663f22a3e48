import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import type { JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { openaiRowOf } from "../formats/openaiChat.ts";
import { renderAssistantText } from "../renderAssistantText.ts";
import * as edit from "./index.ts";
import { readCall } from "./index.ts";

const call = readCall("find", '{"city": "Oslo", "n": 1.0}');
const turns: readonly Turn[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "First line\nSecond line" },
  { role: "assistant", thought: "Look.", calls: [call, readCall("book", "{}")] },
  { role: "tool", content: "found", name: "find" },
  { role: "assistant", calls: [], answer: "One.\nTwo." },
];
const content: TrajectoryContent = {
  tools: [{ name: "find", description: "", parameters: {} }],
  turns,
  targets: [4],
  metadata: {},
};
const turnOf = (made: TrajectoryContent, index: number): Turn => made.turns[index]!;
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError && error.code === "E_EDIT_REFUSED") return error.message;
    throw error;
  }
  return "made";
};

describe("edits of turns", () => {
  it("keep the targets at their turns", () => {
    expect(edit.addTurn(content, 1, { role: "user", content: "Hello" }).targets).toEqual([5]);
    expect(edit.removeTurn(content, 0).targets).toEqual([3]);
    expect(edit.removeTurn(content, 4).targets).toEqual([]);
    expect(edit.moveTurn(content, 4, 1).targets).toEqual([1]);
    expect(edit.moveTurn(content, 0, 4).targets).toEqual([3]);
    expect(edit.addTurn(content, 5, { role: "assistant", calls: [], answer: "More." }).targets).toEqual([4, 5]);
  });

  it("write no list where every turn of the assistant is a target", () => {
    const all = edit.setTarget(content, 2, true);
    expect("targets" in all).toBe(false);
    expect(edit.setTarget(all, 4, false).targets).toEqual([2]);
    expect(refusal(() => edit.setTarget(content, 1, true))).toBe("The edit of turn 2 was not made: it is not a turn of the assistant.");
  });

  it("split at a line, and merge back to the same", () => {
    const split = edit.splitTurn(content, 1, { part: "content", offset: 10 });
    expect(split.turns.slice(1, 3)).toEqual([
      { role: "user", content: "First line" },
      { role: "user", content: "Second line" },
    ]);
    expect(edit.mergeTurns(split, 1)).toEqual(content);
  });

  it("split a turn of the assistant between its parts; a thought left alone becomes an answer", () => {
    const calls = edit.splitTurn(content, 2, { before: "call", callIndex: 1 });
    expect(calls.turns.slice(2, 4)).toEqual([
      { role: "assistant", thought: "Look.", calls: [call] },
      { role: "assistant", calls: [readCall("book", "{}")] },
    ]);
    expect(edit.mergeTurns(calls, 2)).toEqual(content);
    const alone = edit.splitTurn(content, 2, { before: "call", callIndex: 0 });
    expect(turnOf(alone, 2)).toEqual({ role: "assistant", calls: [], answer: "Look." });
    expect(alone.targets).toEqual([5]);
  });

  it("refuse to split where one side would be empty or a character would break", () => {
    const emoji = edit.setText(content, 1, "content", "a\u{1F600}b");
    expect(refusal(() => edit.splitTurn(emoji, 1, { part: "content", offset: 2 }))).toContain("inside a character");
    expect(refusal(() => edit.splitTurn(content, 1, { part: "content", offset: 0 }))).toContain("one side would be empty");
    expect(refusal(() => edit.splitTurn(content, 4, { part: "thought", offset: 1 }))).toContain("no such part");
  });

  it("refuse to merge turns of two roles, and calls with an answer after them", () => {
    expect(refusal(() => edit.mergeTurns(content, 0))).toContain("turn of the system and the next one of the user");
    const answered = edit.removeTurn(content, 3);
    expect(refusal(() => edit.mergeTurns(answered, 2))).toContain("calls tools and the next one answers");
    expect(refusal(() => edit.mergeTurns(content, 4))).toContain("no turn follows it");
  });

  it("change the role without losing text, and back", () => {
    const asUser = edit.retypeTurn(content, 2, "user");
    expect(turnOf(asUser, 2)).toEqual({ role: "user", content: renderAssistantText(turns[2] as AssistantTurn) });
    expect(edit.retypeTurn(asUser, 2, "assistant").turns[2]).toEqual(turns[2]);
    const answer = edit.retypeTurn(content, 4, "user");
    expect(turnOf(answer, 4)).toEqual({ role: "user", content: "One.\nTwo." });
    expect(answer.targets).toEqual([]);
    expect(edit.retypeTurn(answer, 4, "assistant")).toEqual(content);
  });
});

describe("edits of texts", () => {
  it("re-read raw text, and keep to the letter what does not parse", () => {
    const broken = edit.setRawText(content, 4, "Answr: no");
    expect(turnOf(broken, 4)).toEqual({ role: "assistant", calls: [], raw: "Answr: no" });
    const repaired = edit.setRawText(broken, 4, 'Thought: ok\nAction: find\nAction Input: {"a": 1.0}');
    expect(turnOf(repaired, 4)).toEqual({ role: "assistant", thought: "ok", calls: [readCall("find", '{"a": 1.0}')] });
    expect(turnOf(edit.convertPart(broken, 4, "rawToAnswer"), 4)).toEqual({ role: "assistant", calls: [], answer: "Answr: no" });
  });

  it("refuse a thought that would be read as a call", () => {
    expect(refusal(() => edit.setText(content, 2, "thought", "a\nAction: b"))).toContain("turn 3 was not made: a thought ends at a line");
    expect(refusal(() => edit.setText(content, 2, "answer", "no"))).toContain("either calls tools or answers");
  });

  it("take a thought for an answer and back", () => {
    const thought = edit.convertPart(content, 4, "answerToThought");
    expect(turnOf(thought, 4)).toEqual({ role: "assistant", calls: [], thought: "One.\nTwo.", answer: "" });
    expect(edit.convertPart(thought, 4, "thoughtToAnswer")).toEqual(content);
    expect(edit.addCall(thought, 4, 0, call).turns[4]).toEqual({ role: "assistant", calls: [call], thought: "One.\nTwo." });
    expect(refusal(() => edit.addCall(content, 4, 0, call))).toContain("make the answer a thought first");
  });
});

describe("edits of calls", () => {
  const argumentsOf = (made: TrajectoryContent): string => (turnOf(made, 2) as AssistantTurn).calls[0]!.argumentsText;

  it("keep the spelling of what they do not touch", () => {
    expect(argumentsOf(edit.setArgument(content, 2, 0, "/city", "Lima"))).toBe('{"city": "Lima", "n": 1.0}');
    expect(argumentsOf(edit.setArgument(content, 2, 0, "/day", "monday"))).toBe('{"city": "Oslo", "n": 1.0, "day": "monday"}');
    expect(argumentsOf(edit.setArgument(content, 2, 0, "/city", undefined))).toBe('{"n": 1.0}');
    expect(argumentsOf(edit.renameArgument(content, 2, 0, "/n", "count"))).toBe('{"city": "Oslo", "count": 1.0}');
    expect(edit.setArguments(content, 2, 0, { n: 1, city: "Oslo" })).toBe(content);
    expect(edit.setArguments(content, 2, 0, { city: "Oslo", n: 2 })).toEqual(edit.setArgument(content, 2, 0, "/n", 2));
  });

  it("keep broken arguments with their place, and refuse to edit a part of them", () => {
    const broken = edit.setArgumentsText(content, 2, 0, '{"city": ');
    expect((turnOf(broken, 2) as AssistantTurn).calls[0]).toMatchObject({
      argumentsText: '{"city": ',
      arguments: { ok: false, offset: 9 },
    });
    expect(refusal(() => edit.setArgument(broken, 2, 0, "/city", "Oslo"))).toContain("cannot be read");
  });

  it("leave an empty answer where the last call goes", () => {
    const none = edit.removeCall(edit.removeCall(content, 2, 1), 2, 0);
    expect(turnOf(none, 2)).toEqual({ role: "assistant", thought: "Look.", calls: [], answer: "" });
    expect(edit.moveCall(content, 2, 0, 1).turns[2]).toMatchObject({ calls: [{ name: "book" }, { name: "find" }] });
    expect(refusal(() => edit.removeCall(content, 2, 2))).toContain("it has no call 3");
  });
});

describe("edits of tools", () => {
  it("refuse a second tool of a name, but not one that came so", () => {
    expect(refusal(() => edit.addTool(content, { name: "find", description: "", parameters: {} }))).toContain("of this name already");
    const twice = { ...content, tools: [content.tools[0]!, content.tools[0]!] };
    expect(edit.editTool(twice, 1, { ...content.tools[0]!, description: "x" }).tools[1]!.description).toBe("x");
  });

  it("carry a new name to the calls on request", () => {
    const renamed = edit.editTool(content, 0, { ...content.tools[0]!, name: "search" }, { renameCalls: true });
    expect((turnOf(renamed, 2) as AssistantTurn).calls.map(({ name }) => name)).toEqual(["search", "book"]);
    expect(turnOf(renamed, 3)).toMatchObject({ name: "search" });
    expect(edit.editTool(content, 0, { ...content.tools[0]!, name: "search" }).turns).toBe(content.turns);
  });
});

describe("what an export needs", () => {
  it("stays with its turn when turns move", () => {
    const facts = { style: {}, messages: { 1: { set: { mood: "calm" } }, 4: { set: { tag: 7 } } } };
    const rows: JsonValue[] = [
      { id: "Step 5", last: 4 },
      { id: "odd", last: 2, turns: [0, 1, 2] },
    ];
    const made = edit.addTurn({ ...content, metadata: { openai: facts, toolllama: { rows, texts: { 4: "x" } } } }, 1, turns[1]!);
    expect(made.metadata).toEqual({
      openai: { style: {}, messages: { 2: { set: { mood: "calm" } }, 5: { set: { tag: 7 } } } },
      toolllama: { rows: [{ id: "Step 5", last: 5 }], texts: { 5: "x" } },
    });
    const written = openaiRowOf(made)["messages"] as Record<string, unknown>[];
    expect(written.map((message) => [message["mood"], message["tag"]].filter((value) => value !== undefined))).toEqual([
      [],
      [],
      ["calm"],
      [],
      [],
      [7],
    ]);
  });
});
