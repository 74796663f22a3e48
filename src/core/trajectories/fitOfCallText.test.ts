import { describe, expect, it } from "vitest";
import { fitOfCallText, type TextFit } from "./fitOfCallText.ts";

const TOOLS = [
  { name: "get_weather", parameters: ["city", "day"], required: ["city"] },
  { name: "get_time", parameters: [], required: [] },
];
const fit = (text: string): TextFit => fitOfCallText(text, TOOLS);
const weather = (argumentsText: string): string => `Action: get_weather\nAction Input: ${argumentsText}`;

describe("a text that may become a call of an offered tool", () => {
  it("is followed from its first letter to its end", () => {
    const whole = `Thought: rain?\n${weather('{"city": "Oslo", "day": [1, {"a": null}]}')}`;
    for (let length = 0; length < whole.length; length++) expect([length, fit(whole.slice(0, length))]).toEqual([length, "partial"]);
    expect(fit(whole)).toBe("whole");
    expect(fit(`\n${whole}`)).toBe("whole");
    expect(fit(`${whole}\nAction: get_ti`)).toBe("partial");
    expect(fit(`${whole}\nAction: get_time\nAction Input: {}`)).toBe("whole");
  });

  it.each([
    ["another tool", "Action: get_wind"],
    ["a name that goes on", "Action: get_weather_pro"],
    ["no name's line", "Action: get_time\nInput"],
    ["another key", weather('{"town')],
    ["a key twice", weather('{"city": "Oslo", "city"')],
    ["a required key missing", weather('{"day": 1}')],
    ["keys of a tool that takes none", 'Action: get_time\nAction Input: {"a'],
    ["two commas", weather('{"city": "Oslo",,')],
    ["a bracket too many", weather('{"city": "Oslo"}}')],
    ["no value", weather('{"city": }')],
    ["text outside the grammar", "Sure"],
    ["a number with two signs", weather('{"city": --1')],
  ])("cannot be had by %s", (_, text) => {
    expect(fit(text)).toBe("impossible");
  });

  it("may be an answer, which is free", () => {
    expect(fit("Answer: ")).toBe("partial");
    expect(fit("Answer: Which city?")).toBe("whole");
    expect(fit("Thought: hm\nAnswer: Which city?")).toBe("whole");
  });
});
