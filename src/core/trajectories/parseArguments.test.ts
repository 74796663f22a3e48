import { describe, expect, it } from "vitest";
import { parseArguments } from "./parseArguments.ts";

/** `^` marks the place of the error; it is taken out before reading. */
const refuse = (marked: string): string => {
  const offset = marked.indexOf("^");
  const parsed = parseArguments(marked.replace("^", ""));
  if (parsed.ok) throw new Error(`read as ${JSON.stringify(parsed.value)}`);
  expect({ marked, offset: parsed.offset }).toEqual({ marked, offset });
  return parsed.message;
};

describe("parseArguments", () => {
  it("reads objects, whatever their layout", () => {
    expect(parseArguments('{\n  "is_id": "A"\n}')).toEqual({ ok: true, value: { is_id: "A" } });
    expect(parseArguments(" {} ")).toEqual({ ok: true, value: {} });
  });

  it("gives the place and the reason of every kind of error", () => {
    expect(refuse('{"a": 1, ^}')).toBe("A comma with nothing after it.");
    expect(refuse("{^'a': 1}")).toBe("A key must be in double quotes, not single ones.");
    expect(refuse("{\"a\": ^'b'}")).toBe("Text must be in double quotes, not single ones.");
    expect(refuse('{"a": ^True}')).toBe("'T' is not the start of a value.");
    expect(refuse('{"a": 1 ^"b": 2}')).toBe("Expected a comma or a closing brace, found '\"'.");
    expect(refuse('{"a": [1 ^}')).toBe("Expected a comma or a closing bracket, found '}'.");
    expect(refuse('{"a"^ 1}'.replace("^ ", " ^"))).toBe("Expected a colon after the key, found '1'.");
    expect(refuse('{"a": ^"b')).toBe("Text in quotes is not closed.");
    expect(refuse('{"a": 1^')).toBe("The text ends where a comma or a closing brace was expected.");
    expect(refuse('{"a":^')).toBe("The text ends where a value was expected.");
    expect(refuse('{"a"^')).toBe("Expected a colon after the key, but the text ends.");
    expect(refuse('{"a": "x^\ny"}')).toBe("A line break inside quotes.");
    expect(refuse('{"a": "^\\x"}')).toBe("\\x is not an escape that JSON knows.");
    expect(refuse('{"a": "^\\u12"}')).toBe("\\u needs four hexadecimal digits.");
    expect(refuse('{"a": 1^.}')).toBe("'.' does not continue a number.");
    expect(refuse('{"a": 0^1}')).toBe("'1' does not continue a number.");
    expect(refuse('{"a": ^-}')).toBe("A minus sign without a number.");
    expect(refuse('{"a": ^NaN}')).toBe("'N' is not the start of a value.");
    expect(refuse("{} ^Observation: ok")).toBe("Unexpected 'O' after the end of the value.");
    expect(refuse("^")).toBe("The text is empty.");
    expect(refuse('{"a":^\u00a01}')).toBe("Character U+00A0 is not the start of a value.");
  });

  it("takes nothing but an object", () => {
    expect(refuse("^[1]")).toBe("Arguments must be an object in braces; this is a list.");
    expect(refuse(' ^"x"')).toBe("Arguments must be an object in braces; this is text.");
    expect(refuse("^null")).toBe("Arguments must be an object in braces; this is null.");
    expect(refuse("^3")).toBe("Arguments must be an object in braces; this is a number.");
  });

  it("refuses nesting that would overflow later, at the bracket that is one too many", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(parseArguments(nested(256)).ok).toBe(true);
    expect(parseArguments(nested(257))).toEqual({ ok: false, message: "Nested deeper than 256 levels.", offset: 5 + 255 });
    expect(parseArguments(nested(300_000)).ok).toBe(false);
    expect(parseArguments(`{"a":${"[".repeat(300_000)}`).ok).toBe(false);
    expect(parseArguments(JSON.stringify({ a: '\\"[{'.repeat(1000) })).ok).toBe(true);
  });

  it("keeps keys that JavaScript treats specially as plain keys", () => {
    const parsed = parseArguments('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(parsed.ok && Object.keys(parsed.value)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("finds an error in every text that is cut anywhere, never past its end", () => {
    const whole = '{"a": [1, -2.5e3, {"b": "\\u00e9\\n", "c": null}], "d": true, "é😀": "x"}';
    for (let cut = 0; cut < whole.length; cut++) {
      const parsed = parseArguments(whole.slice(0, cut));
      expect(parsed.ok).toBe(false);
      if (!parsed.ok) expect(parsed.offset).toBeLessThanOrEqual(cut);
    }
  });
});
