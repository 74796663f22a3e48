import { describe, expect, it } from "vitest";
import type { JsonValue } from "#contracts/json.ts";
import { readFile, settledRows, upTo, writeFile } from "./formatsTesting.ts";

const human = { from: "human", value: "hi" };
const calls = (value: string) => ({ from: "function_call", value });
const observation = { from: "observation", value: "r" };
const gpt = { from: "gpt", value: "done" };
const tools = '[{"name": "find", "description": "d", "parameters": {"type": "object"}}]';

const read = (...rows: JsonValue[]) => readFile("sharegpt", JSON.stringify(rows));
const refusalOf = (row: JsonValue): unknown => {
  const [entry] = read(row).settled;
  return entry?.kind === "refused" ? [entry.refusal.code, entry.refusal.message] : entry;
};

describe("ShareGPT rows", () => {
  it("are read into turns, with arguments in their recorded spelling", () => {
    const { contents } = read({
      id: 9,
      system: "be brief",
      conversations: [human, calls('{"name": "find", "arguments": {"q":  1.0}}'), observation, { ...gpt, weight: 0 }],
      tools,
    });
    expect(contents).toEqual([
      {
        tools: [{ name: "find", description: "d", parameters: { type: "object" } }],
        turns: [
          { role: "system", content: "be brief" },
          { role: "user", content: "hi" },
          { role: "assistant", calls: [{ name: "find", argumentsText: '{"q":  1.0}', arguments: { ok: true, value: { q: 1 } } }] },
          { role: "tool", content: "r" },
          { role: "assistant", calls: [], answer: "done" },
        ],
        targets: [2],
        metadata: { fields: { id: 9 } },
      },
    ]);
  });

  it("may call several tools at once, and give arguments as text", () => {
    const text = '[{"arguments": "{\\"a\\": 1}", "name": "x"}, {"name": "y", "arguments": {"b": {"arguments": 2}}}, {"name": "z"}]';
    const [content] = read({ conversations: [human, calls(text)] }).contents;
    expect(content!.turns[1]).toMatchObject({
      calls: [
        { name: "x", argumentsText: '{"a": 1}', arguments: { ok: true } },
        { name: "y", argumentsText: '{"b": {"arguments": 2}}', arguments: { ok: true } },
        { name: "z", argumentsText: "", arguments: { ok: false, offset: 0 } },
      ],
    });
  });

  it("keep calls that cannot be read as they are", () => {
    for (const value of ["find(q=1)", "7", "[]", "{}", '{"name": 1}', '[{"name": "a"}, 2]', "{".repeat(100_000)]) {
      expect(read({ conversations: [human, calls(value)] }).contents[0]!.turns[1]).toEqual({ role: "assistant", calls: [], raw: value });
    }
  });

  it("know no tools from an empty text, an empty list or no field", () => {
    for (const none of [{ tools: "" }, { tools: "[]" }, { tools: [] }, { tools: null }, {}]) {
      expect(read({ conversations: [human, gpt], ...none } as JsonValue).contents[0]!.tools).toEqual([]);
    }
  });

  it("are refused with a reason where they cannot be read", () => {
    expect(refusalOf({ conversations: [human] })).toMatchObject({ 0: "E_ROW_NO_ASSISTANT" });
    expect(refusalOf({ conversations: [{ from: "toString", value: "" }] })).toMatchObject({
      1: expect.stringContaining('conversations[0].from is "toString"'),
    });
    expect(refusalOf({ conversations: [{ from: "gpt" }] })).toMatchObject({
      1: expect.stringContaining("conversations[0].value is absent"),
    });
    expect(refusalOf({ conversations: [human, gpt], tools: "{" })).toMatchObject({
      1: expect.stringContaining('"tools" is text that is not JSON'),
    });
    expect(refusalOf({ conversations: [human, gpt], tools: [1] })).toMatchObject({ 1: expect.stringContaining("tools[0]") });
    expect(refusalOf({ conversations: [human, gpt], system: 1 })).toMatchObject({ 1: expect.stringContaining('"system"') });
  });

  it("carry their own fields into OpenAI rows", () => {
    const { contents } = read({ id: "x", conversations: [human, calls('{"name": "find", "arguments": {}}'), observation, gpt], tools });
    expect(JSON.parse(writeFile("openai-chat", contents))).toEqual({
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "call_1_0", type: "function", function: { name: "find", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "call_1_0", content: "r" },
        { role: "assistant", content: "done" },
      ],
      tools: [{ type: "function", function: { name: "find", description: "d", parameters: { type: "object" } } }],
      id: "x",
    });
  });

  it("settle every row once", () => {
    const found = read({ conversations: [human, gpt] }, 7, { conversations: [] }, { conversations: [human, calls("?")] });
    expect(settledRows(found)).toEqual(upTo(4));
  });
});
