import { describe, expect, it } from "vitest";
import type { CallFinding, FailureCode } from "#contracts/calls.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { ToolDefinition, Turn } from "#contracts/trajectory.ts";
import { checkCalls, checkTurn, type CheckContext } from "./checkCalls.ts";
import { parseArguments } from "./parseArguments.ts";
import { parseAssistantText } from "./parseAssistantText.ts";

const BOOK: ToolDefinition = {
  name: "book_table",
  description: "Books a table",
  parameters: {
    type: "object",
    properties: {
      city: { type: "string", description: "Where to eat" },
      people: { type: "integer", minimum: 1, maximum: 20 },
      day: { type: "string", format: "date" },
      seating: { type: "string", enum: ["inside", "outside"] },
      smoking: { type: "boolean" },
      contact: { type: "object", properties: { email: { type: "string", format: "email" }, name: { type: "string" } }, required: ["name"] },
      tags: { type: "array", items: { type: "string" } },
      code: { type: "string", pattern: "^[A-Z]{2}\\d+$" },
      at: { type: "string", format: "time" },
      from: { type: "string", format: "date-time" },
    },
    required: ["city", "people"],
  },
};
const SEARCH: ToolDefinition = { name: "search", description: "", parameters: { type: "object", properties: { q: { type: "string" } } } };
const OPEN: ToolDefinition = { name: "open", description: "", parameters: { type: "object", additionalProperties: true, properties: {} } };

const says = (content: string): Turn => ({ role: "user", content });
const DEFAULT_USER = says("A table in Oslo for 2 people please, for Ada (ada@example.org), tagged quiet and window, code AB12.");

function check(text: string, context: Partial<CheckContext> = {}) {
  return checkCalls(parseAssistantText(text), { tools: [BOOK, SEARCH, OPEN], conversation: [DEFAULT_USER], ...context });
}
const callOf = (name: string, args: JsonObject | string): string =>
  `Action: ${name}\nAction Input: ${typeof args === "string" ? args : JSON.stringify(args)}`;
const codes = (findings: readonly CallFinding[]): FailureCode[] => findings.map((finding) => finding.code);
const booking = (args: JsonObject) => check(callOf("book_table", { city: "Oslo", people: 2, ...args }));

/** Findings, each with the text it points at. */
const placed = (text: string, context: Partial<CheckContext> = {}) =>
  check(text, context).findings.map(({ code, range, pointer }) => [
    code,
    range === undefined ? null : text.slice(range.start, range.end),
    pointer,
  ]);

describe("the call checker", () => {
  it("has nothing to object to a call that is right", () => {
    const full = {
      day: "2026-05-01",
      seating: "outside",
      smoking: false,
      contact: { name: "Ada", email: "ada@example.org" },
      tags: ["quiet"],
    };
    const text = callOf("book_table", { city: "Oslo", people: 2, ...full, code: "AB12" });
    const conversation = [DEFAULT_USER, says("On 1 May, outside.")];
    expect(check(text, { conversation })).toEqual({ findings: [] });
    expect(check(`Thought: easy\n${text}`, { conversation })).toEqual({ findings: [] });
    expect(check("Answer: Hello {there}")).toEqual({ findings: [] });
  });

  it("says where a malformed text left the grammar (F01)", () => {
    expect(placed("Sure, I will book it")).toEqual([["F01", "", undefined]]);
    const truncated = 'Action: book_table\nAction Input: {"city": "Os';
    const { findings, primary } = check(truncated);
    expect(primary).toBe("F01");
    expect(findings[0]!.range!.start).toBe(truncated.indexOf('"Os'));
    expect(placed("Action: book_table\nAction Input: {'city': 1}")).toEqual([["F01", "'", undefined]]);
    expect(placed("Action: book_table\nAction Input: [1]")).toEqual([["F01", "[", undefined]]);
    expect(placed("Action: book_table\n{}")).toEqual([["F01", "", undefined]]);
  });

  it("tells an invented tool (F02) from one that was not offered (F03), and knows near misses", () => {
    expect(placed(callOf("reserve", "{}"))).toEqual([["F02", "reserve", undefined]]);
    expect(placed(callOf("reserve", "{}"), { knownTools: new Set(["reserve"]) })).toEqual([["F03", "reserve", undefined]]);
    expect(check(callOf("book_tabel", "{}")).findings[0]!.fix).toBe('Did it mean "book_table"?');
    expect(check(callOf("quite_other", "{}")).findings[0]!.fix).not.toContain("Did it mean");
    expect(codes(check(callOf("search", "{}")).findings)).toEqual([]);
  });

  it("misses what is required, at any depth (F05)", () => {
    expect(placed(callOf("book_table", '{"people": 2}'))).toEqual([["F05", '{"people": 2}', "/city"]]);
    expect(booking({ contact: { email: "ada@example.org" } }).findings).toMatchObject([{ code: "F05", pointer: "/contact/name" }]);
    expect(codes(booking({ contact: { name: "Ada" } }).findings)).toEqual([]);
  });

  it("objects to unknown arguments unless the schema allows them (F06)", () => {
    expect(placed(callOf("book_table", '{"city": "Oslo", "people": 2, "town": "Oslo"}'))).toEqual([["F06", '"town"', "/town"]]);
    expect(codes(booking({ contact: { name: "Ada", nick: "Ada" } }).findings)).toEqual(["F06"]);
    expect(codes(check(callOf("open", { anything: "Oslo" })).findings)).toEqual([]);
    const schemaless = { ...OPEN, parameters: {} };
    expect(codes(check(callOf("open", { anything: "Oslo" }), { tools: [schemaless] }).findings)).toEqual([]);
  });

  it.each([
    ["a text for a number", { people: "2" }, "/people"],
    ["a fraction for a whole number", { people: 2.5 }, "/people"],
    ["a number out of range", { people: 21 }, "/people"],
    ["a value outside its enum", { seating: "roof" }, "/seating"],
    ["a word for a flag", { smoking: "no" }, "/smoking"],
    ["a day that does not exist", { day: "2026-02-30" }, "/day"],
    ["a date in another format", { day: "1 May" }, "/day"],
    ["something that is no address", { contact: { name: "Ada", email: "ada" } }, "/contact/email"],
    ["a text for a list", { tags: "quiet" }, "/tags"],
    ["a list with a number in it", { tags: ["quiet", 3] }, "/tags/1"],
    ["a code off its pattern", { code: "oslo" }, "/code"],
    ["null", { city: null }, "/city"],
    ["an hour that does not exist", { at: "25:00" }, "/at"],
    ["a date for a moment", { from: "2026-05-01" }, "/from"],
  ])("objects to %s (F07)", (_, args, pointer) => {
    const { findings } = booking(args as JsonObject);
    expect(findings.map((finding) => [finding.code, finding.pointer])).toEqual([["F07", pointer]]);
  });

  it("lets near misses of the same kind pass", () => {
    expect(codes(booking({ people: 2.0 }).findings)).toEqual([]);
    expect(codes(booking({ seating: "inside", smoking: true, tags: [] }).findings)).toEqual([]);
    const conversation = [DEFAULT_USER, says("tomorrow at 19:30")];
    const moments: JsonObject[] = [
      { at: "19:30" },
      { at: "19:30:00Z" },
      { from: "2026-05-01T19:30" },
      { from: "2026-05-01 19:30:00+02:00" },
    ];
    for (const times of moments) {
      expect(check(callOf("book_table", { city: "Oslo", people: 2, ...times }), { conversation })).toEqual({ findings: [] });
    }
  });

  it("points at a value that nothing gives (F08)", () => {
    expect(placed(callOf("book_table", '{"city": "Bergen", "people": 3}'))).toEqual([
      ["F08", '"Bergen"', "/city"],
      ["F08", "3", "/people"],
    ]);
    expect(placed(callOf("book_table", '{"city": "Oslo", "people": 2, "contact": {"name": "Bob"}}'))).toEqual([
      ["F08", '"Bob"', "/contact/name"],
    ]);
    expect(codes(booking({ tags: ["quiet", "window"] }).findings)).toEqual([]);
  });

  it("takes values from results and own answers, not from own thoughts and calls", () => {
    const own = (turn: Partial<Extract<Turn, { role: "assistant" }>>): Turn => ({ role: "assistant", calls: [], ...turn });
    const text = callOf("search", { q: "Bergen" });
    const after = (turn: Turn) => codes(check(text, { conversation: [DEFAULT_USER, turn] }).findings);
    expect(after({ role: "tool", content: '{"city":"Bergen"}' })).toEqual([]);
    expect(after(own({ answer: "Bergen or Oslo?" }))).toEqual([]);
    expect(after(own({ thought: "Bergen" }))).toEqual(["F08"]);
    const argumentsText = '{"q": "bergen!"}';
    expect(after(own({ calls: [{ name: "search", argumentsText, arguments: parseArguments(argumentsText) }] }))).toEqual(["F08"]);
  });

  it("finds a call that is repeated (F10), but lets a failed one be tried again", () => {
    const text = callOf("search", { q: "Oslo" });
    expect(codes(check(`${text}\n${callOf("search", '{ "q":"Oslo" }')}`).findings)).toEqual(["F10"]);
    expect(codes(check(`${text}\n${callOf("search", { q: "window" })}`).findings)).toEqual([]);
    const earlier: Turn = {
      role: "assistant",
      calls: [{ name: "search", argumentsText: '{"q": "Oslo"}', arguments: parseArguments('{"q": "Oslo"}') }],
    };
    const after = (result: string) =>
      codes(check(text, { conversation: [DEFAULT_USER, earlier, { role: "tool", content: result }] }).findings);
    expect(after('{"error": "", "response": "12 places"}')).toEqual(["F10"]);
    expect(after('{"error": "Timeout", "response": ""}')).toEqual([]);
  });

  it("puts findings in order of precedence, the first being primary", () => {
    const text = `${callOf("book_table", { city: "Bergen", people: "2", town: 1 })}\n${callOf("nothing", "{}")}`;
    const { findings, primary } = check(text);
    expect(codes(findings)).toEqual(["F02", "F06", "F07", "F08"]);
    expect(findings.map((finding) => finding.callIndex)).toEqual([1, 0, 0, 0]);
    expect(primary).toBe("F02");
  });

  it("checks a recorded turn against the turns in front of it", () => {
    const content = {
      tools: [SEARCH],
      turns: [says("Find Oslo"), { role: "assistant", calls: [], raw: callOf("search", { q: "Bergen" }) } as const, says("Bergen")],
      metadata: {},
    };
    expect(checkTurn(content, 1)).toMatchObject({ primary: "F08" });
    expect(checkTurn(content, 0)).toEqual({ findings: [] });
  });
});

describe("schemas that data sets bring along", () => {
  const withSchema = (parameters: JsonObject, args: JsonObject): FailureCode[] =>
    codes(check(callOf("f", args), { tools: [{ name: "f", description: "", parameters }] }).findings);

  it("are understood in Python's words and with stray keywords", () => {
    const parameters: JsonObject = {
      type: "dict",
      properties: { x: { type: "float", required: true }, y: { type: "tuple", items: { type: "any" } }, z: { type: "whatever" } },
      required: ["x"],
      optional: ["y"],
      $schema: "http://json-schema.org/draft-04/schema#",
      $id: "same",
    };
    expect(withSchema(parameters, { x: 2, y: [2, "Oslo"], z: true })).toEqual([]);
    expect(withSchema(parameters, { x: "Oslo" })).toEqual(["F07"]);
    expect(withSchema({ ...parameters, required: [] }, {})).toEqual([]);
  });

  it("that fit one of several alternatives are met", () => {
    const parameters: JsonObject = { properties: { v: { anyOf: [{ type: "integer" }, { type: "string" }] } } };
    expect(withSchema(parameters, { v: "Oslo" })).toEqual([]);
    expect(withSchema(parameters, { v: true })).toEqual(["F07"]);
  });

  it("cannot stop or mislead the checker", () => {
    let deep: JsonObject = { type: "string" };
    for (let i = 0; i < 5000; i++) deep = { type: "object", properties: { a: deep } };
    expect(withSchema(deep, { a: {} })).toEqual([]);
    expect(
      withSchema({ properties: { a: { $ref: "#/nowhere" }, b: { enum: [] }, c: { type: 3 as never } } }, { a: 2, b: 2, c: 2 }),
    ).toEqual([]);
    expect(withSchema({ properties: { a: { type: "string", pattern: "^(a+)+$" } } }, { a: `${"a".repeat(5000)}!` })).toEqual(["F08"]);
    expect(withSchema({ properties: { a: { type: "string", pattern: "(" } } }, { a: "Oslo" })).toEqual([]);
    expect(withSchema({ properties: { a: { enum: Array.from({ length: 50_000 }, (_, i) => `v${i}`) } } }, { a: "Oslo" })).toEqual([]);
    const polluted = withSchema(
      JSON.parse('{"properties": {"__proto__": {"type": "string"}}}') as JsonObject,
      JSON.parse('{"__proto__": 2}') as JsonObject,
    );
    expect(({} as Record<string, unknown>)["type"]).toBeUndefined();
    expect(polluted).toBeDefined();
  });

  it("keep two patterns apart", () => {
    const parameters: JsonObject = { properties: { a: { type: "string", pattern: "^O" }, b: { type: "string", pattern: "^B" } } };
    expect(withSchema(parameters, { a: "Oslo", b: "Oslo" })).toEqual(["F07"]);
  });
});
