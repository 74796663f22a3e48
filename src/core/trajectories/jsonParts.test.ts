import { describe, expect, it } from "vitest";
import { keyRanges, scanJsonParts, valueRanges } from "./jsonParts.ts";

const shown = (text: string): string[] =>
  scanJsonParts(text).map((part) => `${part.kind} ${part.pointer}: ${text.slice(part.range.start, part.range.end)}`);

describe("places in a JSON text", () => {
  it("are found for keys and values at any depth", () => {
    expect(shown(' { "a" : [1, {"b/~": "x\\"y"}], "c": {} } ')).toEqual([
      'value : { "a" : [1, {"b/~": "x\\"y"}], "c": {} }',
      'key /a: "a"',
      'value /a: [1, {"b/~": "x\\"y"}]',
      "value /a/0: 1",
      'value /a/1: {"b/~": "x\\"y"}',
      'key /a/1/b~1~0: "b/~"',
      'value /a/1/b~1~0: "x\\"y"',
      'key /c: "c"',
      "value /c: {}",
    ]);
  });

  it("end where the text stops being JSON, with what was read kept", () => {
    expect(shown('{"a": 1, b}')).toEqual(['value : {"a": 1, b}', 'key /a: "a"', "value /a: 1"]);
    expect(shown('{"a": "open')).toEqual(['value : {"a": "open', 'key /a: "a"', 'value /a: "open']);
    expect(shown("{'a': 1}")).toEqual(["value : {'a': 1}"]);
    expect(shown("")).toEqual([]);
    expect(shown("{} trailing")).toEqual(["value : {}"]);
    expect(shown('{"a" 1}')).toEqual(['value : {"a" 1}', 'key /a: "a"']);
  });

  it("of a repeated key are those of the last one", () => {
    const text = '{"a": 1, "a": 22}';
    expect(valueRanges(text).get("/a")).toEqual({ start: 14, end: 16 });
    expect(keyRanges(text).get("/a")).toEqual({ start: 9, end: 12 });
  });

  it("are found in time linear in the text, however it nests", () => {
    expect(scanJsonParts("[".repeat(300_000)).length).toBeLessThan(1000);
    expect(scanJsonParts(`[${"{},".repeat(100_000)}1]`)).toHaveLength(100_002);
  });

  it("agree with JSON.parse on every value", () => {
    const value = { a: [1, -2.5e3, true, null, [], {}], "é😀": { "": "x", n: [[["deep"]]] } };
    const text = JSON.stringify(value, null, 1);
    for (const [pointer, range] of valueRanges(text)) {
      const expected = pointer
        .split("/")
        .slice(1)
        .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], value as unknown);
      expect(JSON.parse(text.slice(range.start, range.end))).toEqual(expected);
    }
  });
});
