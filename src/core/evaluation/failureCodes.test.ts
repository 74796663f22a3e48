import { describe, expect, it } from "vitest";
import type { FailureCode } from "#contracts/calls.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { judgePrediction } from "./judgePrediction.ts";

const tool = (name: string, properties: JsonObject, required: readonly string[]): ToolDefinition => ({
  name,
  description: "",
  parameters: { type: "object", properties, required: [...required], additionalProperties: false },
});
const text = { type: "string" };
const TOOLS = [
  tool("find_trains", { origin: text, destination: text, day: text, seat: { type: "string", enum: ["window", "aisle"] } }, [
    "origin",
    "destination",
    "day",
  ]),
  tool("book_hotel", { city: text, nights: { type: "integer", minimum: 1 } }, ["city", "nights"]),
  tool("get_weather", { city: text }, ["city"]),
];
const ALL = new Set([...TOOLS.map(({ name }) => name), "rent_car", "send_money"]);

const user = (content: string): Turn => ({ role: "user", content });
const call = (...calls: readonly [name: string, args: string][]): AssistantTurn => ({
  role: "assistant",
  calls: calls.map(([name, argumentsText]) => ({ name, argumentsText, arguments: parseArguments(argumentsText) })),
});
const answer = (words: string): AssistantTurn => ({ role: "assistant", calls: [], answer: words });
const result = (content: string): Turn => ({ role: "tool", content });
const written = (...calls: readonly [name: string, args: string][]): string =>
  calls.map(([name, args]) => `Action: ${name}\nAction Input: ${args}`).join("\n");

const TRAINS = '{"origin": "Oslo", "destination": "Bergen", "day": "Monday"}';
const HOTEL = '{"city": "Bergen", "nights": 2}';
const ASKED = user("Find a train from Oslo to Bergen on Monday, then a hotel there for 2 nights.");
const trip: TrajectoryContent = {
  tools: TOOLS,
  turns: [
    ASKED,
    call(["find_trains", TRAINS]),
    result('{"leaves": "08:25"}'),
    call(["book_hotel", HOTEL]),
    result('{"price": 240}'),
    answer("Booked for 240."),
  ],
  metadata: {},
};
const of = (...turns: Turn[]): TrajectoryContent => ({ tools: TOOLS, turns, metadata: {} });
/** The conversation whose last turn is the reference. */
const weather = (...more: Turn[]) => of(user("How is the weather in Oslo?"), ...more);
const OSLO = '{"city": "Oslo"}';
const weatherCall = weather(call(["get_weather", OSLO]));
const weatherTold = weather(call(["get_weather", OSLO]), result('{"degrees": 12}'), answer("It is 12 degrees in Oslo."));
const weatherFailed = weather(call(["get_weather", OSLO]), result('{"error": "timeout"}'), answer("The weather service failed: timeout."));
const asks = of(user("Find me a train to Bergen on Monday."), answer("From where?"));
const declines = of(user("Paint my house in Oslo."), answer("I have no tool for that."));
const both = of(user("How is the weather in Oslo and in Bergen?"), call(["get_weather", OSLO], ["get_weather", '{"city": "Bergen"}']));

type Row = readonly [
  what: string,
  content: TrajectoryContent,
  turnIndex: number,
  text: string,
  codes: readonly FailureCode[],
  cutOff?: true,
];
const ROWS: readonly Row[] = [
  ["brace missing", trip, 1, written(["find_trains", TRAINS.slice(0, -1)]), ["F01"]],
  ["no marker at all", weatherTold, 3, "It is 12 degrees.", ["F01"]],
  ["cut off inside the arguments", trip, 3, written(["book_hotel", '{"city": "Ber']), ["F01", "F14"], true],
  ["JSON behind the arguments", weatherCall, 1, `${written(["get_weather", OSLO])} {}`, ["F01"]],
  ["a tool of no registry", weatherCall, 1, written(["weather_now", OSLO]), ["F02"]],
  ["the name in capitals", weatherCall, 1, written(["GET_WEATHER", OSLO]), ["F02"]],
  ["an invented tool beside the right one", weatherCall, 1, written(["get_weather", OSLO], ["get_sun", OSLO]), ["F02", "F10"]],
  ["a tool that was not offered", weatherCall, 1, written(["rent_car", OSLO]), ["F03"]],
  ["not offered, no arguments", trip, 1, written(["send_money", "{}"]), ["F03"]],
  ["not offered, where it should decline", declines, 1, written(["rent_car", OSLO]), ["F03", "F11"]],
  ["another offered tool", trip, 3, written(["get_weather", '{"city": "Bergen"}']), ["F04"]],
  ["another tool with arguments it does not take", weatherCall, 1, written(["book_hotel", OSLO]), ["F04", "F05"]],
  ["one of two calls of another tool", both, 1, written(["get_weather", OSLO], ["find_trains", TRAINS]), ["F04", "F08"]],
  ["a required argument missing", trip, 3, written(["book_hotel", '{"city": "Bergen"}']), ["F05", "F09"]],
  ["no arguments", weatherCall, 1, written(["get_weather", "{}"]), ["F05", "F09"]],
  ["missing in the second call", both, 1, written(["get_weather", OSLO], ["get_weather", "{}"]), ["F05", "F09"]],
  ["an unknown argument", weatherCall, 1, written(["get_weather", '{"city": "Oslo", "unit": "celsius"}']), ["F06", "F09"]],
  ["an unknown argument in front", weatherCall, 1, written(["get_weather", '{"id": 1, "city": "Oslo"}']), ["F06", "F09"]],
  ["a key of another tool", trip, 3, written(["book_hotel", '{"city": "Bergen", "nights": 2, "day": "Monday"}']), ["F06", "F09"]],
  ["a number as text", trip, 3, written(["book_hotel", '{"city": "Bergen", "nights": "2"}']), ["F07", "F09"]],
  ["outside the range", trip, 3, written(["book_hotel", '{"city": "Bergen", "nights": 0}']), ["F07", "F09"]],
  ["not in the enum", trip, 1, written(["find_trains", `${TRAINS.slice(0, -1)}, "seat": "middle"}`]), ["F07", "F09"]],
  ["a made-up city", weatherCall, 1, written(["get_weather", '{"city": "Lima"}']), ["F08", "F09"]],
  ["a made-up number", trip, 3, written(["book_hotel", '{"city": "Bergen", "nights": 9}']), ["F08", "F09"]],
  ["a made-up day", trip, 1, written(["find_trains", TRAINS.replace("Monday", "Thursday")]), ["F08", "F09"]],
  ["swapped arguments", trip, 1, written(["find_trains", '{"origin": "Bergen", "destination": "Oslo", "day": "Monday"}']), ["F09"]],
  [
    "swapped, and one more wrong",
    trip,
    1,
    written(["find_trains", '{"origin": "Bergen", "destination": "Oslo", "day": "hotel"}']),
    ["F09"],
  ],
  ["a value from elsewhere in the request", trip, 3, written(["book_hotel", '{"city": "Oslo", "nights": 2}']), ["F09"]],
  ["an optional argument nobody asked for", trip, 1, written(["find_trains", `${TRAINS.slice(0, -1)}, "seat": "aisle"}`]), ["F09"]],
  ["too few", both, 1, written(["get_weather", OSLO]), ["F10"]],
  ["the same twice", weatherCall, 1, written(["get_weather", OSLO], ["get_weather", '{"city":"Oslo"}']), ["F10"]],
  ["the second step first", trip, 1, written(["book_hotel", HOTEL]), ["F10"]],
  ["an answered call again", weatherTold, 3, written(["get_weather", OSLO]), ["F10"]],
  ["a third call", weatherTold, 3, written(["get_weather", '{"city": "Oslo"}'], ["get_weather", '{"city": "Bergen"}']), ["F08", "F10"]],
  [
    "calls where it should ask",
    asks,
    1,
    written(["find_trains", '{"origin": "Bergen", "destination": "Bergen", "day": "Monday"}']),
    ["F11"],
  ],
  [
    "invents what it should ask for",
    asks,
    1,
    written(["find_trains", '{"origin": "Lima", "destination": "Bergen", "day": "Monday"}']),
    ["F11", "F08"],
  ],
  ["calls where nothing fits", declines, 1, written(["get_weather", OSLO]), ["F11"]],
  [
    "calls where an answer was due",
    of(user("Thanks, that was Oslo."), answer("With pleasure.")),
    1,
    written(["get_weather", OSLO]),
    ["F11"],
  ],
  ["answers for a call", weatherCall, 1, "Answer: It is sunny.", ["F12"]],
  ["answers for a question", asks, 1, "Answer: It leaves soon.", ["F12"]],
  ["a number against the result", weatherTold, 3, "Answer: It is 20 degrees in Oslo.", ["F12"]],
  ["success after an error", weatherFailed, 3, "Answer: The sun is out in Oslo.", ["F12"]],
  ["asks although all is there", weatherCall, 1, "Answer: Which city do you mean?", ["F13"]],
  ["declines although it can", trip, 1, "Answer: I am unable to search for trains.", ["F13"]],
  ["declines to tell the result", weatherTold, 3, "Answer: I cannot say.", ["F13"]],
  ["declines where it should ask", asks, 1, "Answer: I have no tool for that.", ["F13"]],
  ["nothing", weatherCall, 1, "", ["F14"]],
  ["a thought alone", trip, 1, "Thought: I need the trains.", ["F14"]],
  ["a failed call again", weatherFailed, 3, written(["get_weather", OSLO]), ["F14"]],
  ["round in circles", weatherTold, 3, `Answer: It is 12 degrees.${" And so it is.".repeat(6)}`, ["F14"], true],
  ["never ends", weatherTold, 3, "Answer: It is 12 degrees, which is pleasant, and then there is the wind", ["F14"], true],
];

describe("a failure code", () => {
  for (const [what, content, turnIndex, wrote, codes, cutOff] of ROWS) {
    it(what, () => {
      const judgement = judgePrediction(wrote, content, turnIndex, { knownTools: ALL, wasCutOff: cutOff === true });
      expect(judgement.codes).toEqual(codes);
    });
  }

  it("has at least three of these", () => {
    const primaries = ROWS.map(([, , , , codes]) => codes[0]);
    const codes = [...new Set(primaries)].sort();
    expect(codes).toHaveLength(14);
    for (const code of codes) expect(primaries.filter((one) => one === code).length, code).toBeGreaterThanOrEqual(3);
  });

  it("says what is swapped, also beside another wrong value", () => {
    const swapped = '{"origin": "Bergen", "destination": "Oslo", "day": "hotel"}';
    const { comparison } = judgePrediction(written(["find_trains", swapped]), trip, 1, { knownTools: ALL });
    expect(comparison.findings.map(({ message }) => message)).toEqual([
      '"origin" and "destination" are swapped.',
      '"day" is "hotel"; the reference has "Monday".',
    ]);
  });

  it.each([
    ["keys in another order", trip, 1, written(["find_trains", '{"day":"Monday","destination":"Bergen","origin":"Oslo"}'])],
    ["a number spelled otherwise", trip, 3, written(["book_hotel", '{"city": "Bergen", "nights": 2.0}'])],
    ["parallel calls in another order", both, 1, written(["get_weather", '{"city": "Bergen"}'], ["get_weather", OSLO])],
    ["a thought in front", weatherCall, 1, `Thought: Oslo it is.\n${written(["get_weather", OSLO])}`],
    ["the failure in other words", weatherFailed, 3, "Answer: Sorry, the service timed out."],
    [
      "a try after a failure, as the reference",
      of(...weatherFailed.turns.slice(0, 3), call(["get_weather", OSLO])),
      3,
      written(["get_weather", OSLO]),
    ],
  ] as const)("is not given to %s", (_what, content, turnIndex, wrote) => {
    expect(judgePrediction(wrote, content, turnIndex, { knownTools: ALL }).codes).toEqual([]);
  });
});
