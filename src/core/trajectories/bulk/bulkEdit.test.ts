import { describe, expect, it } from "vitest";
import { operationSchema } from "#contracts/changes.ts";
import type { ContentOperation } from "#contracts/bulk.ts";
import type { TextPart } from "#contracts/contentParts.ts";
import { AppError } from "#contracts/errors.ts";
import type { AssistantTurn, ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { prepareBulkEdit, type BulkChange } from "./bulkEdit.ts";

const call = (name: string, argumentsText: string): ToolCall => ({ name, argumentsText, arguments: parseArguments(argumentsText) });
const assistant = (...calls: ToolCall[]): AssistantTurn => ({ role: "assistant", calls });
const tool = (name: string, parameters = {}) => ({ name, description: `About ${name}`, parameters });
const content = (turns: readonly Turn[], tools = [tool("get_fee")]): TrajectoryContent => ({ tools, turns, metadata: { kept: "get_fee" } });

const prepared = (operation: unknown) => prepareBulkEdit(operationSchema.parse(operation) as ContentOperation);
const outcome = (operation: unknown, of: TrajectoryContent) => prepared(operation)(of);
function change(operation: unknown, of: TrajectoryContent): BulkChange {
  const made = outcome(operation, of);
  if ("skip" in made) throw new Error(made.skip);
  return made;
}
const refusal = (operation: unknown): string => {
  try {
    prepared(operation);
  } catch (error) {
    return AppError.from(error).message;
  }
  return "accepted";
};
const replace = (find: string, replacement: string, parts: TextPart[], options = {}) => ({
  type: "replace",
  find,
  replacement,
  parts,
  ...options,
});
const callsOf = (of: TrajectoryContent) =>
  of.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ name, argumentsText }) => `${name} ${argumentsText}`) : []));

describe("replacing", () => {
  it("changes the characters concerned inside JSON, escaped, and leaves every other byte", () => {
    const text = '{ "city" : "K\\u00f6ln \\"old\\" \\/ x",\n "Köln":["Köln", 12] , "n": 1.50}';
    const { content: next, hits } = change(replace("Köln", 'a"b', ["argumentValue"]), content([assistant(call("f", text))]));
    const expected = '{ "city" : "a\\"b \\"old\\" \\/ x",\n "Köln":["a\\"b", 12] , "n": 1.50}';
    expect(callsOf(next)).toEqual([`f ${expected}`]);
    expect((next.turns[0] as AssistantTurn).calls[0]!.arguments).toEqual(parseArguments(expected));
    expect(hits.map(({ start, end, before, after }) => [text.slice(start, end), before, after])).toEqual([
      ["K\\u00f6ln", "K\\u00f6ln", 'a\\"b'],
      ["Köln", "Köln", 'a\\"b'],
    ]);
  });

  it("keeps numbers numbers", () => {
    const of = content([assistant(call("f", '{"a":2023,"b":"2023","c":20}'))]);
    expect(callsOf(change(replace("2023", "2024", ["argumentValue"]), of).content)).toEqual(['f {"a":2024,"b":"2024","c":20}']);
    expect(callsOf(change(replace("20", "x", ["argumentValue"]), of).content)).toEqual(['f {"a":2023,"b":"x23","c":20}']);
  });

  it("puts groups of a pattern where the replacement names them", () => {
    const of = content([{ role: "user", content: "on 13.11.2026, not 1.2.2027" }]);
    const operation = replace("(\\d+)\\.(\\d+)\\.(\\d{4})", "$3-$2-$1 ($$$&)", ["user"], { isPattern: true });
    expect(change(operation, of).content.turns[0]).toEqual({
      role: "user",
      content: "on 2026-11-13 ($13.11.2026), not 2027-2-1 ($1.2.2027)",
    });
  });

  it.each([
    ["(a+)+", "", "the repeated group (a+)+ holds a repetition"],
    ["(a)\\1", "", "\\1 at character 4 refers back"],
    ["a(?=b)", "", "(?=b at character 2 looks around"],
    ["a(", "", "cannot be read: Unterminated group"],
    ["a*", "", "matches where there is no text at all"],
    ["(a)b", "$2", "names $2, and the pattern has groups up to $1"],
  ])("refuses the pattern %s by naming what is wrong", (find, replacement, named) => {
    expect(refusal(replace(find, replacement, ["user"], { isPattern: true }))).toContain(named);
  });

  it("goes through a result of 2 MB", () => {
    const of = content([{ role: "tool", content: "a".repeat(2_000_000) }]);
    expect(change(replace("(a+)(b+)$", "$2", ["result"], { isPattern: true }), of).hits).toEqual([]);
    expect(change(replace("a!", "b", ["result"]), content([{ role: "tool", content: "aaaaaaaaa!".repeat(200_000) }])).hits).toHaveLength(
      200_000,
    );
  });

  it("skips what a pattern would take too long for, and says so", () => {
    const of = content([{ role: "tool", content: "a".repeat(300_000) }]);
    expect(outcome(replace("a(?:[^z]*z)?", "b", ["result"], { isPattern: true }), of)).toEqual({
      skip: "the pattern takes too long on one of its texts",
    });
  });

  it("leaves text that cannot be read alone, says how often it stands there, and changes it where asked to", () => {
    const of = content([{ role: "assistant", calls: [], raw: "Thought: fee\nAction: fee\nInput fee" }, assistant(call("f", '{"a": "fee'))]);
    const { content: next, hits, numLeft } = change(replace("fee", "x", ["thought", "toolName", "argumentValue"]), of);
    // the action has no input, so it is no call
    expect([(next.turns[0] as AssistantTurn).raw, hits.length, numLeft]).toEqual(["Thought: x\nAction: fee\nInput fee", 1, 3]);
    const all = change(replace("fee", "x", ["unreadable"]), of);
    expect([(all.content.turns[0] as AssistantTurn).raw, callsOf(all.content), all.numLeft]).toEqual([
      "Thought: fee\nAction: x\nInput x",
      ['f {"a": "x'],
      0,
    ]);
  });

  it("takes a thought away with its last word, and skips what the grammar would read as something else", () => {
    const of = content([{ ...assistant(call("f", "{}")), thought: "so" }]);
    expect(change(replace("so", "", ["thought"]), of).content.turns).toEqual([assistant(call("f", "{}"))]);
    expect(outcome(replace("so", "so\nAction: g", ["thought"]), of)).toEqual({
      skip: expect.stringContaining("turn 1 would not hold: a thought"),
    });
    expect(outcome(replace("f", "", ["toolName"]), of)).toEqual({ skip: "turn 1 would not hold: a call needs the name of a tool" });
  });

  it("replaces words and values of definitions, never names", () => {
    const parameters = {
      type: "object",
      properties: { title: { type: "string", description: "the title", enum: ["title", "other"] } },
      required: ["title"],
    };
    const { content: next } = change(
      replace("title", "x", ["tools"]),
      content([], [{ name: "title", description: "a title", parameters }]),
    );
    expect(next.tools).toEqual([
      {
        name: "title",
        description: "a x",
        parameters: {
          type: "object",
          properties: { title: { type: "string", description: "the x", enum: ["x", "other"] } },
          required: ["title"],
        },
      },
    ]);
  });
});

describe("renaming a tool", () => {
  const rename = { type: "renameTool", from: "get_fee", to: "quote" };

  it("reaches definitions, calls, results, raw texts and whole words, each counted", () => {
    const of = content([
      { role: "system", content: "Use get_fee, not get_fee_total, api.get_fee or get_fee-2; (get_fee)." },
      { ...assistant(call("get_fee", '{"x":"get_fee"}')), thought: "call get_fee" },
      { role: "tool", name: "get_fee", content: "get_fee: 3" },
      { role: "assistant", calls: [], raw: "Action: get_fee\nInput: get_fee" },
    ]);
    const { content: next, hits } = change(rename, of);
    expect(next).toEqual({
      ...content(
        [
          { role: "system", content: "Use quote, not get_fee_total, api.get_fee or get_fee-2; (quote)." },
          { ...assistant(call("quote", '{"x":"get_fee"}')), thought: "call quote" },
          { role: "tool", name: "quote", content: "quote: 3" },
          { role: "assistant", calls: [], raw: "Action: quote\nInput: quote" },
        ],
        [{ ...tool("get_fee"), name: "quote" }],
      ),
    });
    expect(hits.map(({ part }) => part).join(" ")).toBe("tools system system thought toolName result resultName unreadable unreadable");
  });

  it("leaves words alone where only names are wanted", () => {
    const of = content([{ role: "user", content: "get_fee" }, assistant(call("get_fee", "{}"))]);
    expect(change({ ...rename, mentions: false }, of).hits.map(({ part }) => part)).toEqual(["tools", "toolName"]);
  });

  it("merges equal definitions and skips different ones", () => {
    const same = { ...tool("get_fee"), name: "quote" };
    const merged = change(rename, content([assistant(call("get_fee", "{}"))], [tool("get_fee"), same]));
    expect([merged.content.tools, callsOf(merged.content)]).toEqual([[same], ["quote {}"]]);
    expect(outcome(rename, content([], [tool("get_fee"), { ...same, description: "other" }]))).toEqual({
      skip: 'it offers a different "quote" already',
    });
  });

  it("leaves a content that does not have it the same object", () => {
    const of = content([{ role: "user", content: "hello" }], [tool("other")]);
    expect(change(rename, of).content).toBe(of);
  });
});

describe("renaming a parameter", () => {
  const rename = { type: "renameParameter", tool: "get_fee", from: "ref", to: "reference" };
  const schema = { type: "object", properties: { ref: { type: "string" }, n: { type: "number" } }, required: ["n", "ref"] };

  it("changes the definition and the calls of that tool only", () => {
    const of = content(
      [assistant(call("get_fee", '{"n":1, "ref" : "ref", "in": {"ref":2}}'), call("other", '{"ref":1}'))],
      [tool("get_fee", schema), tool("other", schema)],
    );
    const { content: next, hits } = change(rename, of);
    expect(callsOf(next)).toEqual(['get_fee {"n":1, "reference" : "ref", "in": {"ref":2}}', 'other {"ref":1}']);
    expect(next.tools.map(({ parameters }) => [Object.keys(parameters["properties"]!), parameters["required"]])).toEqual([
      [
        ["reference", "n"],
        ["n", "reference"],
      ],
      [
        ["ref", "n"],
        ["n", "ref"],
      ],
    ]);
    expect(hits.map(({ part, before, after }) => `${part} ${before} ${after}`)).toEqual([
      "tools ref reference",
      "argumentKey ref reference",
    ]);
  });

  it("skips where the new name is taken, in the definition or in a call", () => {
    const taken = { type: "object", properties: { ref: {}, reference: {} } };
    expect(outcome(rename, content([], [tool("get_fee", taken)]))).toEqual({ skip: 'its "get_fee" has a parameter "reference" already' });
    expect(outcome(rename, content([assistant(call("get_fee", '{"ref":1,"reference":2}'))]))).toEqual({
      skip: 'a call of "get_fee" has "reference" already',
    });
  });
});

describe("bulk edits of many made-up contents", () => {
  /** A generator of its own: the same contents every time. */
  let state = 5;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const words = ["get_fee", "fee", 'q"uote', "Köln", "line\nbreak", "a\\b", "get_fee_2", "🙂 fee"];
  const pick = () => words[random(words.length)]!;
  const text = () => Array.from({ length: random(5) }, pick).join(" ");
  const args = () => {
    const whole = JSON.stringify({ [pick()]: text(), n: random(9), list: [pick(), { [pick()]: pick() }] }, null, random(3));
    return random(6) === 0 ? whole.slice(0, -2) : whole;
  };
  const turn = (): Turn => {
    switch (random(5)) {
      case 0:
        return { role: "system", content: text() };
      case 1:
        return { role: "user", content: text() };
      case 2:
        return { role: "tool", content: text(), name: pick() };
      case 3:
        return {
          role: "assistant",
          calls: [],
          raw: `Thought: ${text()}\nAction: ${pick()}\nAction Input: ${args()}${random(2) === 0 ? "\nAction: " : ""}`,
        };
      default:
        return { ...assistant(call(pick(), args()), call(pick(), args())), thought: text(), answer: text() };
    }
  };
  const made = (): TrajectoryContent => ({
    tools: [{ name: "get_fee", description: text(), parameters: { properties: { [pick()]: { description: text() } } } }],
    turns: Array.from({ length: 4 }, turn),
    targets: [1],
    metadata: { facts: text() },
  });

  it("a tool renamed and renamed back is as it was", () => {
    for (let i = 0; i < 300; i++) {
      const of = made();
      const there = change({ type: "renameTool", from: "get_fee", to: "quote.v2" }, of).content;
      expect(change({ type: "renameTool", from: "quote.v2", to: "get_fee" }, there).content).toEqual(of);
    }
  });

  const OUTSIDE: Readonly<Record<string, (of: TrajectoryContent) => unknown>> = {
    user: (of) => of.turns.map((each) => (each.role === "user" ? "" : each)),
    result: (of) => of.turns.map((each) => (each.role === "tool" ? each.name : each)),
    system: (of) => of.turns.map((each) => (each.role === "system" ? "" : each)),
    tools: (of) => [of.turns, of.tools.map(({ name, parameters }) => [name, Object.keys(parameters["properties"]!)])],
  };
  it.each(Object.keys(OUTSIDE))("replacing in %s changes nothing else, and everything there", (part) => {
    for (let i = 0; i < 300; i++) {
      const of = made();
      const { content: next, hits } = change(replace("fee", "FEE", [part as TextPart]), of);
      expect([OUTSIDE[part]!(next), next.targets, next.metadata]).toEqual([OUTSIDE[part]!(of), of.targets, of.metadata]);
      expect(change(replace("fee", "FEE", [part as TextPart]), next).hits).toEqual([]);
      if (hits.length === 0) expect(next).toBe(of);
    }
  });

  it("replacing in argument values leaves keys, names and the shape of the text, and the value is the replaced value", () => {
    const inValues = (value: unknown): unknown =>
      typeof value === "string"
        ? value.replaceAll("fee", '"\n')
        : Array.isArray(value)
          ? value.map(inValues)
          : typeof value === "object" && value !== null
            ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inValues(each)]))
            : value;
    for (let i = 0; i < 300; i++) {
      const of = content([assistant(call("f", args()))]);
      const before = (of.turns[0] as AssistantTurn).calls[0]!;
      const after = (change(replace("fee", '"\n', ["argumentValue"]), of).content.turns[0] as AssistantTurn).calls[0]!;
      if (!before.arguments.ok) expect(after).toEqual(before);
      else expect(after.arguments).toEqual({ ok: true, value: inValues(before.arguments.value) });
    }
  });
});
