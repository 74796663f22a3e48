import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { createReader } from "./createReader.ts";
import { readFile, settledRows, upTo, writeFile } from "./formatsTesting.ts";
import { toolllamaRowsOf } from "./toolllamaWriter.ts";

const INTRODUCTION = "Specifically, you have access to the following APIs: ";
const LIST = `[{'name': 'find', 'description': 'It\\'s "x"', 'parameters': {'type': 'object', 'properties': {}, 'required': [], 'optional': []}}]`;
const system = (list = LIST, prompt = "Be brief.\n") => ({ from: "system", value: `${prompt}\n${INTRODUCTION}${list}` });
const user = { from: "user", value: "\nFind it.\nBegin!\n" };
const step = (name: string, thought = "") => ({ from: "assistant", value: `\nThought: ${thought}\nAction: ${name}\nAction Input: {}` });
const result = { from: "function", value: '{"error": "", "response": "ok"}' };
const row = (id: unknown, ...conversations: unknown[]): JsonObject => ({ id, conversations }) as JsonObject;

const read = (rows: readonly unknown[]) => readFile("toolllama", JSON.stringify(rows));
const roundTrip = (rows: readonly unknown[]): unknown[] => JSON.parse(writeFile("toolllama", read(rows).contents)) as unknown[];
const refusals = (rows: readonly unknown[]) =>
  read(rows).settled.flatMap((entry) => (entry.kind === "refused" ? [[entry.refusal.code, entry.refusal.message]] : []));

describe("ToolBench training rows", () => {
  it("of one path become one trajectory with their last turns as targets", () => {
    const rows = [
      row("Step 2: q", system(), user, step("a")),
      row("Step 6: q", system(), user, step("a"), result, step("b", "t"), result, step("c")),
    ];
    const { contents, settled } = read(rows);
    expect(contents).toHaveLength(1);
    expect(contents[0]).toMatchObject({
      tools: [{ name: "find", description: `It's "x"` }],
      turns: [
        { role: "system", content: "Be brief.\n" },
        { role: "user", content: user.value },
        { role: "assistant", calls: [{ name: "a", argumentsText: "{}" }] },
        { role: "tool" },
        { role: "assistant", thought: "t", calls: [{ name: "b" }] },
        { role: "tool" },
        { role: "assistant", calls: [{ name: "c" }] },
      ],
      targets: [2, 6],
    });
    expect(settled[0]).toMatchObject({
      rows: [
        { rowIndex: 0, outcome: "taken" },
        { rowIndex: 1, outcome: "taken" },
      ],
    });
    expect(roundTrip(rows)).toEqual(rows);
  });

  const VARIANTS: Readonly<Record<string, readonly JsonObject[]>> = {
    "equal rows": [row("a", user, step("a")), row("a", user, step("a"))],
    "no id": [{ conversations: [user, step("a")] }],
    "ids that are no text": [row(7, user, step("a")), row(null, user, step("b"))],
    "other fields": [{ ...row("a", user, step("a")), source: { x: [1] }, __proto__x: 1 }],
    "other fields of items": [row("a", system(), { ...user, weight: 0 }, { ...step("a"), weight: 1 })],
    "last turn of another role": [row("a", user, step("a"), result)],
    "no thought line": [row("a", user, { from: "assistant", value: "Action: x\nAction Input: {}" })],
    "no line break first": [row("a", user, { from: "assistant", value: "Thought: \nAction: x\nAction Input: {" })],
    "plain answer": [
      row("a", user, { from: "assistant", value: "\nAnswer: yes" }),
      row("b", user, { from: "assistant", value: "Answer: no" }),
    ],
    "text outside of the grammar": [row("a", user, { from: "assistant", value: "I am sorry." })],
    "several system turns": [
      row("a", { from: "system", value: `${INTRODUCTION}${LIST}` }, { from: "system", value: "second" }, user, step("a")),
    ],
    "API list alone": [row("a", { from: "system", value: `${INTRODUCTION}${LIST}` }, user, step("a"))],
    "no system turn": [row("a", user, step("a"))],
    "no API list": [row("a", { from: "system", value: "prompt" }, user, step("a"))],
    "an empty API list": [row("a", system("[]"), user, step("a"))],
    "an API list in JSON's layout": [row("a", system(`[{"name":"find","description":"","parameters":{}}]`), user, step("a"))],
    "an API list with floats and tuples": [row("a", system(LIST.replace("[]}", "(1.0, 2)}")), user, step("a"))],
    "text after the API list": [row("a", system(`${LIST}\nGood luck.`), user, step("a"))],
    "tools with other fields in other orders": [
      row("a", system("[{'extra': {'k': None}, 'parameters': {}, 'name': 'n'}]"), user, step("a")),
    ],
    "words between tools inside a tool": [
      row("a", system("[{'name': 'n', 'description': '', 'parameters': {'l': [{'name': 'x'}, {'name': 'y'}]}}]"), user, step("a")),
    ],
    "an API list that is cut": [row("a", system(LIST.slice(0, -20)), user, step("a"))],
    "an API list of other things": [row("a", system("[1, 2]"), user, step("a"))],
    "a __proto__ parameter": [
      row("a", system("[{'name': 'n', 'description': '', 'parameters': {'__proto__': {'x': 1}}}]"), user, step("a")),
    ],
    "lone surrogates": [row("\ud800", system(LIST, "\udfff"), { from: "user", value: "\ud83d" }, step("\ude00"))],
  };
  for (const [name, rows] of Object.entries(VARIANTS)) {
    it(`come back equal: ${name}`, () => {
      const first = read(rows);
      expect(settledRows(first)).toEqual(upTo(rows.length));
      expect(first.settled.every((entry) => entry.kind === "trajectory")).toBe(true);
      const written = writeFile("toolllama", first.contents);
      expect(JSON.parse(written)).toEqual(rows);
      expect(readFile("toolllama", written).contents).toEqual(first.contents);
      const stored = first.contents.map((content) => JSON.parse(JSON.stringify(content)) as TrajectoryContent);
      expect(writeFile("toolllama", stored)).toBe(written);
    });
  }

  it("keep a system text whose API list cannot be read, and say so", () => {
    const { settled, contents } = read(VARIANTS["an API list that is cut"]!);
    expect(settled[0]).toMatchObject({ rows: [{ outcome: "changed", changes: [{ rule: "api-list-unreadable" }] }] });
    expect(contents[0]!.tools).toEqual([]);
    expect(contents[0]!.turns[0]).toMatchObject({ content: system(LIST.slice(0, -20)).value });
  });

  it("keep unreadable assistant text raw", () => {
    expect(read(VARIANTS["text outside of the grammar"]!).contents[0]!.turns[1]).toEqual({
      role: "assistant",
      calls: [],
      raw: "I am sorry.",
    });
  });

  it("are refused with a reason where they cannot be read", () => {
    expect(refusals([7, null, "x", [1]])).toEqual([
      ["E_ROW_SHAPE", "The row does not have the expected fields: it is the number 7, not an object."],
      ["E_ROW_SHAPE", "The row does not have the expected fields: it is null, not an object."],
      ["E_ROW_SHAPE", "The row does not have the expected fields: it is text, not an object."],
      ["E_ROW_SHAPE", "The row does not have the expected fields: it is a list, not an object."],
    ]);
    expect(
      refusals([{}, row("a", 1), row("a", { from: "robot", value: "" }), row("a", { from: "user", value: null }), row("a", user)]),
    ).toEqual([
      ["E_ROW_SHAPE", expect.stringContaining('"conversations" is absent')],
      ["E_ROW_SHAPE", expect.stringContaining("conversations[0] is the number 1")],
      ["E_ROW_SHAPE", expect.stringContaining('conversations[0].from is "robot"')],
      ["E_ROW_SHAPE", expect.stringContaining("conversations[0].value is null, not text")],
      ["E_ROW_NO_ASSISTANT", expect.any(String)],
    ]);
  });

  it("give the byte of the file where a row stops being JSON", () => {
    const reader = createReader("toolllama");
    const [entry] = reader.push(3, 1000, 30, '{"id": "é€😀", "x": nope}');
    expect(entry).toMatchObject({ kind: "refused", row: { rowIndex: 3 }, refusal: { code: "E_ROW_JSON", byteOffset: 1000 + 25 } });
  });

  it("refuse nesting that would overflow the stack, and go on", () => {
    const deep = `{"id": ${"[".repeat(100_000)}${"]".repeat(100_000)}, "conversations": []}`;
    const file = `[${deep}, ${JSON.stringify(row("a", user, step("a")))}]`;
    const { settled } = readFile("toolllama", file);
    expect(settled.map((entry) => (entry.kind === "refused" ? entry.refusal.code : entry.kind))).toEqual(["E_ROW_JSON", "trajectory"]);
  });

  it("settle every row once however the file is cut", () => {
    const rows = [row("1", system(), user, step("a")), row("2", system(), user, step("a"), result, step("b")), row("3", user, step("c"))];
    const text = JSON.stringify(rows, null, 1);
    for (let cut = 0; cut <= text.length; cut += 7) {
      const found = readFile("toolllama", text.slice(0, cut));
      expect(settledRows(found)).toEqual(upTo(found.numRows));
    }
  });
});

describe("writing ToolBench rows", () => {
  const call = { name: "f", argumentsText: '{"a":1}', arguments: parseArguments('{"a":1}') };
  const content: TrajectoryContent = {
    tools: [{ name: "f", description: "d", parameters: { type: "object" } }],
    turns: [
      { role: "user", content: "q" },
      { role: "assistant", thought: "t", calls: [{ ...call, callId: "x" }] },
      { role: "tool", content: "r", callId: "x" },
      { role: "assistant", calls: [], answer: "a" },
    ],
    metadata: {},
  };

  it("makes one row for each target of a trajectory from elsewhere", () => {
    const { rows, changes } = toolllamaRowsOf(content);
    const head = { from: "system", value: `${INTRODUCTION}[{'name': 'f', 'description': 'd', 'parameters': {'type': 'object'}}]` };
    const first = [head, { from: "user", value: "q" }, { from: "assistant", value: '\nThought: t\nAction: f\nAction Input: {"a":1}' }];
    expect(rows).toEqual([
      { id: "Step 2: q", conversations: first },
      { id: "Step 4: q", conversations: [...first, { from: "function", value: "r" }, { from: "assistant", value: "\nAnswer: a" }] },
    ]);
    expect(changes.map((change) => change.rule)).toEqual(["call-ids-dropped"]);
    expect(toolllamaRowsOf({ ...content, targets: [3] }).rows.map((each) => each.id)).toEqual(["Step 4: q"]);
  });

  it("writes what an edit says, and keeps to the recorded rows as long as they fit", () => {
    const path = read([row("Step 2: q", system(), user, step("a")), row("Step 4: q", system(), user, step("a"), result, step("b"))])
      .contents[0]!;
    const edit = (index: number, turn: Turn): TrajectoryContent => ({
      ...path,
      turns: path.turns.map((each, i) => (i === index ? turn : each)),
    });
    const edited = toolllamaRowsOf(edit(2, { role: "assistant", calls: [call] })).rows;
    expect(edited.map((each) => [each.id, each.conversations[2]!.value])).toEqual([
      ["Step 2: q", '\nThought: \nAction: f\nAction Input: {"a":1}'],
      ["Step 4: q", '\nThought: \nAction: f\nAction Input: {"a":1}'],
    ]);
    const renamed = toolllamaRowsOf({ ...path, tools: [{ ...path.tools[0]!, name: "renamed" }] }).rows[0]!;
    expect(renamed.conversations[0]!.value).toContain("[{'name': 'renamed', ");
    const shortened = toolllamaRowsOf({ ...path, turns: path.turns.slice(0, 3) }).rows;
    expect(shortened.map((each) => each.id)).toEqual(["Step 2: Find it."]);
    const fewer = toolllamaRowsOf({ ...path, targets: [4] }).rows;
    expect(fewer.map((each) => each.conversations.length)).toEqual([5]);
  });

  it("uses a recorded text only while it means what the turn says", () => {
    const odd = read([row("a", user, { from: "assistant", value: "Action: x\nAction Input: {}" })]).contents[0]!;
    const turns = odd.turns.map((turn) => (turn.role === "assistant" ? { ...turn, thought: "new" } : turn));
    expect(toolllamaRowsOf({ ...odd, turns }).rows[0]!.conversations[1]!.value).toBe("\nThought: new\nAction: x\nAction Input: {}");
  });

  it("survives metadata that is not its own", () => {
    const foreign: readonly JsonValue[] = [
      1,
      null,
      {},
      { rows: 1 },
      { rows: [{}] },
      { rows: [{ last: 99 }] },
      { rows: [{ last: 1, turns: [{}] }] },
    ];
    for (const toolllama of foreign) {
      expect(toolllamaRowsOf({ ...content, metadata: { toolllama } }).rows).toHaveLength(2);
    }
  });
});
