import { describe, expect, it } from "vitest";
import type { JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { evaluateCalls } from "./evaluateCalls.ts";
import { judgePrediction } from "./judgePrediction.ts";
import { showsPlantedFault } from "./plantedFaults.ts";
import { faultCondition, sliceMetadata } from "./slices.ts";
import { wilson } from "./wilson.ts";

describe("the Wilson interval", () => {
  // Newcombe 1998, table I, method 3
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [29, 29, 0.883, 1],
  ])("of %i in %i is the published one", (numerator, denominator, low, high) => {
    const rate = wilson(numerator, denominator);
    expect(rate.low).toBeCloseTo(low, 4);
    expect(rate.high).toBeCloseTo(high, 4);
    expect(rate.value).toBe(numerator / denominator);
  });

  it("of nothing says that nothing is known", () => {
    expect(wilson(0, 0)).toEqual({ value: 0, numerator: 0, denominator: 0, low: 0, high: 1 });
  });
});

const TOOLS: ToolDefinition[] = ["get_weather", "get_time"].map((name) => ({
  name,
  description: "",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}));
const user = (content: string): Turn => ({ role: "user", content });
const callText = (name: string, args: string): string => `Action: ${name}\nAction Input: ${args}`;
const callTurn = (name: string, argumentsText: string): AssistantTurn => ({
  role: "assistant",
  calls: [{ name, argumentsText, arguments: parseArguments(argumentsText) }],
});
const answerTurn = (answer: string): AssistantTurn => ({ role: "assistant", calls: [], answer });
const OSLO = '{"city": "Oslo"}';
const chat = (...turns: Turn[]): TrajectoryContent => ({ tools: TOOLS, turns, metadata: {} });
const judge = (text: string, ...turns: Turn[]) =>
  judgePrediction(text, chat(...turns), turns.length - 1, { knownTools: new Set(["get_weather", "get_time", "book"]) });

describe("a prediction against its reference", () => {
  const asked = user("Weather in Oslo?");
  const call = callTurn("get_weather", OSLO);
  const result: Turn = { role: "tool", content: '{"degrees": 12}' };

  it.each<[string, string, Turn[], string[]]>([
    ["the same call", callText("get_weather", OSLO), [asked, call], []],
    ["the same call, spelled otherwise", callText("get_weather", '{ "city":"Oslo" }'), [asked, call], []],
    ["another offered tool", callText("get_time", OSLO), [asked, call], ["F04"]],
    ["an invented tool", callText("weather_now", OSLO), [asked, call], ["F02"]],
    ["a known tool that was not offered", callText("book", OSLO), [asked, call], ["F03"]],
    ["no arguments", callText("get_weather", "{}"), [asked, call], ["F05", "F09"]],
    ["a made-up value", callText("get_weather", '{"city": "Bergen"}'), [asked, call], ["F08", "F09"]],
    ["a value from the wrong place", callText("get_weather", '{"city": "weather"}'), [asked, call], ["F09"]],
    ["the call twice", `${callText("get_weather", OSLO)}\n${callText("get_weather", OSLO)}`, [asked, call], ["F10"]],
    ["half a call", 'Action: get_weather\nAction Input: {"city": "Os', [asked, call], ["F01"]],
    ["an answer for a call", "Answer: It is sunny.", [asked, call], ["F12"]],
    ["a question for a call", "Answer: Which city?", [asked, call], ["F13"]],
    ["a refusal for a call", "Answer: I cannot look that up.", [asked, call], ["F13"]],
    [
      "a call where nothing fits",
      callText("get_weather", '{"city": "Oslo"}'),
      [user("Oslo is nice"), answerTurn("I have no tool for that.")],
      ["F11"],
    ],
    [
      "a call with a made-up value for a question",
      callText("get_weather", OSLO),
      [user("Weather?"), answerTurn("Which city?")],
      ["F11", "F08"],
    ],
    ["an answer for a question", "Answer: It is sunny.", [user("Weather?"), answerTurn("Which city?")], ["F12"]],
    ["a refusal for an answer", "Answer: Sorry, I am unable to say.", [asked, call, result, answerTurn("12 degrees.")], ["F13"]],
    ["one call too many", callText("get_time", OSLO), [asked, call, result, answerTurn("12 degrees.")], ["F10"]],
    ["the answer in other words", "Answer: Twelve degrees it is.", [asked, call, result, answerTurn("12 degrees.")], []],
    ["an answer that ignores the result", "Answer: 20 degrees.", [asked, call, result, answerTurn("12 degrees.")], ["F12"]],
    ["free text", "It is sunny.", [asked, call, result, answerTurn("12 degrees.")], ["F01"]],
  ])("that is %s", (_, text, turns, codes) => expect(judge(text, ...turns).codes).toEqual(codes));

  it("is no failure where it repeats a reference that the checker would object to", () => {
    const text = callText("get_weather", '{"city": "Bergen"}');
    expect(judge(text, asked, callTurn("get_weather", '{"city": "Bergen"}'))).toMatchObject({ codes: [], comparison: { exact: true } });
    const raw = "\nAction: get_weather\nAction In";
    expect(judge(raw, asked, { role: "assistant", calls: [], raw })).toMatchObject({ codes: [], isMalformed: true });
  });

  it("counts a broken call as a decision to call", () => {
    expect(judge("Action: get_wea", asked, call)).toMatchObject({ isDecisionRight: true, isMalformed: true });
    expect(judge("Answer: sunny", asked, call)).toMatchObject({ isDecisionRight: false, isMalformed: false });
  });
});

describe("rates over predictions", () => {
  const prompt = (text: string, reference: AssistantTurn, recorded: Record<string, JsonValue>) => {
    const judgement = judgePrediction(text, chat(user("Oslo"), reference), 1);
    const metadata = sliceMetadata(recorded);
    return { judgement, metadata, showsPlantedFault: showsPlantedFault(faultCondition(metadata), judgement.output, reference, TOOLS) };
  };
  const right = callText("get_weather", OSLO);
  const reference = callTurn("get_weather", OSLO);
  const rates = evaluateCalls([
    prompt(right, reference, { template_seen: true, values_seen: true, kind: "single", id: "a" }),
    prompt(right, reference, { fields: { metadata: { template_seen: false, values_seen: true, kind: "single" } } }),
    prompt("Action: get", reference, { fields: { template_seen: false, values_seen: true, kind: "steps", free_text: true } }),
    prompt("Answer: Which city?", answerTurn("Which city?"), { template_seen: true, kind: "clarify" }),
    prompt(right, answerTurn("Which city?"), { template_seen: true }),
    prompt(callText("get_weather_pro", OSLO), reference, { fault_condition: "hallucinated_tool:triggered", template_seen: true }),
    prompt(right, reference, { fault_condition: "hallucinated_tool:triggered" }),
    prompt("Answer: Sunny.", reference, { fault_condition: "malformed_json:untriggered" }),
  ]);

  it("are over calls, or over all prompts, without those that a fault was planted for", () => {
    expect(rates).toMatchObject({
      prompts: 5,
      calls: 3,
      exactCallRate: { numerator: 2, denominator: 3 },
      malformedRate: { numerator: 1, denominator: 5 },
      decisionRate: { numerator: 4, denominator: 5 },
      byCode: { F01: 1, F02: 1, F11: 1, F12: 1 },
    });
  });

  it("are sliced by what metadata says of the trajectory, wherever the source kept it", () => {
    expect(rates.slices.map(({ name, exactCallRate: { numerator, denominator } }) => [name, numerator, denominator])).toEqual([
      ["free text: yes", 0, 1],
      ["kind: clarify", 0, 0],
      ["kind: single", 2, 2],
      ["kind: steps", 0, 1],
      ["templates: seen", 1, 1],
      ["templates: unseen", 1, 2],
      ["values: seen", 2, 3],
    ]);
  });

  it("tell of each slice how it decides and what it garbles as well", () => {
    const slice = (name: string) => rates.slices.find((one) => one.name === name)!;
    expect(slice("kind: clarify")).toMatchObject({ decisionRate: { numerator: 1, denominator: 1 }, malformedRate: { denominator: 1 } });
    expect(slice("kind: steps")).toMatchObject({ decisionRate: { numerator: 1, denominator: 1 }, malformedRate: { numerator: 1 } });
  });

  it("count every decision against the reference's, and three outcomes of a call prompt that add up to one", () => {
    const more = evaluateCalls([
      prompt(right, reference, {}),
      prompt("Answer: Which city?", reference, {}),
      prompt("Answer: Sunny.", reference, {}),
      prompt("", reference, {}),
      prompt("Action: get", reference, {}),
      prompt("Answer: I cannot do that.", answerTurn("Which city?"), {}),
      prompt(right, answerTurn("I have no tool for that."), {}),
    ]);
    expect(more.decisions).toEqual({
      call: { call: 2, ask: 1, answer: 1, cannot: 0, none: 1 },
      ask: { call: 0, ask: 0, answer: 0, cannot: 1, none: 0 },
      answer: { call: 0, ask: 0, answer: 0, cannot: 0, none: 0 },
      cannot: { call: 1, ask: 0, answer: 0, cannot: 0, none: 0 },
    });
    expect(more.outcomes).toMatchObject({
      called: { numerator: 1, denominator: 5 },
      abstained: { numerator: 3, denominator: 5 },
      malformed: { numerator: 1, denominator: 5 },
    });
  });

  it("say which planted faults show under their own condition", () => {
    expect(rates.faultConditions.map(({ name, surfaced: { numerator, denominator } }) => [name, numerator, denominator])).toEqual([
      ["hallucinated_tool:triggered", 1, 2],
      ["malformed_json:untriggered", 0, 1],
    ]);
  });

  it("of nothing are none", () => {
    expect(evaluateCalls([])).toMatchObject({ prompts: 0, slices: [], faultConditions: [], byCode: {} });
  });
});
