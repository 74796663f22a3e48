/** @file Says which format a file is in by looking at its first rows, in words; or what was seen instead. */
import type { ImportFormat } from "#contracts/imports.ts";
import type { JsonValue } from "#contracts/json.ts";
import { parseJson } from "../parseJson.ts";
import { createRowScanner, type ScannedRow } from "../scanRows.ts";
import { isTurnTable } from "./csv.ts";
import { delimiterOf, readCsv } from "./csvText.ts";
import { isObject, nameOf } from "./format.ts";
import { belongsElsewhere, describeRow, recognise, recogniseSpeakers, type Recognised } from "./recognise.ts";

export type DetectedFormat =
  { readonly ok: true; readonly format: ImportFormat; readonly why: string } | { readonly ok: false; readonly detail: string };

const MAX_ROWS = 20;
/** First bytes of files that are no JSON text, with what they are. */
const SIGNATURES: readonly (readonly [readonly number[], string])[] = [
  [[0xff, 0xfe], "it is UTF-16 text; save it as UTF-8"],
  [[0xfe, 0xff], "it is UTF-16 text; save it as UTF-8"],
  [[0x1f, 0x8b], "it is compressed with gzip; unpack it first"],
  [[0x50, 0x4b, 0x03, 0x04], "it is a zip archive; unpack it first"],
  [[0x28, 0xb5, 0x2f, 0xfd], "it is compressed with Zstandard; unpack it first"],
];
const PARQUET = [0x50, 0x41, 0x52, 0x31];
/** Column names of tables whose cells hold a row of one of the formats. */
const TABLE_COLUMNS = ["messages", "conversations", "question", "query", "chat", "input"];
const lenient = new TextDecoder();

/** @param head the first bytes of the file: a megabyte or more, or all of it */
export function detectFormat(head: Uint8Array): DetectedFormat {
  const foreign = SIGNATURES.find(([signature]) => signature.every((byte, i) => head[i] === byte));
  if (foreign !== undefined) return { ok: false, detail: foreign[1] };
  if (PARQUET.every((byte, i) => head[i] === byte))
    return { ok: true, format: "parquet", why: "It begins with PAR1, as Parquet files do." };
  const scanner = createRowScanner();
  const rows = [...scanner.push(head), ...scanner.finish()].slice(0, MAX_ROWS).map(toSeen);
  if (rows.length === 0) return { ok: false, detail: "there are no rows in it" };
  for (const { value } of rows) {
    const found = isObject(value) ? recognise(value) : undefined;
    if (found !== undefined) return { ok: true, ...found };
  }
  // a first row that is longer than the head can only be judged by the words at its beginning
  const cut = rows.find(({ isCut }) => isCut);
  const found = cut === undefined ? undefined : recogniseCut(cut.text);
  if (found !== undefined) return { ok: true, ...found };
  return recogniseTable(head) ?? { ok: false, detail: describe(rows[0]!) };
}

interface SeenRow {
  readonly text: string;
  readonly value: JsonValue | undefined;
  readonly isCut: boolean;
}

function toSeen(row: ScannedRow): SeenRow {
  if (!row.ok)
    return { text: lenient.decode(row.bytes ?? new Uint8Array()), value: undefined, isCut: row.refusal.code === "E_ROW_TRUNCATED" };
  const parsed = parseJson(row.text);
  return { text: row.text, value: parsed.ok ? parsed.value : undefined, isCut: false };
}

/** A header line of CSV with columns that are known. */
function recogniseTable(head: Uint8Array): DetectedFormat | undefined {
  const text = lenient.decode(head.subarray(0, 64 * 1024)).replace(/^\ufeff/, "");
  const line = text.slice(0, Math.max(text.indexOf("\n"), 0) || text.length);
  const [header = []] = readCsv(line, delimiterOf(line));
  if (header.length < 2) return undefined;
  const names = header.map((name) => name.trim());
  if (isTurnTable(names)) return { ok: true, format: "csv", why: "It is a CSV table with a row for each turn." };
  if (names.includes("api_info") && names.includes("input_parameters")) {
    return { ok: false, detail: "it describes API-Bank's APIs; import the dialogues in the folder beside it, it is read with them" };
  }
  const known = TABLE_COLUMNS.find((name) => names.includes(name));
  return known === undefined ? undefined : { ok: true, format: "csv", why: `It is a CSV table with a column "${known}".` };
}

/** The first telling field of a row that is not there as a whole. */
function recogniseCut(text: string): Recognised | undefined {
  const field =
    /"(answer_generation|forward_args|compare_candidates|train_messages|tree|messages|conversations|answer_details|Function_Description)"\s*:/.exec(
      text,
    )?.[1];
  if (field === undefined) return undefined;
  const words = (name: string): string[] => [...text.matchAll(new RegExp(`"${name}"\\s*:\\s*"(\\w+)"`, "g"))].map((match) => match[1]!);
  if (field === "messages") return words("role").length > 0 ? recognise({ messages: [{ role: words("role")[0]! }] }) : undefined;
  if (field === "conversations") {
    return hasToolTags(text) ? recognise({ conversations: [{ from: "gpt", value: "<tool_call>" }] }) : recogniseSpeakers(words("from"));
  }
  if (field === "answer_details") return recognise({ member: { answer: { answer_details: [] } } });
  if (field === "Function_Description") return recognise({ Function_Description: {} });
  return recognise({ answer_generation: {} });
}

const hasToolTags = (text: string): boolean => text.includes("<tool_call>") || text.includes("<tools>");

function describe({ text, value }: SeenRow): string {
  if (isObject(value)) return belongsElsewhere(value) ?? describeRow(value);
  if (value !== undefined) return `its first row is ${nameOf(value)}, not an object`;
  const start = text
    .slice(0, 40)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  const parsed = parseJson(text);
  const reason = parsed.ok ? "" : `: ${parsed.message}`;
  return start === "" ? "it is not text" : `it begins with "${start}", which is not JSON${reason}`;
}
