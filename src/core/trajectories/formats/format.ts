/** @file What every format offers: a reader that settles each input row exactly once, and a writer of trajectories. */
import type { ErrorCode, ErrorParams } from "#contracts/errors.ts";
import type { LedgerChange, LedgerOutcome } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { Split, TrajectoryContent } from "#contracts/trajectory.ts";
import { utf8Length } from "../decodeUtf8.ts";
import { parseJson } from "../parseJson.ts";
import { refusal, type Refusal } from "../refusal.ts";

/** Where a row of the source file lies. */
export interface InputRow {
  readonly rowIndex: number;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** What became of a row that gave (part of) a trajectory. */
export interface SettledRow extends InputRow {
  readonly outcome: Exclude<LedgerOutcome, "refused">;
  readonly changes: readonly LedgerChange[];
}

/** One trajectory with every row it was made from, in the order of the file; or one row and why it gave none. */
export type Settled =
  | {
      readonly kind: "trajectory";
      readonly content: TrajectoryContent;
      readonly rows: readonly SettledRow[];
      /** Where the file says it. */
      readonly split?: Split;
    }
  | { readonly kind: "refused"; readonly row: InputRow; readonly refusal: Refusal };

/**
 * Reads the rows of one file in order. Every row pushed appears in exactly one settled entry, of this or a later call.
 * Nothing that a row holds makes it throw.
 */
export interface FormatReader {
  push(rowIndex: number, byteOffset: number, byteLength: number, rowText: string): readonly Settled[];
  finish(): readonly Settled[];
}

/** What a writer may use of the trajectory besides its content. */
export interface AboutTrajectory {
  readonly id: string;
  readonly split: string;
  /** The row that the trajectory was imported from, as recorded. */
  readonly original?: () => string | undefined;
  /** The file that lay beside the one it was imported from, as recorded. */
  readonly beside?: () => string | undefined;
}

export interface WrittenTrajectory {
  readonly text: string;
  readonly numRows: number;
  /** What this format cannot carry. */
  readonly changes: readonly LedgerChange[];
  /** Where the text is a file of its own: its path in the folder. */
  readonly path?: string;
  /** Texts to be added to further files of the folder. */
  readonly beside?: readonly { readonly path: string; readonly text: string }[];
}

/** Writes trajectories into one file: `begin`, then the `text` of each, then `end`. Text may come with the next trajectory, or the end. */
export interface FormatWriter {
  readonly extension: ".json" | ".jsonl" | ".csv";
  readonly begin: string;
  write(content: TrajectoryContent, about?: AboutTrajectory): WrittenTrajectory;
  end(): string;
}

/** Why a row is refused, thrown while reading it and caught by `readRow`; never leaves this folder. */
export class RowRefusal extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  constructor(code: ErrorCode, params: ErrorParams = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

export const refuseShape = (detail: string): never => {
  throw new RowRefusal("E_ROW_SHAPE", { detail });
};

/** Reads one row with `read`; whatever is wrong with it becomes its refusal. */
export function readRow<T>(
  row: InputRow,
  rowText: string,
  read: (row: JsonObject) => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly settled: Settled } {
  const parsed = parseJson(rowText);
  if (!parsed.ok) {
    const byteOffset = row.byteOffset + utf8Length(rowText, parsed.offset);
    return { ok: false, settled: { kind: "refused", row, refusal: refusal("E_ROW_JSON", { detail: parsed.message }, byteOffset) } };
  }
  try {
    if (!isObject(parsed.value)) return refuseShape(`it is ${nameOf(parsed.value)}, not an object`);
    return { ok: true, value: read(parsed.value) };
  } catch (error) {
    if (!(error instanceof RowRefusal)) throw error;
    return { ok: false, settled: { kind: "refused", row, refusal: refusal(error.code, error.params, row.byteOffset) } };
  }
}

export interface ReadWithChanges {
  readonly content: TrajectoryContent;
  readonly changes: readonly LedgerChange[];
  readonly split?: Split;
}

/** A reader for a format in which each row is a trajectory of its own. */
export function oneByOne(readWith: (row: JsonObject, rowText: string) => ReadWithChanges): FormatReader {
  return {
    push(rowIndex, byteOffset, byteLength, rowText) {
      const place = { rowIndex, byteOffset, byteLength };
      const result = readRow(place, rowText, (row) => readWith(row, rowText));
      if (!result.ok) return [result.settled];
      const { changes, ...read } = result.value;
      const outcome = changes.length > 0 ? "changed" : "taken";
      return [{ kind: "trajectory", ...read, rows: [{ ...place, outcome, changes }] }];
    },
    finish: () => [],
  };
}

const METADATA_WORDS: Readonly<Record<string, string>> = {
  fields: "fields of the row that are not interpreted",
  apiBank: "the layout of its API-Bank row",
  apiBankDialogue: "the layout of its API-Bank dialogue",
  bfcl: "accepted values and fields of its BFCL question",
  csv: "columns of its CSV rows",
  glaive: "the text of its Glaive row",
  hermes: "the spelling of its Hermes row",
  openai: "the spelling of its OpenAI row",
  sharegpt: "the spelling of its ShareGPT row",
  toolace: "the spelling of its ToolACE row",
  toolalpaca: "the API that its ToolAlpaca instruction belongs to",
  toolbench: "the record of its search",
  tooleval: "the record of its ToolEval answer",
  toolllama: "ids and layout of its ToolBench rows",
  trl: "the spelling of its Hugging Face row",
  xlam: "the spelling of its xLAM row",
};

/** Keys of a trajectory's metadata in words. */
export const describeMetadata = (keys: readonly string[]): string =>
  keys.map((key) => (Object.hasOwn(METADATA_WORDS, key) ? METADATA_WORDS[key] : key)).join(", ");

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value in words: what was found where something else was expected. */
export function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : typeof value === "string" ? "text" : `the ${typeof value} ${String(value)}`;
}
