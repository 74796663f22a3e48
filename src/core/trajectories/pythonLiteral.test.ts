import { describe, expect, it } from "vitest";
import { parsePythonLiteral } from "./pythonLiteral.ts";

const read = (text: string): unknown => {
  const parsed = parsePythonLiteral(text);
  if (!parsed.ok) throw new Error(`${parsed.message} at ${parsed.offset}`);
  expect(parsed.end).toBe(text.trimEnd().length);
  return parsed.value;
};

/** `^` marks the place of the error. */
const refuse = (marked: string): string => {
  const offset = marked.indexOf("^");
  const parsed = parsePythonLiteral(marked.replace("^", ""));
  if (parsed.ok) throw new Error(`read as ${JSON.stringify(parsed.value)}`);
  expect({ marked, offset: parsed.offset }).toEqual({ marked, offset });
  return parsed.message;
};

describe("parsePythonLiteral", () => {
  it("reads texts in either quote, with escapes", () => {
    expect(read(`['a', "it's", 'say "x"', 'it\\'s', "q\\"q"]`)).toEqual(["a", "it's", 'say "x"', "it's", 'q"q']);
    expect(read("'\\n\\t\\\\\\x41\\u00e9\\U0001f600\\101\\0\\a'")).toBe("\n\t\\A\u00e9😀A\0\x07");
    expect(read("'\\d \\q'")).toBe("\\d \\q");
    expect(read("''")).toBe("");
  });

  it("reads numbers, words, lists, tuples and dicts", () => {
    expect(read("[1, -2.5, 1e3, .5, 1_000, True, False, None]")).toEqual([1, -2.5, 1000, 0.5, 1000, true, false, null]);
    expect(read("{'a': (1, 2,), 'b': (1,), 'c': (), \"d\": {}, 'e': [[],],}")).toEqual({ a: [1, 2], b: [1], c: [], d: {}, e: [[]] });
    expect(read("[\n  1,\n  2\n]")).toEqual([1, 2]);
  });

  it("says where it ends, so that text may follow", () => {
    expect(parsePythonLiteral("see [1] there", 4)).toEqual({ ok: true, value: [1], end: 7 });
  });

  it("gives the place of what it does not read", () => {
    expect(refuse("['a' ^'b']")).toContain("expected a comma");
    expect(refuse("{^1: 2}")).toContain("a key in quotes");
    expect(refuse("{'a'^ 2}".replace("^ ", " ^"))).toContain("a colon");
    expect(refuse("[^open('x')]")).toContain("expected a value");
    expect(refuse("[^__import__]")).toContain("expected a value");
    expect(refuse("[^true]")).toContain("expected a value");
    expect(refuse("[^b'x']")).toContain("expected a value");
    expect(refuse("[^007]")).toContain("expected a value");
    expect(refuse("[^1j]")).toContain("expected a value");
    expect(refuse("[^nan]")).toContain("expected a value");
    expect(refuse("[^1e999]")).toContain("beyond what JSON can carry");
    expect(refuse("^(1)")).toContain("tuple");
    expect(refuse("[^'abc")).toContain("not closed");
    expect(refuse("['ab^\nc']")).toContain("line break");
    expect(refuse("['^\\x4']")).toContain("hexadecimal");
    expect(refuse("['^\\U00110000']")).toContain("beyond the last character");
    expect(refuse("['^\\N{DASH}']")).toContain("by name");
    expect(refuse("[1, 2^")).toContain("the text ends");
    expect(refuse("^")).toContain("the text ends");
  });

  it("refuses deep nesting instead of overflowing", () => {
    expect(parsePythonLiteral("[".repeat(256) + "]".repeat(256)).ok).toBe(true);
    expect(parsePythonLiteral("[".repeat(1_000_000))).toMatchObject({ ok: false, offset: 256 });
    expect(parsePythonLiteral("{'a':".repeat(1_000_000))).toMatchObject({ ok: false });
  });

  it("keeps __proto__ a plain key", () => {
    const value = read("{'__proto__': {'polluted': 1}, 'constructor': 2}") as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(value["polluted"]).toBeUndefined();
  });

  it("is linear in hostile texts and ends cleanly wherever a text is cut", () => {
    expect(parsePythonLiteral(`'${"\\\\".repeat(300_000)}'`).ok).toBe(true);
    expect(parsePythonLiteral(`[${"'a',".repeat(200_000)}]`).ok).toBe(true);
    const whole = `[{'name': "it's", 'n': -1.5e3, 't': (True, None), 'x': '\\u00e9\\'', 'd': {'k': []}}]`;
    for (let cut = 0; cut < whole.length; cut++) {
      const parsed = parsePythonLiteral(whole.slice(0, cut));
      expect(parsed.ok).toBe(false);
      if (!parsed.ok) expect(parsed.offset).toBeLessThanOrEqual(cut);
    }
  });
});
