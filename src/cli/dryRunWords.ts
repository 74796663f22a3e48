/** @file What an import or an export would do, in lines for people. */
import { IMPORT_FORMATS, type LedgerChange } from "#contracts/imports.ts";
import type { DryRun, DryRunFile, ExportPreview } from "#contracts/previews.ts";

const MOST_EXAMPLES = 3;
const MOST_REFUSED = 20;

const count = (number: number, one: string, many = `${one}s`): string => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

export function importLines({ files, numFiles, skipped }: DryRun): readonly string[] {
  return [
    ...files.flatMap(fileLines),
    ...(numFiles > files.length ? [`${count(numFiles - files.length, "more file")}, of which nothing was read yet.`] : []),
    ...skipped.map(({ path, reason }) => `Not read: ${path}: ${reason}`),
    "Nothing was written.",
  ];
}

function fileLines({ name, format, why, error, rows, trajectories, isWhole }: DryRunFile): readonly string[] {
  const head = `${name}: ${format === null ? "no format" : IMPORT_FORMATS[format]} (${why})`;
  if (error !== undefined) return [head, `  ${error.message} ${error.fix}`];
  const numOf = (outcome: "taken" | "changed" | "refused"): number => rows.filter((row) => row.outcome === outcome).length;
  const refused = rows.flatMap(({ rowIndex, refusal }) => (refusal === undefined ? [] : [{ rowIndex, refusal }]));
  return [
    head,
    `  ${isWhole ? "All" : "The first"} ${count(rows.length, "row")}: ${numOf("taken")} taken as they are, ${numOf("changed")} changed, ${refused.length} refused; ${count(trajectories.length, "trajectory", "trajectories")}.`,
    ...rules(rows.map(({ changes }) => changes)).map((line) => `  ${line}`),
    ...trajectories
      .slice(0, MOST_EXAMPLES)
      .flatMap(({ title, split, numCalls, numTools, turns }) => [
        `  Example: ${title} (${split}, ${count(numCalls, "call")}, ${count(numTools, "tool")})`,
        ...turns.map(({ role, text }) => `    ${role}: ${text}`),
      ]),
    ...refused
      .slice(0, MOST_REFUSED)
      .map(
        ({ rowIndex, refusal: { message, fix, byteOffset } }) =>
          `  Refused: row ${rowIndex + 1}, byte ${byteOffset.toLocaleString("en")}: ${message} ${fix}`,
      ),
    ...(refused.length > MOST_REFUSED ? [`  ${count(refused.length - MOST_REFUSED, "more refused row")}.`] : []),
  ];
}

/** What rows lose or change, each rule once with how often. */
function rules(changes: readonly (readonly LedgerChange[])[]): readonly string[] {
  const byRule = new Map<string, { count: number; readonly detail: string }>();
  for (const { rule, detail } of changes.flat()) {
    const known = byRule.get(rule);
    if (known === undefined) byRule.set(rule, { count: 1, detail });
    else known.count++;
  }
  return [...byRule].map(([rule, { count: times, detail }]) => `Changed ${count(times, "time")}, ${rule}: ${detail}`);
}

export function exportLines({ total, numTried, numChanged, changes, files }: ExportPreview, directory: string): readonly string[] {
  return [
    `${count(total, "trajectory", "trajectories")} would be written to ${directory}.`,
    `Of the first ${numTried}, ${numChanged === 0 ? "none loses anything" : `${numChanged} lose something`}.`,
    ...changes.map(({ rule, count: times, example }) => `  Changed ${count(times, "time")}, ${rule}: ${example}`),
    ...files.flatMap(({ path, text, isCut }) => [`${path} begins:`, ...beginning(text, isCut)]),
    "Nothing was written.",
  ];
}

const MOST_LINES = 12;
const MOST_CHARACTERS = 400;

function beginning(text: string, isCut: boolean): readonly string[] {
  const lines = text.trimEnd().split("\n");
  const shown = lines
    .slice(0, MOST_LINES)
    .map((line) => `  ${line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line}`);
  return lines.length > MOST_LINES || isCut ? [...shown, "  …"] : shown;
}
