import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contracts/json.ts";
import { readFile, writeFile } from "./formatsTesting.ts";

const system = { role: "system", content: "Think, with a function call to actually excute your step. Tools:\n" };
const user = { role: "user", content: "\nq\nBegin!\n" };
const hint = { role: "user", content: "This is not the first time you try this task", valid: true };
const act = (name: string) => ({ role: "assistant", content: null, function_call: { name, arguments: "{}" } });
const think = (content: string | null) => ({ role: "assistant", content });
const result = { role: "function", name: "a", content: "r" };

const tree = (answer: JsonObject, rest: JsonObject = {}): string =>
  JSON.stringify({
    win: true,
    tree: { tree: { node_type: "Action", children: [{ children: [] }, { children: [] }] } },
    forward_args: {},
    answer_generation: { valid_data: true, query: "q", finish_type: "give_answer", function: [], ...answer },
    ...rest,
  });
const read = (text: string) => readFile("toolbench-tree", text).settled[0]!;
const rowsOf = (text: string): { id: string; conversations: { from: string; value: string }[] }[] =>
  JSON.parse(writeFile("toolllama", readFile("toolbench-tree", text).contents)) as never;

describe("ToolBench answer trees", () => {
  it("say what was done to them and what is not carried", () => {
    const text = tree({
      train_messages: [
        [system, user, act("a")],
        [system, user, act("a"), result, think("no call")],
      ],
    } as unknown as JsonObject);
    expect(read(text)).toMatchObject({
      rows: [
        {
          rowIndex: 0,
          outcome: "changed",
          changes: [
            { rule: "toolbench-flattened" },
            { rule: "steps-without-call-dropped", detail: expect.stringContaining("1 of 2 steps") },
            { rule: "search-not-carried", detail: expect.stringContaining('the search tree with its 3 nodes, "forward_args"') },
          ],
        },
      ],
      content: { metadata: { toolbench: { win: true, query: "q", finish_type: "give_answer" } } },
    });
  });

  it("join messages without a call to the next call as its thought", () => {
    const steps = [[system, user, think("one"), think(null), act("a")]] as unknown as JsonObject[];
    expect(rowsOf(tree({ train_messages: steps as never }))[0]).toMatchObject({
      id: "Step 4: q",
      conversations: [{}, {}, { value: "\nThought: one\nThought: None\nAction: a\nAction Input: {}" }],
    });
  });

  it("write the rows of a path that went back, hints and all", () => {
    const steps = [
      [system, user, hint, act("a")],
      [system, user, hint, act("a"), result, act("b")],
      [system, user, act("a"), result, act("b"), result, hint, act("c")],
    ];
    const text = tree({ train_messages: steps as never });
    expect(read(text)).toMatchObject({
      rows: [{ changes: expect.arrayContaining([{ rule: "second-try-hints-set-apart", detail: expect.stringContaining("2 of 3 rows") }]) }],
      content: {
        turns: [{}, {}, { calls: [{ name: "a" }] }, {}, { calls: [{ name: "b" }] }, {}, { role: "user" }, { calls: [{ name: "c" }] }],
      },
    });
    expect(rowsOf(text).map((row) => row.conversations.map((item) => item.from[0]).join(""))).toEqual(["suua", "suuafa", "suafafua"]);
    expect(rowsOf(text)[1]!.conversations[2]!.value).toBe(hint.content);
  });

  it("print the API list as Python does, 1.0 and long numbers included", () => {
    const list = '[{"name":"n","description":"it\'s","parameters":{"default":1.0,"id":12345678901234567890,"on":true,"x":null}}]';
    const text = tree({ train_messages: [[system, user, act("a")]] as never }).replace('"function":[]', `"function":${list}`);
    expect(rowsOf(text)[0]!.conversations[0]!.value.split("APIs: ")[1]).toBe(
      `[{'name': 'n', 'description': "it's", 'parameters': {'default': 1.0, 'id': 12345678901234567890, 'on': True, 'x': None}}]`,
    );
  });

  it("are refused with a reason where they are not valid", () => {
    const refusalOf = (text: string): unknown => {
      const entry = read(text);
      return entry.kind === "refused" ? [entry.refusal.code, entry.refusal.message] : entry;
    };
    expect(refusalOf(tree({ valid_data: false, finish_type: "give_up" }))).toEqual([
      "E_ROW_NOT_VALID",
      'The source itself marks this row as not usable: "valid_data" is false (the search ended with give_up).',
    ]);
    expect(refusalOf("{}")).toMatchObject({ 1: expect.stringContaining('"answer_generation" is absent') });
    expect(refusalOf(tree({}))).toMatchObject({ 1: expect.stringContaining('"answer_generation.train_messages" is absent') });
    expect(refusalOf(tree({ train_messages: [] }))).toMatchObject({ 1: expect.stringContaining("no step of the chosen path") });
    expect(refusalOf(tree({ train_messages: [[user, think("x")]] as never }))).toMatchObject({ 1: expect.stringContaining("no step") });
    expect(refusalOf(tree({ train_messages: [[7]] }))).toMatchObject({
      1: expect.stringContaining("train_messages[0][0] is the number 7"),
    });
    expect(refusalOf(tree({ train_messages: [[user]], function: 1 } as never))).toMatchObject({ 1: expect.stringContaining("function") });
    expect(refusalOf(tree({ train_messages: [[{ ...act("a"), function_call: { name: 1 } }]] as never }))).toMatchObject({
      1: expect.stringContaining("function_call.name"),
    });
  });
});
