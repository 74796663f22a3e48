/** @file An answer as CSV (RFC 4180): what a spreadsheet opens. */
import type { SqlResult, SqlValue } from "#contracts/procedures/finding.ts";

const quoted = (value: SqlValue): string => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The rows of the answer with their names above; NULL is an empty field. */
export function toCsv({ columns, rows }: Pick<SqlResult, "columns" | "rows">): string {
  return [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}
