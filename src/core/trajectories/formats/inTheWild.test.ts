import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { readFile, settledRows, upTo, writeFile, writeFiles } from "./formatsTesting.ts";

type RowFormatName = Parameters<typeof readFile>[0];
const lines = (...rows: JsonValue[]): string => rows.map((row) => JSON.stringify(row)).join("\n");
const readOne = (format: RowFormatName, row: JsonValue): TrajectoryContent => {
  const { contents, settled } = readFile(format, JSON.stringify(row));
  if (contents.length !== 1) throw new Error(JSON.stringify(settled));
  return contents[0]!;
};
const refusals = (format: RowFormatName, text: string): unknown[] =>
  readFile(format, text).settled.flatMap((entry) => (entry.kind === "refused" ? [entry.refusal.code] : []));
const shape = ({ turns }: TrajectoryContent): string[] =>
  turns.map((turn) => {
    if (turn.role !== "assistant") return `${turn.role}: ${turn.content}`;
    const parts = [turn.thought, ...turn.calls.map((call) => `${call.name}(${call.argumentsText})`), turn.answer, turn.raw];
    return `assistant: ${parts.filter((part) => part !== undefined).join(" | ")}`;
  });

const definition = { name: "find", description: "Finds.", parameters: { type: "object", properties: { q: { type: "string" } } } };
const tool = { type: "function", function: definition };

describe("Hermes rows", () => {
  const system = `You are a function calling AI model. Signatures are within <tools></tools> XML tags. <tools> ${JSON.stringify([tool])} </tools> Return <tool_call>\n{...}\n</tool_call>`;
  const say = (...pairs: [string, string][]) => ({ conversations: pairs.map(([from, value]) => ({ from, value })) });
  const rows: Record<string, JsonValue> = {
    "one call with its answer": say(
      ["system", system],
      ["human", "x?"],
      ["gpt", 'I look.\n<tool_call>\n{"arguments": {"q": "x"}, "name": "find"}\n</tool_call>'],
      ["tool", '<tool_response>\n{"name": "find", "content": {"n": 1}}\n</tool_response>'],
      ["gpt", "One."],
    ),
    "several calls in one turn, Python's spelling": say(
      ["human", "x and y?"],
      [
        "gpt",
        "<tool_call>\n{'name': 'find', 'arguments': {'q': 'x', 'all': True}}\n</tool_call>\n<tool_call>\n{\"name\": \"find\", \"arguments\": {\"q\":  \"y\"}}\n</tool_call>",
      ],
      ["tool", "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"],
      ["gpt", "<think>\nso\n</think>\nBoth."],
    ),
    "tools one a line, messages": {
      messages: [
        {
          role: "system",
          content: `Be kind.\n\n# Tools\n\nYou may call one or more functions to assist.\n\n<tools>\n${JSON.stringify(tool)}\n${JSON.stringify(tool)}\n</tools>\n\nUse <tool_call> tags.`,
        },
        { role: "user", content: "x" },
        { role: "assistant", content: '<tool_call>\n{"name": "find", "arguments": {}}\n</tool_call>' },
      ],
      id: 7,
    },
  };

  it.each(Object.keys(rows))("come back equal: %s", (name) => {
    const content = readOne("hermes", rows[name]!);
    expect(JSON.parse(writeFile("hermes", [content]))).toEqual(rows[name]);
    expect(readOne("hermes", JSON.parse(writeFile("hermes", [content])) as JsonValue)).toEqual(content);
  });

  it("are read into turns, with the tools of the system text", () => {
    const content = readOne("hermes", rows["one call with its answer"]!);
    expect(content.tools).toEqual([definition]);
    expect(shape(content)).toEqual(["user: x?", 'assistant: I look. | find({"q": "x"})', 'tool: {"n":1}', "assistant: One."]);
    expect(shape(readOne("hermes", rows["several calls in one turn, Python's spelling"]!))).toEqual([
      "user: x and y?",
      'assistant: find({"q":"x","all":true}) | find({"q":  "y"})',
      "tool: 1",
      "tool: 2",
      "assistant: so | Both.",
    ]);
    expect(readOne("hermes", rows["tools one a line, messages"]!)).toMatchObject({
      tools: [definition, definition],
      turns: [{ content: "Be kind." }, {}, {}],
    });
  });

  it("keep text whose tags do not pair up, or hold no call, as it is", () => {
    for (const value of [
      '<tool_call>{"name": "a"}',
      '{"name": "a"}</tool_call>',
      "<tool_call>find x</tool_call>",
      "<tool_call></tool_call>",
      "<tool_call><tool_call></tool_call>",
    ]) {
      const content = readOne("hermes", say(["human", "x"], ["gpt", value]));
      expect(content.turns[1]).toEqual({ role: "assistant", calls: [], raw: value });
      expect(readOne("hermes", JSON.parse(writeFile("hermes", [content])) as JsonValue)).toEqual(content);
    }
  });
});

describe("rows in Hugging Face's spelling", () => {
  const call = { type: "function", function: { name: "find", arguments: { q: 1 } } };
  const row: JsonObject = {
    messages: [
      { role: "user", content: "x" },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", name: "find", content: "1" },
      { role: "assistant", content: "One." },
    ],
    tools: JSON.stringify([tool]),
  };

  it("come back equal, tools as a list or as text, and become OpenAI's on export", () => {
    for (const each of [row, { ...row, tools: [tool] }, { ...row, tools: [definition], extra: 1 }]) {
      const content = readOne("trl", each);
      expect(content.tools).toEqual([definition]);
      expect(JSON.parse(writeFile("trl", [content]))).toEqual(each);
    }
    const openai = JSON.parse(writeFile("openai-chat", [readOne("trl", row)])) as {
      messages: { tool_calls?: { function: { arguments: unknown } }[] }[];
    };
    expect(openai.messages[1]!.tool_calls![0]!.function.arguments).toBe('{"q":1}');
  });

  it("say which turns count in the loss, in every spelling that is in use", () => {
    const two = (first: object, second: object = {}) => ({
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: "b", ...first },
        { role: "user", content: "c" },
        { role: "assistant", content: "d", ...second },
      ],
    });
    for (const flag of [{ weight: 0 }, { train: false }, { training: false }, { loss: false }]) {
      const content = readOne("trl", two(flag, { train: true }));
      expect(content.targets).toEqual([3]);
      expect(JSON.parse(writeFile("trl", [content]))).toEqual(two(flag, { train: true }));
    }
    const weighted = readOne("openai-chat", two({ weight: 0.25 }, { weight: 1 }));
    expect(weighted.targets).toBeUndefined();
    expect(weighted.turns[1]).toMatchObject({ weight: 0.25 });
    // through every format that has a place for it
    for (const format of ["trl", "openai-chat", "sharegpt", "hermes", "csv"] as const) {
      const [again] = readFile(format, writeFile(format, [weighted])).contents;
      expect([format, again!.turns]).toEqual([format, weighted.turns]);
    }
    expect(writeFiles("tooleval", [weighted]).changes[0]!.map((change) => change.rule)).toContain("weights-dropped");
    // an edit of the weight outdates the recorded flag
    const { targets: _targets, ...all } = readOne("trl", two({ train: false }));
    expect((JSON.parse(writeFile("trl", [all])) as ReturnType<typeof two>).messages[1]).toEqual({ role: "assistant", content: "b" });
    expect(refusals("trl", lines(two({ weight: -1 }), two({ weight: "high" }), two({ weight: 2 })))).toEqual([
      "E_ROW_SHAPE",
      "E_ROW_SHAPE",
    ]);
  });
});

describe("ToolEval's answers", () => {
  const node = (role: string, message: JsonValue, ...next: JsonValue[]) => ({ role, message, next });
  const entry = (details: JsonValue) => ({
    query: "x?",
    available_tools: [definition],
    answer: { method: "DFS", total_steps: 4, final_answer: "One", answer_details: details },
  });
  const chain = [
    node(
      "system",
      "",
      node(
        "user",
        "x?",
        node(
          "assistant",
          "I look.",
          node(
            "tool",
            "{'name': 'find', 'arguments': '{\"q\": \"it\\'s\"}', 'response': 'r'}",
            node("tool", { name: "Finish", arguments: "{}", response: "" }),
          ),
        ),
      ),
    ),
  ];

  it("are read member by member, and come back equal", () => {
    const file = {
      "12": entry(chain),
      "13": entry([]),
      "14": entry([node("user", "x", node("tool", "{'name': 'find', 'argum"))]),
      "15": 3,
    };
    for (const text of [JSON.stringify(file), JSON.stringify(file, null, 2)]) {
      for (const chunkBytes of [1 << 20, 7]) {
        const found = readFile("tooleval", text, {}, chunkBytes);
        expect(settledRows(found)).toEqual(upTo(4));
        expect(found.contents).toHaveLength(2);
        expect(shape(found.contents[0]!)).toEqual([
          "user: x?",
          'assistant: I look. | find({"q": "it\'s"})',
          "tool: r",
          "assistant: Finish({})",
        ]);
        expect(JSON.parse(writeFile("tooleval", found.contents))).toEqual({ "12": file["12"], "14": file["14"] });
        expect(readFile("tooleval", writeFile("tooleval", found.contents)).contents).toEqual(found.contents);
      }
    }
    expect(refusals("tooleval", JSON.stringify(file))).toEqual(["E_ROW_NO_ASSISTANT", "E_ROW_SHAPE"]);
  });

  it("lose the damaged member only, where members begin their lines", () => {
    const text = JSON.stringify({ a: entry(chain), b: entry(chain), c: entry(chain) }, null, 1);
    const damaged = text.replace(/"b": \{\n {2}"query": "x\?",/, '"b": {\n  "query": "x?,');
    const found = readFile("tooleval", damaged);
    expect(found.contents).toHaveLength(2);
    expect(refusals("tooleval", damaged)).toEqual(["E_ROW_JSON"]);
    expect(refusals("tooleval", text.slice(0, -40))).toEqual(["E_ROW_TRUNCATED"]);
  });
});

describe("formats that are only read", () => {
  it("Glaive's texts", () => {
    const content = readOne("glaive", {
      system: `SYSTEM: You are a helpful assistant with access to the following functions. Use them if required -\n${JSON.stringify(definition, null, 4)}\n\n${JSON.stringify(definition)}`,
      chat: 'USER: Find it\'s x\n\n\nASSISTANT: <functioncall> {"name": "find", "arguments": \'{"q": "it\\\'s"}\'} <|endoftext|>\n\n\nFUNCTION RESPONSE: {"n": 1}\n\n\nASSISTANT: One. <|endoftext|>',
    });
    expect(content.tools).toEqual([definition, definition]);
    expect(shape(content)).toEqual([
      "system: You are a helpful assistant.",
      "user: Find it's x",
      'assistant: find({"q": "it\'s"})',
      'tool: {"n": 1}',
      "assistant: One.",
    ]);
    expect(refusals("glaive", lines({ system: "", chat: "hello" }, { chat: 1 }, { system: "", chat: "USER: x" }))).toEqual([
      "E_ROW_SHAPE",
      "E_ROW_SHAPE",
      "E_ROW_NO_ASSISTANT",
    ]);
  });

  it("xLAM's lists, as text or as they are, with short parameters completed", () => {
    const short = [
      { name: "find", description: "", parameters: { q: { type: "str", description: "d" }, n: { type: "int, optional", default: 1 } } },
    ];
    const answers = [{ name: "find", arguments: { q: "x" } }];
    for (const as of [(value: JsonValue) => value, (value: JsonValue) => JSON.stringify(value)]) {
      const content = readOne("xlam", { id: 1, query: "x", answers: as(answers), tools: as(short) });
      expect(content.tools[0]!.parameters).toEqual({
        type: "object",
        properties: { q: { type: "str", description: "d" }, n: { type: "int", default: 1 } },
        required: ["q"],
      });
      expect(content.turns[1]).toMatchObject({ calls: [{ name: "find", arguments: { value: { q: "x" } } }] });
    }
  });

  it("ToolACE's conversations", () => {
    const system = `You are an expert. Here is a list of functions in JSON format that you can invoke:\n${JSON.stringify([{ ...definition, required: null }])}.\nShould you decide to return the function call(s), use [func1(a=1)]`;
    const content = readOne("toolace", {
      system,
      conversations: [
        { from: "user", value: "x" },
        { from: "assistant", value: '[Find Market Trends(q="x", deep={"a": [1, true]}), find(q=\'y\')]' },
        { from: "tool", value: "[1]" },
        { from: "assistant", value: "[Note] One." },
        { from: "assistant", value: "[find(q=)]" },
      ],
    });
    expect(content.tools).toMatchObject([{ name: "find", extra: { required: null } }]);
    expect(shape(content)).toEqual([
      "user: x",
      'assistant: Find Market Trends({"q":"x","deep":{"a":[1,true]}}) | find({"q":"y"})',
      "tool: [1]",
      "assistant: [Note] One.",
      "assistant: [find(q=)]",
    ]);
  });
});

describe("BFCL's questions", () => {
  const question = {
    id: "m_0",
    question: [[{ role: "user", content: "x" }]],
    function: [{ ...definition, parameters: { type: "dict", properties: {}, required: ["q"] } }],
  };
  const read = (row: JsonValue, truth?: JsonValue) =>
    readFile("bfcl", JSON.stringify(row), truth === undefined ? {} : { beside: JSON.stringify({ id: "m_0", ground_truth: truth }) });

  it("take the first accepted value, leave out what may be left out, and keep all that is accepted", () => {
    const truth = [{ find: { q: ["", "x"], n: ["", 2], deep: [{ a: [1, 2], b: ["", 3] }], list: [[{ c: [4] }]], none: [] } }];
    const found = read(question, truth);
    expect(shape(found.contents[0]!)).toEqual(["user: x", 'assistant: find({"q":"","deep":{"a":1},"list":[{"c":4}]})']);
    expect(found.settled[0]).toMatchObject({ rows: [{ outcome: "changed", changes: [{ rule: "first-accepted-value-taken" }] }] });
    const { files } = writeFiles("bfcl", found.contents);
    expect(JSON.parse(files.get("possible_answer/trajectories.json")!)).toEqual({ id: "m_0", ground_truth: truth });
  });

  it("may be conversations, texts, or without an answer", () => {
    const turns = { id: "m_0", question: [[{ role: "user", content: "a" }], [{ role: "user", content: "b" }]], involved_classes: ["X"] };
    const found = read(turns, [["cd(folder='d')", "ls()"], ["sort('f')"]]);
    expect(shape(found.contents[0]!)).toEqual(["user: a", 'assistant: cd({"folder":"d"}) | ls({})', "user: b", "assistant: [sort('f')]"]);
    const { text, files } = writeFiles("bfcl", found.contents);
    expect(JSON.parse(text)).toEqual(turns);
    expect(JSON.parse(files.get("possible_answer/trajectories.json")!)).toMatchObject({
      ground_truth: [["cd(folder='d')", "ls()"], ["sort('f')"]],
    });
    expect(shape(read({ id: "old", question: "x", function: definition }).contents[0]!)).toEqual(["user: x"]);
    expect(read({ ...question, id: "irrelevance_1" }).settled).toMatchObject([{ rows: [{ outcome: "taken" }] }]);
    expect(read(question).settled).toMatchObject([{ rows: [{ changes: [{ rule: "reference-call-missing" }] }] }]);
    expect(
      refusals("bfcl", lines({ question: [] }, { question: [[{ role: "robot", content: "" }]] }, { question: [["x"]], function: 1 })),
    ).toEqual(["E_ROW_SHAPE", "E_ROW_SHAPE", "E_ROW_SHAPE"]);
  });
});

describe("ToolAlpaca's and API-Bank's rows", () => {
  it("recorded runs of ToolAlpaca come back equal, and bad instructions do not take the good ones along", () => {
    const api = {
      Name: "A",
      Function_Description: { find: 'Finds.\nParameters: {"q": "Required. Array[string]. What."}\nOutput: x', components: "" },
    };
    const instance = {
      input: "x",
      output: "One.",
      "Final Thought": "so",
      intermediate_steps: [[["find", '{"q": []}', "look\nASSISTANT Action: find"], "r"]],
    };
    const text = JSON.stringify([
      { ...api, Instances: [instance, 7] },
      { ...api, Instructions: ["a", 3, "c"], Golden_Answers: [[{ Action: "find", Action_Input: "{" }], [], [{ Action: 1 }]] },
    ]);
    const found = readFile("toolalpaca", text);
    expect(settledRows(found)).toEqual(upTo(5));
    expect(found.contents.map(shape)).toEqual([
      ["user: x", 'assistant: look | find({"q": []})', "tool: r", "assistant: so | One."],
      ["user: a", "assistant: find({)"],
    ]);
    expect(found.contents[0]!.tools[0]!.parameters).toEqual({
      type: "object",
      properties: { q: { type: "array", description: "What.", items: { type: "string" } } },
      required: ["q"],
    });
    expect(JSON.parse(writeFile("toolalpaca", found.contents))).toEqual([
      { ...api, Instances: [instance] },
      { ...api, Instructions: ["a"], Golden_Answers: [[{ Action: "find", Action_Input: "{" }]] },
    ]);
  });

  it("API-Bank's rows may hold a dialogue, and answer in words", () => {
    const row = {
      instruction: "I",
      input:
        '{"name": "F", "description": "d", "input_parameters": {}}\nUser: a\nb\nAI: c\nUser: d\nAPI-Request: [F(x=1)]->{"r": 1}\nGenerate AI Response: ',
      output: "AI: done",
    };
    const content = readOne("api-bank", row);
    expect(shape(content)).toEqual([
      "system: I",
      "user: a\nb",
      "assistant: c",
      "user: d",
      'assistant: F({"x":1})',
      'tool: {"r": 1}',
      "assistant: done",
    ]);
    expect(content.targets).toEqual([6]);
    expect(JSON.parse(writeFile("api-bank", [content]))).toEqual([row]);
    expect(
      refusals(
        "api-bank",
        JSON.stringify([
          { input: 1, output: "" },
          { input: "", output: null },
        ]),
      ),
    ).toEqual(["E_ROW_SHAPE", "E_ROW_SHAPE"]);
  });

  it("a line of a dialogue that cannot be read is refused, and the rest says that it is missing", () => {
    const text = `${lines({ role: "User", text: "x" }, { role: "API", api_name: "F", param_dict: {}, result: "r" })}\n{"role": "AI", "tex\n${lines({ role: "Robot" })}\n`;
    const found = readFile("api-bank-dialogue", text);
    expect(settledRows(found)).toEqual(upTo(4));
    expect(found.settled.at(-1)).toMatchObject({ rows: [{ changes: [{ rule: "lines-missing" }, { rule: "tools-not-described" }] }, {}] });
  });
});
