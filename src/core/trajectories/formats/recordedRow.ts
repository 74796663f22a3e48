/**
 * @file What a trajectory keeps of the row it came from, so that the row can be written again: every difference between the row as this
 * format would write it and the row as recorded, under `metadata.<key>.differences`. A difference holds only as long as the row still
 * says what the trajectory says; an edit outdates those that it touches and no other.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { LedgerChange } from "#contracts/imports.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { sameJson } from "../sameJson.ts";
import { isObject, oneByOne, RowRefusal, type FormatReader, type FormatWriter } from "./format.ts";
import type { Step } from "./itemLayouts.ts";
import { lostByWriting } from "./lostByWriting.ts";
import { numbersLost } from "./numbersLost.ts";

/** A format in which a row is an object and a trajectory of its own. */
export interface RowFormat {
  /** Of `metadata`. */
  readonly key: string;
  /** As in "ShareGPT rows have no place for ...". */
  readonly rows: string;
  /** May leave facts of its own under `metadata.<key>`; what is not interpreted goes to `metadata.fields`. Throws `RowRefusal`. */
  read(row: JsonObject): TrajectoryContent;
  /** The row in the format's usual spelling. */
  write(content: TrajectoryContent): JsonObject;
  /** What reading altered, where that is ever so. */
  changes?(row: JsonObject, content: TrajectoryContent): readonly LedgerChange[];
}

type Difference =
  | { readonly path: readonly Step[]; readonly value: JsonValue }
  | { readonly path: readonly Step[]; readonly removed: true }
  /** A stretch of a long text. */
  | { readonly path: readonly Step[]; readonly start: number; readonly end: number; readonly text: string };

/** An edited row is written with those of its differences that still hold; more than these are not tried. */
const MAX_TRIED = 64;
const MIN_SPLICED_CHARACTERS = 80;

export function readRecorded(format: RowFormat, row: JsonObject): TrajectoryContent {
  const content = format.read(row);
  const differences = differencesBetween(format.write(content), row).sort(byPath);
  if (differences.length === 0) return content;
  const facts = content.metadata[format.key];
  const kept = { ...(isObject(facts) ? facts : {}), differences: differences as unknown as JsonValue };
  return { ...content, metadata: { ...content.metadata, [format.key]: kept } };
}

/** A row that came from this format gives an equal row. */
export function writeRecorded(format: RowFormat, content: TrajectoryContent): JsonObject {
  const written = format.write(content);
  const differences = differencesOf(content, format.key);
  if (differences.length === 0) return written;
  const whole = differences.reduce<JsonValue | undefined>(
    (row, difference) => (row === undefined ? undefined : apply(row, difference)),
    written,
  );
  if (saidBy(format, whole, content)) return whole as JsonObject;
  const plain = readSafely(format, written);
  let row: JsonObject = written;
  for (const difference of differences.slice(0, MAX_TRIED)) {
    const next = apply(row, difference);
    if (plain !== undefined && saidBy(format, next, plain)) row = next as JsonObject;
  }
  return row;
}

export function recordedReader(format: RowFormat): FormatReader {
  return oneByOne((row, rowText) => {
    const content = readRecorded(format, row);
    return { content, changes: [...(format.changes?.(row, content) ?? []), ...numbersLost(row, rowText)] };
  });
}

/** What becomes of a trajectory in a format: the row, and what does not come back when it is read again. */
export function rowWithLosses(
  format: RowFormat,
  content: TrajectoryContent,
): { readonly row: JsonObject; readonly changes: readonly LedgerChange[] } {
  const row = writeRecorded(format, content);
  return { row, changes: lostByWriting(content, () => format.read(row), format) };
}

/** JSON lines, one for each trajectory. */
export function recordedWriter(format: RowFormat): FormatWriter {
  return {
    extension: ".jsonl",
    begin: "",
    write(content) {
      const { row, changes } = rowWithLosses(format, content);
      return { text: `${JSON.stringify(row)}\n`, numRows: 1, changes };
    },
    end: () => "",
  };
}

function differencesOf(content: TrajectoryContent, key: string): readonly Difference[] {
  const facts = content.metadata[key];
  const differences = isObject(facts) ? facts["differences"] : undefined;
  return Array.isArray(differences) ? (differences.filter(isDifference) as unknown as Difference[]) : [];
}

const isDifference = (value: JsonValue): boolean =>
  isObject(value) &&
  Array.isArray(value["path"]) &&
  value["path"].every((step) => typeof step === "string" || typeof step === "number") &&
  ("value" in value || value["removed"] === true || typeof value["text"] === "string");

const saidBy = (format: RowFormat, row: JsonValue | undefined, content: TrajectoryContent): boolean =>
  isObject(row) && sameWords(readSafely(format, row), content);

export function sameWords(a: TrajectoryContent | undefined, b: TrajectoryContent): boolean {
  const words = ({ tools, turns, targets }: TrajectoryContent) => [tools, turns, targets ?? null] as unknown as JsonValue;
  return a !== undefined && sameJson(words(a), words(b));
}

function readSafely(format: RowFormat, row: JsonObject): TrajectoryContent | undefined {
  try {
    return format.read(row);
  } catch (error) {
    if (error instanceof RowRefusal) return undefined;
    throw error;
  }
}

/** Equal rows have equal differences, whatever the order of their keys. */
function byPath(a: Difference, b: Difference): number {
  const [first, second] = [JSON.stringify(a.path), JSON.stringify(b.path)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function differencesBetween(written: JsonValue, recorded: JsonValue, path: readonly Step[] = []): Difference[] {
  if (sameJson(written, recorded)) return [];
  if (isObject(written) && isObject(recorded)) {
    const removed = Object.keys(written).filter((key) => !Object.hasOwn(recorded, key));
    return [
      ...removed.map((key): Difference => ({ path: [...path, key], removed: true })),
      ...Object.entries(recorded).flatMap(([key, value]) =>
        Object.hasOwn(written, key)
          ? differencesBetween(written[key]!, value, [...path, key])
          : [{ path: [...path, key], value } satisfies Difference],
      ),
    ];
  }
  if (Array.isArray(written) && Array.isArray(recorded) && written.length === recorded.length) {
    return written.flatMap((value, i) => differencesBetween(value, recorded[i]!, [...path, i]));
  }
  if (typeof written === "string" && typeof recorded === "string") return [textDifference(written, recorded, path)];
  return [{ path, value: recorded }];
}

function textDifference(written: string, recorded: string, path: readonly Step[]): Difference {
  const shorter = Math.min(written.length, recorded.length);
  if (shorter < MIN_SPLICED_CHARACTERS) return { path, value: recorded };
  let start = 0;
  while (start < shorter && written[start] === recorded[start]) start++;
  let tail = 0;
  while (tail < shorter - start && written.at(-1 - tail) === recorded.at(-1 - tail)) tail++;
  if (start + tail < shorter / 2) return { path, value: recorded };
  return { path, start, end: written.length - tail, text: recorded.slice(start, recorded.length - tail) };
}

/** Undefined where the row has no such place. */
function apply(row: JsonValue, difference: Difference, depth = 0): JsonValue | undefined {
  const step = difference.path[depth];
  if (step === undefined) return applyHere(row, difference);
  const isLast = depth === difference.path.length - 1;
  if (Array.isArray(row)) {
    if (typeof step !== "number" || row[step] === undefined) return undefined;
    const value = apply(row[step], difference, depth + 1);
    return value === undefined ? undefined : row.map((entry, i) => (i === step ? value : entry));
  }
  if (!isObject(row)) return undefined;
  if (isLast && "removed" in difference) return Object.fromEntries(Object.entries(row).filter(([key]) => key !== step));
  if (isLast && "value" in difference) return { ...row, [step]: difference.value };
  const inner = Object.hasOwn(row, step) ? row[step] : undefined;
  const value = inner === undefined ? undefined : apply(inner, difference, depth + 1);
  return value === undefined ? undefined : { ...row, [step]: value };
}

function applyHere(value: JsonValue, difference: Difference): JsonValue | undefined {
  if ("value" in difference) return difference.value;
  if (!("text" in difference) || typeof value !== "string" || difference.end > value.length) return undefined;
  return value.slice(0, difference.start) + difference.text + value.slice(difference.end);
}
