import { describe, expect, it } from "vitest";
import type { AssistantTurn } from "#contracts/trajectory.ts";
import { parseArguments } from "./parseArguments.ts";
import { parseAssistantText } from "./parseAssistantText.ts";
import { renderAssistantText } from "./renderAssistantText.ts";

describe("parseAssistantText", () => {
  it("reads a ToolBench turn with its places", () => {
    const text = '\nThought: look it up\nAction: find\nAction Input: {\n  "q": "x"\n}';
    const parsed = parseAssistantText(text);
    const { start, end } = parsed.calls[0]!.argumentsRange;
    expect(parsed.error).toBeUndefined();
    expect(parsed.thought).toEqual({ text: "look it up", range: { start: 10, end: 20 } });
    expect(text.slice(start, end)).toBe('{\n  "q": "x"\n}');
    expect(parsed.calls[0]).toMatchObject({ name: "find", nameRange: { start: 29, end: 33 }, arguments: { ok: true, value: { q: "x" } } });
  });

  it("reads an empty thought, several calls, and an answer", () => {
    expect(parseAssistantText("\nThought: \nAction: a\nAction Input: {}").thought?.text).toBe("");
    const two = parseAssistantText("Action: a\nAction Input: {}\nAction: b\nAction Input: {}");
    expect(two.calls.map((c) => c.name)).toEqual(["a", "b"]);
    expect(parseAssistantText("Answer: 4\nAction: no").answer?.text).toBe("4\nAction: no");
    expect(parseAssistantText("Thought: hm\nAnswer: 4")).toMatchObject({ thought: { text: "hm" }, answer: { text: "4" }, calls: [] });
    expect(parseAssistantText("Thought: a\nThought: b\nAction: x\nAction Input: {}").thought?.text).toBe("a\nThought: b");
  });

  it("names the place where text leaves the grammar and keeps what came before", () => {
    expect(parseAssistantText("Sure!")).toEqual({ calls: [], error: { message: expect.any(String), offset: 0 } });
    expect(parseAssistantText("\nSure!").error?.offset).toBe(1);
    expect(parseAssistantText("")).toEqual({ calls: [], error: { message: "The text is empty.", offset: 0 } });
    expect(parseAssistantText("Thought: only")).toMatchObject({ thought: { text: "only" }, error: { offset: 13 } });
    expect(parseAssistantText("Action: a").error?.offset).toBe(9);
    expect(parseAssistantText("Action: \nAction Input: {}").error?.offset).toBe(8);
    expect(parseAssistantText("Action: a\nInput: {}").error?.offset).toBe(10);
    const second = parseAssistantText("Action: a\nAction Input: {}\nAction: b");
    expect(second.calls.map((c) => c.name)).toEqual(["a"]);
    expect(second.error?.offset).toBe(36);
  });

  it("keeps unreadable arguments as text with their reason", () => {
    const call = parseAssistantText("Action: a\nAction Input: {x}\nThought: more").calls[0]!;
    expect(call.argumentsText).toBe("{x}\nThought: more");
    expect(call.arguments).toMatchObject({ ok: false, offset: 1 });
  });

  it("is linear on long hostile text", () => {
    for (const text of ["Thought: ".repeat(500_000), `Thought: ${"\nAction:".repeat(500_000)}`, "\n".repeat(4_000_000)]) {
      expect(parseAssistantText(text).error).toBeDefined();
    }
    expect(parseAssistantText("Action: a\nAction Input: {}\n".repeat(50_000)).calls).toHaveLength(50_000);
  });

  it("reads back what was rendered", () => {
    const call = (name: string, argumentsText: string) => ({ name, argumentsText, arguments: parseArguments(argumentsText) });
    const turns: AssistantTurn[] = [
      { role: "assistant", calls: [call("a", '{"b": 1}')] },
      { role: "assistant", thought: "two\nlines", calls: [call("a", "{}"), call("b", "{broken")] },
      { role: "assistant", thought: "t", calls: [], answer: "multi\nline" },
      { role: "assistant", calls: [], answer: "" },
    ];
    for (const turn of turns) {
      const { thought, calls, answer, error } = parseAssistantText(renderAssistantText(turn));
      expect(error).toBeUndefined();
      expect([thought?.text, calls.map((c) => c.argumentsText), answer?.text]).toEqual([
        turn.thought,
        turn.calls.map((c) => c.argumentsText),
        turn.answer,
      ]);
    }
    expect(renderAssistantText({ role: "assistant", calls: [], raw: "as it was" })).toBe("as it was");
    expect(renderAssistantText({ role: "assistant", thought: "", calls: [], answer: "x" })).toBe("Answer: x");
  });
});
