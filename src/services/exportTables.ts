/** @file Trajectories as tables: a Parquet file, or a Hugging Face data set folder with a file or more for each split and a card. */
import { fileWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { lostByWriting } from "#core/trajectories/formats/lostByWriting.ts";
import { readTableRow, tableRowOf, type TableRow } from "#core/trajectories/formats/tableRow.ts";
import type { ExportFormat, LedgerChange, TextFormat } from "#contracts/imports.ts";
import type { JsonObject } from "#contracts/json.ts";
import { SPLITS, type Split, type Trajectory } from "#contracts/trajectory.ts";
import type { Outputs } from "./exportOutputs.ts";

export type TableFormat = Exclude<ExportFormat, TextFormat>;

export interface TableWriter {
  write(trajectory: Trajectory): { readonly changes: readonly LedgerChange[]; readonly numRows: number };
  /** What the splits hold; call before the outputs are finished. */
  finish(): Readonly<Partial<Record<Split, number>>>;
}

/** A row group is handed to the file at either of these: it is what is held in memory. */
const GROUP_ROWS = 1000;
const GROUP_CHARACTERS = 32 * 2 ** 20;
/** Of one file of a data set folder, as the `datasets` library cuts them. */
const SHARD_CHARACTERS = 500 * 2 ** 20;

export function createTableWriter(format: TableFormat, outputs: Outputs): TableWriter {
  const counts: Partial<Record<Split, number>> = {};
  const files = new Map<string, RowFile>();
  const fileOf = (split: Split): RowFile => {
    const key = format === "parquet" ? "trajectories" : split;
    const known = files.get(key);
    if (known !== undefined) return known;
    const file =
      format === "huggingface-jsonl"
        ? jsonLinesFile(outputs, `${key}.jsonl`)
        : format === "parquet"
          ? shardedFile(outputs, () => `${key}.parquet`, Number.POSITIVE_INFINITY)
          : shardedFile(outputs, (i, of) => `data/${key}-${fiveDigits(i)}-of-${fiveDigits(of)}.parquet`, SHARD_CHARACTERS);
    files.set(key, file);
    return file;
  };
  return {
    write(trajectory) {
      const { row, changes } = tableRowWithLosses(trajectory);
      fileOf(trajectory.split).add(row);
      counts[trajectory.split] = (counts[trajectory.split] ?? 0) + 1;
      return { changes, numRows: 1 };
    },
    finish() {
      if (format === "parquet" && files.size === 0) fileOf("train");
      for (const file of files.values()) file.finish();
      return Object.fromEntries(SPLITS.flatMap((split) => (counts[split] === undefined ? [] : [[split, counts[split]]])));
    },
  };
}

export function tableRowWithLosses(trajectory: Trajectory): { readonly row: TableRow; readonly changes: readonly LedgerChange[] } {
  const { id, split, ...content } = trajectory;
  const row = tableRowOf(content, { id, split });
  const readAgain = () => readTableRow(row as unknown as JsonObject).content;
  const changes = lostByWriting(content, readAgain, { key: "", rows: "Table rows", carriedKeys: Object.keys(content.metadata) });
  return { row, changes };
}

const fiveDigits = (value: number): string => String(value).padStart(5, "0");

interface RowFile {
  add(row: TableRow): void;
  finish(): void;
}

function jsonLinesFile(outputs: Outputs, path: string): RowFile {
  return { add: (row) => outputs.write(path, `${JSON.stringify(row)}\n`), finish: () => undefined };
}

/** Parquet in as many files as it takes; how many is known at the end, when they get their names. */
function shardedFile(outputs: Outputs, nameOf: (index: number, numShards: number) => string, maxCharacters: number): RowFile {
  let numShards = 0;
  let numCharacters = 0;
  let shard: RowFile | undefined;
  const next = (): RowFile => {
    const index = numShards++;
    return parquetFile(outputs.claim(() => nameOf(index, numShards)));
  };
  return {
    add(row) {
      if (numCharacters > maxCharacters) {
        shard?.finish();
        shard = undefined;
        numCharacters = 0;
      }
      shard ??= next();
      shard.add(row);
      numCharacters += sizeOf(row);
    },
    finish() {
      shard ??= next();
      shard.finish();
    },
  };
}

/** Characters of the row's long texts; close enough for bounds. */
const sizeOf = (row: TableRow): number => row.tools.length + row.callsmith.length + JSON.stringify(row.messages).length;

function parquetFile(path: string): RowFile {
  const file = new ParquetWriter({ writer: fileWriter(path), schema: SCHEMA, createdBy: "callsmith", statistics: false });
  let rows: TableRow[] = [];
  let numCharacters = 0;
  const flush = (): void => {
    if (rows.length === 0) return;
    const columnData = COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name]) }));
    // the file's writer is synchronous, and so is this
    void file.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    numCharacters = 0;
  };
  return {
    add(row) {
      rows.push(row);
      numCharacters += sizeOf(row);
      if (rows.length >= GROUP_ROWS || numCharacters > GROUP_CHARACTERS) flush();
    },
    finish() {
      flush();
      void file.finish();
    },
  };
}

const COLUMNS = ["id", "split", "messages", "tools", "callsmith"] as const;

const text = (name: string): SchemaElement => ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" });
const struct = (name: string, fields: readonly SchemaElement[][]): SchemaElement[] => [
  { name, num_children: fields.length, repetition_type: "OPTIONAL" },
  ...fields.flat(),
];
const list = (name: string, element: readonly SchemaElement[]): SchemaElement[] => [
  { name, converted_type: "LIST", num_children: 1, repetition_type: "OPTIONAL" },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  ...element,
];

const TOOL_CALL = struct("element", [[text("id")], [text("type")], struct("function", [[text("name")], [text("arguments")]])]);
const MESSAGE = struct("element", [
  [text("role")],
  [text("content")],
  [text("reasoning_content")],
  list("tool_calls", TOOL_CALL),
  [text("tool_call_id")],
  [text("name")],
  [{ name: "weight", type: "DOUBLE", repetition_type: "OPTIONAL" }],
]);
const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: COLUMNS.length },
  text("id"),
  text("split"),
  ...list("messages", MESSAGE),
  text("tools"),
  text("callsmith"),
];
