import { describe, expect, it } from "vitest";
import { removeMember, renameMember, rewriteArguments, setValue } from "./argumentsText.ts";

const LINES = '{\n    "city": "Oslo",\n    "where": {\n        "zip": 0150\n    }\n}'.replace("0150", "150");

describe("setValue", () => {
  it("exchanges a value and nothing else", () => {
    expect(setValue('{ "n":1.50 , "s":"\\u00e9"}', "/n", 2)).toBe('{ "n":2 , "s":"\\u00e9"}');
    expect(setValue('{ "n":1.50 , "s":"\\u00e9"}', "/n", 1.5)).toBe('{ "n":1.50 , "s":"\\u00e9"}');
  });

  it("adds a member with the gaps of the text", () => {
    expect(setValue('{"a":1,"b":2}', "/c", [1])).toBe('{"a":1,"b":2,"c":[1]}');
    expect(setValue('{"a": 1}', "/c", { d: 1 })).toBe('{"a": 1, "c": {"d": 1}}');
    expect(setValue("{}", "/c", 1)).toBe('{"c": 1}');
    expect(setValue(LINES, "/where/street", "Karl Johan")).toBe(
      '{\n    "city": "Oslo",\n    "where": {\n        "zip": 150,\n        "street": "Karl Johan"\n    }\n}',
    );
    expect(setValue(LINES, "/tags", ["a"])).toBe(
      '{\n    "city": "Oslo",\n    "where": {\n        "zip": 150\n    },\n    "tags": [\n        "a"\n    ]\n}',
    );
  });

  it("appends to a list, and has no place behind its end", () => {
    expect(setValue('{"l": [1, 2]}', "/l/2", 3)).toBe('{"l": [1, 2, 3]}');
    expect(setValue('{"l": [1]}', "/l/2", 3)).toBeNull();
    expect(setValue('{"l": [1]}', "/m/0", 3)).toBeNull();
  });

  it("writes all anew where a key stands twice", () => {
    expect(removeMember('{"a": 1, "a": 2, "b": 3}', "/a")).toBe('{"b": 3}');
  });

  it("knows keys with slashes, tildes and no letters", () => {
    expect(setValue('{"a/b": {"~": 1}, "": 2}', "/a~1b/~0", 5)).toBe('{"a/b": {"~": 5}, "": 2}');
    expect(setValue('{"a/b": {"~": 1}, "": 2}', "/", 5)).toBe('{"a/b": {"~": 1}, "": 5}');
    expect(setValue("{}", "/__proto__", 5)).toBe('{"__proto__": 5}');
  });
});

it("removes first, middle, last and only members", () => {
  const text = '{"a": 1,\n "b": 2, "c": 3}';
  expect(["/a", "/b", "/c"].map((pointer) => removeMember(text, pointer))).toEqual([
    '{"b": 2, "c": 3}',
    '{"a": 1,\n "c": 3}',
    '{"a": 1,\n "b": 2}',
  ]);
  expect(removeMember('{"a": [ 7 ]}', "/a/0")).toBe('{"a": []}');
  expect(removeMember(text, "/d")).toBeNull();
});

it("renames a key in its place, and not to one that is there", () => {
  expect(renameMember('{"a": 1, "b": 2}', "/a", 'x"y')).toBe('{"x\\"y": 1, "b": 2}');
  expect(renameMember('{"a": 1, "b": 2}', "/a", "b")).toBeNull();
});

it("rewrites arguments with as much of the text as possible", () => {
  expect(rewriteArguments(LINES, { city: "Lima", where: { zip: 150 } })).toBe(LINES.replace("Oslo", "Lima"));
  expect(rewriteArguments('{"x":1e2,"y":"a"}', { x: 100, z: null })).toBe('{"x":1e2,"z":null}');
  expect(rewriteArguments("oops", { x: 1 })).toBe('{"x": 1}');
});
