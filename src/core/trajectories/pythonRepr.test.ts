import { describe, expect, it } from "vitest";
import { parsePythonLiteral } from "./pythonLiteral.ts";
import { parseKeepingNumbers, pythonRepr } from "./pythonRepr.ts";

/** JSON numbers and what Python 3.11 prints for `str([json.loads(text)])`. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ["0", "[0]"],
  ["-0", "[0]"],
  ["-0.0", "[-0.0]"],
  ["1", "[1]"],
  ["1.0", "[1.0]"],
  ["1.50", "[1.5]"],
  ["1e5", "[100000.0]"],
  ["1E16", "[1e+16]"],
  ["1e15", "[1000000000000000.0]"],
  ["123456789012345680000", "[123456789012345680000]"],
  ["1e-4", "[0.0001]"],
  ["1e-5", "[1e-05]"],
  ["0.00001234", "[1.234e-05]"],
  ["123456789.123", "[123456789.123]"],
  ["1e22", "[1e+22]"],
  ["1.7976931348623157e308", "[1.7976931348623157e+308]"],
  ["5e-324", "[5e-324]"],
  ["12345678901234567890123", "[12345678901234567890123]"],
  ["0.1", "[0.1]"],
  ["100000000000000000.5", "[1e+17]"],
  ["1e100", "[1e+100]"],
  ["9007199254740993", "[9007199254740993]"],
  ["-2.5e-7", "[-2.5e-07]"],
  ["4.35", "[4.35]"],
];

/** Texts and what Python 3.11 prints for `str([text])`. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["", "['']"],
  ["a", "['a']"],
  ["it's", '["it\'s"]'],
  ['say "hi"', "['say \"hi\"']"],
  ["both ' and \"", "['both \\' and \"']"],
  ["back\\slash", "['back\\\\slash']"],
  ["nl\n\t\r", "['nl\\n\\t\\r']"],
  ["\u00e9", "['\u00e9']"],
  ["\u00a0", "['\\xa0']"],
  ["\u200b", "['\\u200b']"],
  ["\u2028", "['\\u2028']"],
  ["\ud83d\ude00", "['\ud83d\ude00']"],
  ["\u0000\u007f\u0080\u00ad", "['\\x00\\x7f\\x80\\xad']"],
  ["\ud800", "['\\ud800']"],
  ["\u65e5\u672c", "['\u65e5\u672c']"],
  ["\ue000", "['\\ue000']"],
  ["\udb40\udc01", "['\\U000e0001']"],
  ["\u0378", "['\\u0378']"],
  ["a\u0301", "['a\u0301']"],
  ["\ufeff", "['\\ufeff']"],
  ["\u000b\f\u001b", "['\\x0b\\x0c\\x1b']"],
];

describe("pythonRepr", () => {
  it("prints numbers as Python does, from their JSON text", () => {
    expect(NUMBERS.map(([json]) => [json, pythonRepr([parseKeepingNumbers(json)])])).toEqual(NUMBERS);
  });

  it("prints texts as Python does", () => {
    expect(TEXTS.map(([text]) => [text, pythonRepr([text])])).toEqual(TEXTS);
  });

  it("prints nested data as Python does", () => {
    expect(
      pythonRepr(
        parseKeepingNumbers('{"name": "x", "n": null, "t": true, "f": false, "l": [1, [2.0, {}], []], "d": {"it\'s": "q", "": [""]}}'),
      ),
    ).toBe("{'name': 'x', 'n': None, 't': True, 'f': False, 'l': [1, [2.0, {}], []], 'd': {\"it's\": 'q', '': ['']}}");
  });

  it("prints what parsePythonLiteral reads back", () => {
    for (const [text, printed] of TEXTS) expect(parsePythonLiteral(printed)).toMatchObject({ ok: true, value: [text] });
    for (const [json, printed] of NUMBERS) {
      const read = parsePythonLiteral(printed);
      // Python's integer 0 has no sign
      expect(read).toMatchObject({ ok: true, value: [json === "-0" ? 0 : JSON.parse(json)] });
    }
  });
});
