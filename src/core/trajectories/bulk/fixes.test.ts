import { describe, expect, it } from "vitest";
import type { FixOperation } from "#contracts/bulk.ts";
import type { AssistantTurn, ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { checkTurn } from "../checkCalls.ts";
import { parseArguments } from "../parseArguments.ts";
import { prepareBulkEdit } from "./bulkEdit.ts";
import { fixesOf } from "./fixes.ts";

const call = (name: string, argumentsText: string, callId?: string): ToolCall => ({
  name,
  argumentsText,
  arguments: parseArguments(argumentsText),
  ...(callId === undefined ? {} : { callId }),
});
const assistant = (...calls: ToolCall[]): AssistantTurn => ({ role: "assistant", calls });
const result = (content: string, callId?: string): Turn => ({ role: "tool", content, ...(callId === undefined ? {} : { callId }) });
const parameters = {
  type: "object",
  properties: {
    city: { type: "string" },
    days: { type: "integer" },
    unit: { type: "string", enum: ["degrees_celsius", "kelvin"] },
    at: { type: "array", items: { type: "number" } },
  },
  required: ["city"],
};
const tools = [
  { name: "get_weather", description: "", parameters },
  { name: "get_forecast", description: "", parameters },
];
const content = (...turns: Turn[]): TrajectoryContent => ({
  tools,
  turns: [{ role: "user", content: "Weather in Rome for 3 days?" }, ...turns],
  metadata: {},
});
const offered = (of: TrajectoryContent, turn = 1) => fixesOf(of, turn, checkTurn(of, turn).findings);
const applied = (operation: FixOperation, of: TrajectoryContent): TrajectoryContent => {
  const made = prepareBulkEdit(operation)(of);
  if ("skip" in made) throw new Error(made.skip);
  return made.content;
};
const callsOf = (of: TrajectoryContent) =>
  of.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ name, argumentsText }) => `${name} ${argumentsText}`) : []));

describe("a certain fix", () => {
  it.each([
    ["get_wether", '{"city":"Rome"}', "toolName", 'get_weather {"city":"Rome"}'],
    ["get_weather", '{"citty":"Rome"}', "parameterName", 'get_weather {"city":"Rome"}'],
    ["get_weather", '{"city":"Rome", "days" : " 3 "}', "numberFromText", 'get_weather {"city":"Rome", "days" : 3}'],
    ["get_weather", '{"city":"Rome","at":[1,"2.5"]}', "numberFromText", 'get_weather {"city":"Rome","at":[1,2.5]}'],
    ["get_weather", '{"city":"Rome","unit":"Degrees Celsius"}', "enumSpelling", 'get_weather {"city":"Rome","unit":"degrees_celsius"}'],
    ["get_weather", '{"city":"Rome","at":[1,2]', "closeJson", 'get_weather {"city":"Rome","at":[1,2]}'],
    ["get_weather", '{"city":"Rome"}}', "closeJson", 'get_weather {"city":"Rome"}'],
  ])("of %s %s is %s, which ends the finding", (name, text, kind, fixed) => {
    const of = content(assistant(call(name, text)));
    const [fix, ...others] = offered(of);
    expect([fix?.kind, others]).toEqual([kind, []]);
    const finding = checkTurn(of, 1).findings[fix!.finding]!;
    const next = fix!.apply().content;
    expect(callsOf(next)).toEqual([fixed]);
    expect(checkTurn(next, 1).findings.some(({ code, pointer }) => code === finding.code && pointer === finding.pointer)).toBe(false);
    // by place, by likeness and by kind alone it is the same
    for (const operation of [fix!.operation, fix!.like, { type: "fix", fix: fix!.kind } as const])
      expect(applied(operation, of)).toEqual(next);
  });

  it.each([
    ["delete_all", '{"city":"Rome"}'],
    ["get_weather", '{"city":"Rome","days":"three"}'],
    ["get_weather", '{"city":"Rome","days":"3.5"}'],
    ["get_weather", '{"city":"Rome","unit":"celsius"}'],
    ["get_weather", '{"city":"Ro'],
    ["get_weather", '{"city":"Rome","days":1'],
    ["get_weather", '{"city":"Rome",'],
    ["get_weather", '{"cit":"Rome","citi":"Pisa"}'],
  ])("is not offered where there is a second opinion: %s %s", (name, text) =>
    expect(offered(content(assistant(call(name, text))))).toEqual([]),
  );

  it("of a name that two tools are as near to is not offered", () => {
    const two = [
      { name: "get_rate1", description: "", parameters: {} },
      { name: "get_rate2", description: "", parameters: {} },
    ];
    expect(offered({ ...content(assistant(call("get_rate", "{}"))), tools: two })).toEqual([]);
  });

  it("all like it means the same names and values, elsewhere too", () => {
    const one = content(assistant(call("get_wether", '{"city":"Rome","days":"3"}')));
    const like = offered(one)[0]!.like;
    expect(like).toEqual({ type: "fix", fix: "toolName", from: "get_wether", to: "get_weather" });
    const other = content(assistant(call("get_wether", '{"city":"Pisa"}'), call("get_forecas", '{"city":"Pisa"}')));
    expect(callsOf(applied(like, other))).toEqual(['get_weather {"city":"Pisa"}', 'get_forecas {"city":"Pisa"}']);
  });

  it("in a text that leaves the grammar keeps the rest of the text", () => {
    const raw: Turn = { role: "assistant", calls: [], raw: 'Thought: x\nAction: get_wether\nAction Input: {"city":"Rome"}\nAction: ' };
    expect(applied({ type: "fix", fix: "toolName" }, content(raw)).turns[1]).toEqual({
      role: "assistant",
      calls: [],
      raw: 'Thought: x\nAction: get_weather\nAction Input: {"city":"Rome"}\nAction: ',
    });
  });
});

describe("a repeated call", () => {
  const weather = (id?: string) => call("get_weather", '{"city":"Rome"}', id);
  const remove: FixOperation = { type: "fix", fix: "repeatedCall" };

  it("goes with its turn and its result, and targets go on naming the same turns", () => {
    const of: TrajectoryContent = {
      ...content(assistant(weather()), result("sunny"), { ...assistant(weather()), thought: "again" }, result("sunny"), {
        role: "assistant",
        calls: [],
        answer: "Sunny.",
      }),
      targets: [5],
    };
    const made = prepareBulkEdit(remove)(of);
    expect(made).toMatchObject({
      content: { targets: [3], turns: [of.turns[0], of.turns[1], of.turns[2], of.turns[5]] },
      hits: [{ turn: 3, call: 0, part: "call", after: "" }],
      removed: [{ turn: 4 }, { turn: 3 }],
    });
  });

  it("leaves the other calls of its turn, and takes the result with its id", () => {
    const of = content(
      assistant(weather("a"), call("get_forecast", '{"city":"Rome"}', "b"), weather("c")),
      result("rain", "b"),
      result("sunny", "c"),
      result("sunny", "a"),
    );
    const next = applied(remove, of);
    expect(callsOf(next)).toEqual(['get_weather {"city":"Rome"}', 'get_forecast {"city":"Rome"}']);
    expect(next.turns.slice(2)).toEqual([result("rain", "b"), result("sunny", "a")]);
  });

  it("stays where the result was another one, or where it cannot be told which result is its", () => {
    expect(offered(content(assistant(weather()), result("sunny"), assistant(weather()), result("rain")), 3)).toEqual([]);
    expect(offered(content(assistant(weather(), weather()), result("sunny")))).toEqual([]);
  });
});
