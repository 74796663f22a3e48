/** @file What could be written next in a statement: tables where one is expected, columns of the tables that are named. */
import type { SqlTable } from "#contracts/procedures/finding.ts";
import type { Completion, CompletionOption } from "#core/trajectories/edit/index.ts";

const KEYWORDS =
  "SELECT FROM JOIN LEFT ON WHERE GROUP BY ORDER HAVING LIMIT AS AND OR NOT IN LIKE BETWEEN IS NULL DISTINCT count sum avg min max DESC";

const option = (label: string, kind: "key" | "value", detail: string): CompletionOption => ({
  label,
  insert: label,
  kind,
  detail,
  isRequired: false,
});
const columnsOf = ({ name, columns }: SqlTable): readonly CompletionOption[] =>
  columns.map((column) => option(column.name, "key", `${name}, ${column.type || "any"}`));

/** Null where nothing is begun. */
export function completeSql(text: string, offset: number, tables: readonly SqlTable[]): Completion | null {
  const before = text.slice(0, offset);
  const word = /[A-Za-z_]\w*$/.exec(before)?.[0] ?? "";
  const from = offset - word.length;
  const lead = before.slice(0, from);
  const of = (options: readonly CompletionOption[]): Completion => ({ from, to: offset, options });

  const qualifier = /([A-Za-z_]\w*)\.$/.exec(lead)?.[1];
  if (qualifier !== undefined) {
    const table = tableNamed(text, qualifier, tables);
    return table === undefined ? null : of(columnsOf(table));
  }
  const ofTables = tables.map(({ name, columns }) => option(name, "value", `${columns.length} columns`));
  if (/\b(?:from|join|update|into)\s+$/i.test(lead)) return of(ofTables);
  if (word === "") return null;
  const named = tables.filter(({ name }) => new RegExp(`\\b${name}\\b`, "i").test(text));
  const columns = new Map(named.flatMap(columnsOf).map((each) => [each.label, each]));
  return of([...columns.values(), ...ofTables, ...KEYWORDS.split(" ").map((keyword) => option(keyword, "value", ""))]);
}

/** The table of a name or of an alias given to it anywhere in the statement. */
function tableNamed(text: string, name: string, tables: readonly SqlTable[]): SqlTable | undefined {
  const isNamed = (wanted: string) => (table: SqlTable) => table.name.toLowerCase() === wanted.toLowerCase();
  const alias = new RegExp(`\\b([A-Za-z_]\\w*)\\s+(?:as\\s+)?${name}\\b`, "gi");
  const aliased = [...text.matchAll(alias)].map((match) => tables.find(isNamed(match[1]!))).find((table) => table !== undefined);
  return aliased ?? tables.find(isNamed(name));
}
