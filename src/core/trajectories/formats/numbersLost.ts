/** @file Numbers that do not survive being read: JSON has any number of digits, JavaScript has 53 bits. */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject } from "#contracts/json.ts";
import { NumberText, parseKeepingNumbers, type PythonValue } from "../pythonRepr.ts";

/** Nothing for rows without long numbers, which is nearly all of them. Numbers inside texts are not concerned: texts stay texts. */
export function numbersLost(_row: JsonObject, rowText: string): readonly LedgerChange[] {
  if (!/\d{16}/.test(rowText)) return [];
  const lost: string[] = [];
  collect(parseKeepingNumbers(rowText), lost);
  if (lost.length === 0) return [];
  const shown = lost.slice(0, 3).join(", ");
  const detail = `${lost.length} numbers have more digits than a 64-bit float holds and are rounded, such as ${shown}. Write them as text to keep them.`;
  return [{ rule: "numbers-rounded", detail }];
}

function collect(value: PythonValue, lost: string[]): void {
  if (value instanceof NumberText) {
    const { source } = value;
    if (/^-?\d+$/.test(source) && BigInt(source) !== BigInt(Number(source))) lost.push(source);
  } else if (Array.isArray(value)) (value as readonly PythonValue[]).forEach((entry) => collect(entry, lost));
  else if (typeof value === "object" && value !== null) Object.values(value).forEach((entry) => collect(entry, lost));
}
