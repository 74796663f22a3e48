/**
 * @file Python's `str()` of JSON-like data, to the letter: `[{'name': 'x', 'n': 1.5, 'ok': True}]`.
 *
 * JSON keeps 1 and 1.0 apart in its text, Python keeps them apart as values, JavaScript does not: numbers whose text matters come as
 * `NumberText`, made by `parseKeepingNumbers`.
 */

/** A JSON number by its text. */
export class NumberText {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export type PythonValue = null | boolean | number | string | NumberText | readonly PythonValue[] | { readonly [key: string]: PythonValue };

export function pythonRepr(value: PythonValue): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return reprOfText(value);
  if (typeof value === "number") return reprOfNumber(String(value));
  if (value instanceof NumberText) return reprOfNumber(value.source);
  if (Array.isArray(value)) return `[${(value as readonly PythonValue[]).map(pythonRepr).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([key, entry]) => `${reprOfText(key)}: ${pythonRepr(entry)}`)
    .join(", ")}}`;
}

/** Numbers that JavaScript would print in another way than their JSON text, which Python goes by. */
const UNUSUAL_NUMBER = /\d[.eE]|\d{16}|-0/;

/** JSON in which numbers such as 1.0 and 10000000000000000001 keep their text; other numbers stay numbers. */
export function parseKeepingNumbers(text: string): PythonValue {
  if (!UNUSUAL_NUMBER.test(text)) return JSON.parse(text) as PythonValue;
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && context.source !== String(value) ? new NumberText(context.source) : value;
  return JSON.parse(text, keep) as PythonValue;
}

/** @param source a JSON number */
function reprOfNumber(source: string): string {
  // Python reads -0 as the integer 0
  if (/^-?\d+$/.test(source)) return source === "-0" ? "0" : source;
  const value = Number(source);
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  // the shortest digits that read back as the same number are the same in both languages; only the layout differs
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A space apart, Python does not print characters of the categories Other and Separator as they are. */
const NOT_PLAIN = /[^\x20-\x7e]|\\/;
const ESCAPED_IN_SINGLE = /(?! )[\\'\p{C}\p{Z}]/gu;
const ESCAPED_IN_DOUBLE = /(?! )[\\\p{C}\p{Z}]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function reprOfText(text: string): string {
  const hasSingle = text.includes("'");
  const quote = hasSingle && !text.includes('"') ? '"' : "'";
  if (!hasSingle && !NOT_PLAIN.test(text)) return `'${text}'`;
  const escaped = text.replace(quote === "'" ? ESCAPED_IN_SINGLE : ESCAPED_IN_DOUBLE, (c) => SHORT_ESCAPES[c] ?? hexEscape(c));
  return quote + escaped + quote;
}

function hexEscape(c: string): string {
  const code = c.codePointAt(0)!;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
