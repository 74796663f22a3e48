import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { readFile, settledRows, upTo, writeFile } from "./formatsTesting.ts";
import { openaiRowOf } from "./openaiChat.ts";

const parameters = { type: "object", properties: { q: { type: "string" } } };
const tools = [{ type: "function", function: { name: "find", description: "Finds.", parameters, strict: true } }];
const user = { role: "user", content: "hi" };
const call = (id: string, args: JsonValue): JsonObject => ({ id, type: "function", function: { name: "find", arguments: args } });
const answer = { role: "assistant", content: "done" };

/** Rows as found in the wild, one for each spelling. */
const ROWS: Readonly<Record<string, JsonObject>> = {
  "today's spelling": {
    messages: [
      { role: "system", content: "be brief" },
      user,
      { role: "assistant", content: null, tool_calls: [call("a1", '{"q": 1}'), call("a2", "{broken")] },
      { role: "tool", tool_call_id: "a2", content: "2" },
      { role: "tool", tool_call_id: "a1", name: "find", content: "1" },
      answer,
    ],
    tools,
    parallel_tool_calls: false,
  },
  "content beside calls": { messages: [user, { role: "assistant", content: "let me see", tool_calls: [call("x", "{}")] }], tools },
  "arguments as objects": {
    messages: [user, { role: "assistant", content: "", tool_calls: [call("x", { q: { deep: [1, null] } })] }],
    tools,
  },
  "arguments in both spellings": { messages: [user, { role: "assistant", content: null, tool_calls: [call("x", {}), call("y", "{ }")] }] },
  "calls without ids, types and content": {
    messages: [user, { role: "assistant", tool_calls: [{ function: { name: "find", arguments: "{}" } }] }, { role: "tool", content: "r" }],
  },
  "some calls without ids": {
    messages: [
      user,
      { role: "assistant", content: null, tool_calls: [call("x", "{}")] },
      { role: "tool", content: "r" },
      { role: "assistant", content: null, tool_calls: [{ type: "function", function: { name: "find", arguments: "{}" } }] },
      { role: "tool", content: "r" },
    ],
  },
  "ids that say no more than the place": {
    messages: [
      user,
      { role: "assistant", content: null, tool_calls: [call("call_1_0", "{}")] },
      { role: "tool", tool_call_id: "call_1_0", content: "r" },
    ],
  },
  "legacy functions": {
    messages: [
      user,
      { role: "assistant", content: null, function_call: { name: "find", arguments: "{}" } },
      { role: "function", name: "find", content: "r" },
      answer,
    ],
    functions: [{ name: "find", description: "Finds.", parameters }],
    function_call: "auto",
  },
  "legacy with nulls": {
    messages: [
      { ...user, name: "Ann" },
      { role: "assistant", content: "x", function_call: null, tool_calls: null, refusal: null },
    ],
  },
  "developer role and parts": {
    messages: [
      {
        role: "developer",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b", cache_control: { type: "ephemeral" } },
        ],
      },
      { role: "user", content: ["x", { type: "text", text: "y" }] },
      answer,
    ],
  },
  "two system messages of two kinds": { messages: [{ role: "system", content: "a" }, { role: "developer", content: "b" }, user, answer] },
  weights: { messages: [user, { ...answer, weight: 0 }, user, { ...answer, weight: 1 }, user, answer] },
  "weights of another kind": { messages: [user, { ...answer, weight: 0.5 }] },
  "no content at all": { messages: [user, { role: "assistant", content: null }, { role: "assistant" }] },
  "reasoning beside an answer": { messages: [user, { ...answer, reasoning_content: "hm" }] },
  "reasoning beside calls": {
    messages: [
      user,
      { role: "assistant", content: null, reasoning_content: "hm", tool_calls: [call("x", "{}")] },
      { ...answer, reasoning_content: "" },
    ],
  },
  "tools as text": { messages: [user, answer], tools: JSON.stringify(tools) },
  "tools without a frame": { messages: [user, answer], tools: [{ name: "find", parameters }, { name: "bare" }] },
  "empty tools": { messages: [user, answer], tools: [] },
  "null tools": { messages: [user, answer], tools: null },
  "results that are no text": {
    messages: [
      user,
      { role: "assistant", content: null, tool_calls: [call("x", "{}")] },
      { role: "tool", tool_call_id: "x", content: { ok: [1] } },
    ],
  },
  "arguments that are no object": {
    messages: [user, { role: "assistant", content: null, tool_calls: [call("x", null), call("y", [1]), call("z", 7)] }],
  },
  "hostile keys": JSON.parse(
    '{"messages":[{"role":"user","content":"x","__proto__":{"a":1}},{"role":"assistant","content":"y","constructor":0}],"__proto__":{"polluted":1},"toString":null}',
  ) as JsonObject,
  "lone surrogates": {
    messages: [
      { role: "user", content: "\ud800" },
      { role: "assistant", content: "\udfff" },
    ],
    "\udc00": 1,
  },
};

const read = (row: JsonValue): TrajectoryContent => {
  const { contents, settled } = readFile("openai-chat", JSON.stringify(row));
  if (contents.length !== 1) throw new Error(JSON.stringify(settled));
  return contents[0]!;
};
const refusalOf = (row: JsonValue): unknown => {
  const [entry] = readFile("openai-chat", JSON.stringify(row)).settled;
  return entry?.kind === "refused" ? [entry.refusal.code, entry.refusal.message] : entry;
};

describe("OpenAI chat rows", () => {
  for (const [name, row] of Object.entries(ROWS)) {
    it(`come back equal: ${name}`, () => {
      const content = read(row);
      expect(openaiRowOf(content)).toEqual(row);
      const written = writeFile("openai-chat", [content]);
      expect(JSON.parse(written)).toEqual(row);
      expect(read(JSON.parse(written) as JsonObject)).toEqual(content);
      // what is stored is JSON: nothing may depend on being the same object
      expect(openaiRowOf(JSON.parse(JSON.stringify(content)) as TrajectoryContent)).toEqual(row);
    });
  }

  it("are read into turns", () => {
    expect(read(ROWS["today's spelling"]!)).toMatchObject({
      tools: [{ name: "find", description: "Finds.", parameters, extra: { strict: true } }],
      turns: [
        { role: "system", content: "be brief" },
        { role: "user", content: "hi" },
        {
          role: "assistant",
          calls: [
            { name: "find", argumentsText: '{"q": 1}', arguments: { ok: true, value: { q: 1 } }, callId: "a1" },
            { name: "find", argumentsText: "{broken", arguments: { ok: false, offset: 1 }, callId: "a2" },
          ],
        },
        { role: "tool", content: "2", callId: "a2" },
        { role: "tool", content: "1", name: "find", callId: "a1" },
        { role: "assistant", calls: [], answer: "done" },
      ],
      metadata: { fields: { parallel_tool_calls: false } },
    });
    expect(read(ROWS["content beside calls"]!).turns[1]).toMatchObject({ thought: "let me see", calls: [{ name: "find" }] });
    expect(read(ROWS["weights"]!).targets).toEqual([3, 5]);
    expect(read(ROWS["tools as text"]!).tools).toHaveLength(1);
    expect(read(ROWS["ids that say no more than the place"]!).turns[1]).not.toHaveProperty("calls.0.callId");
    expect(read(ROWS["developer role and parts"]!).turns[0]).toEqual({ role: "system", content: "ab" });
  });

  it("keep their spelling and their own fields when a turn is edited, but never its old words", () => {
    const edit = (name: string, index: number, change: Partial<Turn>): JsonObject => {
      const content = read(ROWS[name]!);
      return openaiRowOf({ ...content, turns: content.turns.map((turn, i) => (i === index ? ({ ...turn, ...change } as Turn) : turn)) });
    };
    const messages = (row: JsonObject): readonly JsonObject[] => row["messages"] as JsonObject[];
    const newCall = { name: "other", argumentsText: '{"z":1}', arguments: parseArguments('{"z":1}') };
    expect(messages(edit("developer role and parts", 0, { content: "new" }))[0]).toEqual({ role: "developer", content: "new" });
    expect(messages(edit("legacy functions", 1, { calls: [newCall] }))[1]).toEqual({
      role: "assistant",
      content: null,
      function_call: { name: "other", arguments: '{"z":1}' },
    });
    expect(messages(edit("arguments as objects", 1, { calls: [newCall] }))[1]).toEqual({
      role: "assistant",
      content: "",
      tool_calls: [{ id: "call_1_0", type: "function", function: { name: "other", arguments: { z: 1 } } }],
    });
    expect(messages(edit("legacy with nulls", 1, { answer: "y" }))[1]).toEqual({
      role: "assistant",
      content: "y",
      function_call: null,
      tool_calls: null,
      refusal: null,
    });
    expect(messages(edit("legacy with nulls", 0, { content: "new" }))[0]).toMatchObject({ content: "new" });
    const content = read(ROWS["weights"]!);
    expect(messages(openaiRowOf({ ...content, targets: [5] })).map((message) => message["weight"])).toEqual([
      undefined,
      0,
      undefined,
      0,
      undefined,
      undefined,
    ]);
    const tool = content.tools;
    expect(openaiRowOf({ ...read(ROWS["tools as text"]!), tools: [{ name: "n", description: "", parameters: {} }] })["tools"]).toEqual([
      { type: "function", function: { name: "n", description: "", parameters: {} } },
    ]);
    expect(tool).toEqual([]);
  });

  it("are refused with a reason where they cannot be read", () => {
    expect(refusalOf([1])).toMatchObject({ 0: "E_ROW_SHAPE" });
    expect(refusalOf({ messages: "x" })).toEqual([
      "E_ROW_SHAPE",
      'The row does not have the expected fields: "messages" is text, not a list.',
    ]);
    expect(refusalOf({ messages: [] })).toMatchObject({ 0: "E_ROW_NO_ASSISTANT" });
    expect(refusalOf({ messages: [user] })).toMatchObject({ 0: "E_ROW_NO_ASSISTANT" });
    expect(refusalOf({ messages: [user, 7] })).toMatchObject({ 1: expect.stringContaining("messages[1] is the number 7, not an object") });
    expect(refusalOf({ messages: [{ role: "robot" }] })).toMatchObject({ 1: expect.stringContaining('messages[0].role is "robot"') });
    expect(refusalOf({ messages: [{ role: "user", content: [{ type: "image_url" }] }, answer] })).toMatchObject({
      1: expect.stringContaining("messages[0].content[0] is of type image_url; only text is read"),
    });
    expect(refusalOf({ messages: [user, { role: "assistant", tool_calls: {} }] })).toMatchObject({
      1: expect.stringContaining("not a list"),
    });
    expect(refusalOf({ messages: [user, { role: "assistant", tool_calls: [{ function: {} }] }] })).toMatchObject({
      1: expect.stringContaining("tool_calls[0].function.name is absent"),
    });
    expect(refusalOf({ messages: [user, answer], tools: [{ type: "web_search" }] })).toMatchObject({
      1: expect.stringContaining("tools[0] is not a function with a name"),
    });
    expect(refusalOf({ messages: [user, answer], tools: "[{" })).toMatchObject({ 1: expect.stringContaining("text that is not JSON") });
  });

  it("say which numbers are rounded, and stay silent about long numbers in texts", () => {
    const row = (args: string, content: string): string =>
      `{"messages":[{"role":"user","content":"${content}"},{"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":${args}}}]}]}`;
    const changes = (text: string) =>
      readFile("openai-chat", text).settled.flatMap((entry) => (entry.kind === "trajectory" ? entry.rows[0]!.changes : []));
    expect(changes(row('{"id": 12345678901234567891}', ""))).toEqual([
      { rule: "numbers-rounded", detail: expect.stringContaining("12345678901234567891") },
    ]);
    expect(changes(row('{"id": 9007199254740992}', ""))).toEqual([]);
    expect(changes(row('"{}"', "12345678901234567891"))).toEqual([]);
  });

  it("carry turns of other formats, and say what they cannot", () => {
    const content: TrajectoryContent = {
      tools: [],
      turns: [
        user as Turn,
        { role: "assistant", thought: "t", calls: [], answer: "a" },
        { role: "assistant", calls: [], raw: "gibberish" },
      ],
      targets: [1],
      metadata: { toolllama: { rows: [] } },
    };
    const { settled } = readFile("openai-chat", writeFile("openai-chat", [content]));
    expect(settled[0]).toMatchObject({ content: { turns: [user, { thought: "t", answer: "a" }, { answer: "gibberish" }], targets: [1] } });
  });

  it("settle every line of a damaged file exactly once", () => {
    const lines = Object.values(ROWS).map((row) => JSON.stringify(row));
    for (let i = 0; i < lines.length; i++) {
      const file = lines.map((line, k) => (k === i ? line.slice(0, line.length >> 1) : line)).join("\n");
      const found = readFile("openai-chat", file);
      expect(settledRows(found)).toEqual(upTo(found.numRows));
      expect(found.contents.length).toBeGreaterThanOrEqual(lines.length - 2);
    }
  });
});
