import { describe, expect, it } from "vitest";
import type { Turn } from "#contracts/trajectory.ts";
import {
  conversationText,
  createEvidenceCache,
  evidenceOf,
  evidenceOfTurns,
  GrowingEvidence,
  groundsOf,
  isGrounded,
  ungroundedValues,
} from "./groundedValues.ts";
import { numbersIn } from "./numberForms.ts";

const grounded = (value: string | number, text: string): boolean => isGrounded(value, evidenceOf(text));

describe("a value that the conversation gives", () => {
  it.each<[string | number, string]>([
    ["Oslo", "weather in OSLO?"],
    ["New York", "from new-york to"],
    ["ada.lovelace@example.org", "mail Ada.Lovelace@example.org, please"],
    ["AB-12/3", "order ab123"],
    ["Zürich", "to Zurich"],
    [2, "a table for two"],
    [2, "my wife and I, both of us"],
    [12, "a dozen eggs"],
    [25, "twenty-five people"],
    [205, "two hundred and five"],
    [2500, "two thousand five hundred euros"],
    [3000, "about 3k"],
    [1234.5, "it costs $1,234.50"],
    [0.2, "a 20 % tip"],
    [3, "the third one"],
    [7, "flight at 7"],
    ["2", "two adults"],
    ["2026-05-01", "on May 1st, 2026"],
    ["2026-05-01", "on the 1st of May"],
    ["2026-05-01", "on 05/01/2026"],
    ["01/05/2026", "on 2026-05-01"],
    ["2026-05-01", "next Friday"],
    ["2026-05-01T15:00:00", "May 1, 3 pm"],
    ["2026-05-01T00:00:00Z", "May 1"],
    ["19:30", "at 7:30 in the evening"],
    ["12:00", "at noon"],
    ["USD", "in dollars"],
    ["fr", "translate it to French"],
    ["cheap Italian restaurants", "Any Italian restaurants that are cheap?"],
    ["", "anything"],
    [1e-9, "a charge of 1e-9"],
    [23, "open until 11 PM"],
    [-112.074, "112.0740 W"],
    [24, "two dozen eggs"],
    [4, "compounded quarterly"],
    ["open on Sundays", "that opens on Sundays"],
    ["07-20-2022", "until July 20, 2022"],
    ["15-10-2023", "from 15th October,2023"],
    ["2022-06-04", "for 3 nights from 1st June 2022"],
    ["2022-01-02", "two weeks from 19 December 2021"],
    ["CAD", "to Canadian dollars"],
    ["km", "in kilometers"],
    ["Europe/London", "London time"],
    ["***", "rated ***"],
    ["Dear all, I write to let you know that the meeting moves to Monday morning. Best, Ada", "tell them"],
  ])("%j is found in %j", (value, text) => expect(grounded(value, text)).toBe(true));
});

describe("a value that the conversation does not give", () => {
  it.each<[string | number, string]>([
    ["Bergen", "weather in Oslo?"],
    ["art", "a party"],
    ["US", "the bus"],
    [4, "in 2024"],
    [2, "twenty-five people"],
    [5, "a table for two"],
    ["2026-05-02", "on May 1st, 2026"],
    ["2025-05-01", "on May 1st, 2026"],
    ["2026-05-01T15:00:00", "May 1, 4 pm"],
    ["07:30", "at 8:30"],
    ["EUR", "in dollars"],
    [11, "open until 10 PM"],
    ["2022-06-05", "for 3 nights from 1st June 2022"],
    ["Europe/Paris", "London time"],
    ["cheap Thai restaurants nearby", "Any Italian restaurants?"],
    ["bob@example.org", "mail Ada@example.org"],
    ["***", "rated *"],
  ])("%j is not found in %j", (value, text) => expect(grounded(value, text)).toBe(false));
});

describe("what is exempt", () => {
  const pointers = (args: object, schema: object): string[] =>
    ungroundedValues(args as never, schema as never, () => evidenceOf("")).map((found) => found.pointer);

  it("is listed by the schema, inferred by custom, or no value", () => {
    const properties = {
      scale: { enum: ["C", "F"] },
      radius: { default: 10 },
      sort: { type: "string" },
      style: { description: "One of: plain, fancy" },
      on: { type: "boolean" },
      city: { examples: ["Oslo"] },
    };
    expect(
      pointers({ scale: "C", radius: 10, sort: "price", style: "fancy", on: true, city: "Oslo", page: 3, none: null }, { properties }),
    ).toEqual([]);
    expect(pointers({ scale: "K", radius: 11, style: "bold", city: "Bergen" }, { properties })).toEqual([
      "/scale",
      "/radius",
      "/style",
      "/city",
    ]);
  });

  it("is looked for member by member in lists and objects", () => {
    const schema = { properties: { list: { items: { enum: ["x"] } }, "a/b": { properties: { c: {} } } } };
    expect(pointers({ list: ["x", "y"], "a/b": { c: "z" } }, schema)).toEqual(["/list/1", "/a~1b/c"]);
  });
});

describe("evidence", () => {
  it("is asked for only where a value needs it", () => {
    let asked = 0;
    const getEvidence = () => {
      asked++;
      return evidenceOf("to Oslo");
    };
    const schema = { properties: { scale: { enum: ["C", "F"] }, page: {}, city: { type: "string" }, wrong: {} } };
    const check = (args: object, isSettled?: (pointer: string) => boolean) =>
      ungroundedValues(args as never, schema, getEvidence, isSettled);
    expect(check({ scale: "F", page: 3, flag: true })).toEqual([]);
    expect(check({ wrong: "nowhere" }, (pointer) => pointer === "/wrong")).toEqual([]);
    expect(asked).toBe(0);
    expect(check({ city: "Oslo", wrong: "nowhere" }).map(({ pointer }) => pointer)).toEqual(["/wrong"]);
    expect(asked).toBeGreaterThan(0);
  });

  it("grows between two questions of every kind", () => {
    const growing = new GrowingEvidence();
    const values = ["Lima", 7, "2026-11-13", "10:30", "Zürich"];
    const seen = (): boolean[] => values.map((value) => isGrounded(value, growing));
    growing.add("to Lima");
    expect(seen()).toEqual([true, false, false, false, false]);
    growing.add("for seven days");
    expect(seen()).toEqual([true, true, false, false, false]);
    growing.add("from 13 November 2026 at 10:30, by way of ZÜRICH");
    expect(seen()).toEqual([true, true, true, true, true]);
  });
});

describe("numbers in a text", () => {
  it.each<[string, number[]]>([
    ["one two", [1, 2]],
    ["nineteen ninety", [19, 90]],
    ["one hundred. Two", [100, 1, 2]],
    ["-5 degrees", [-5, 5]],
    ["five million", [5, 5e6]],
    ["call B12", [12]],
  ])("%j states them all", (text, numbers) => expect([...numbersIn(text)].sort()).toEqual([...numbers].sort()));
});

describe("evidenceOfTurns", () => {
  const turns: readonly Turn[] = [
    { role: "user", content: "Five nights in Oslo, please" },
    { role: "assistant", thought: "secret words", calls: [], answer: "From when?" },
    { role: "user", content: "From 13 November 2026, at 10:30, for two" },
  ];

  it("grounds what reading turn by turn grounds", () => {
    const joined = new GrowingEvidence();
    for (const turn of turns) joined.add(conversationText([turn]));
    const apart = evidenceOfTurns(turns);
    const values = ["Oslo", "2026-11-13", "2026-11-18", "2026-12-01", "10:30", 2, 5, 7, "secret words", "nights from", "Lima"];
    expect(values.map((value) => isGrounded(value, apart))).toEqual(values.map((value) => isGrounded(value, joined)));
    expect(isGrounded("2026-11-13", apart)).toBe(true);
  });

  it("remembers texts up to a length, the longest unused goes first", () => {
    const cache = createEvidenceCache(40);
    const [oslo, lima] = [cache("a week in Oslo"), cache("a week in Lima")];
    expect(cache("a week in Oslo")).toBe(oslo);
    cache("three days in Bergen");
    expect(cache("a week in Oslo")).toBe(oslo);
    expect(cache("a week in Lima")).not.toBe(lima);
  });
});

it("says where each value comes from", () => {
  const schema = { properties: { unit: { enum: ["celsius"] }, page: {}, city: {}, tags: { items: {} } } };
  const conversation: readonly Turn[] = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Oslo, sunny" },
    { role: "tool", content: "Oslo" },
  ];
  const args = { city: "Oslo", unit: "celsius", page: 3, tags: ["sunny", "made up"], flag: true };
  expect(groundsOf(args, schema, conversation)).toEqual({
    "/city": { kind: "turn", turnIndex: 1 },
    "/unit": { kind: "schema" },
    "/page": { kind: "custom" },
    "/tags/0": { kind: "turn", turnIndex: 1 },
  });
});
