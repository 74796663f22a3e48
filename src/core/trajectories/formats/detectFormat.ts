/** @file Says which format a file is in by looking at its first rows, in words; or what was seen instead. */
import type { ImportFormat } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { parseJson } from "../parseJson.ts";
import { createRowScanner, type ScannedRow } from "../scanRows.ts";
import { isObject, nameOf } from "./format.ts";

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
  [[0x50, 0x41, 0x52, 0x31], "it is a Parquet file; convert it to JSON lines"],
];
const lenient = new TextDecoder();

/** @param head the first bytes of the file: a megabyte or more, or all of it */
export function detectFormat(head: Uint8Array): DetectedFormat {
  const foreign = SIGNATURES.find(([signature]) => signature.every((byte, i) => head[i] === byte));
  if (foreign !== undefined) return { ok: false, detail: foreign[1] };
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
  return found === undefined ? { ok: false, detail: describe(rows[0]!) } : { ok: true, ...found };
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

type Recognised = { readonly format: ImportFormat; readonly why: string };

function recognise(row: JsonObject): Recognised | undefined {
  if (isObject(row["answer_generation"])) {
    return { format: "toolbench-tree", why: 'Its object has "answer_generation", as ToolBench\'s answer files do.' };
  }
  const { messages, conversations } = row;
  if (Array.isArray(messages) && messages.some((message) => isObject(message) && typeof message["role"] === "string")) {
    return { format: "openai-chat", why: 'Its rows have "messages" with a "role" each.' };
  }
  if (!Array.isArray(conversations)) return undefined;
  const speakers = new Set(conversations.flatMap((item) => (isObject(item) && typeof item["from"] === "string" ? [item["from"]] : [])));
  return recogniseSpeakers([...speakers]);
}

function recogniseSpeakers(speakers: readonly string[]): Recognised | undefined {
  const has = (...names: readonly string[]): string | undefined => names.find((name) => speakers.includes(name));
  const own = has("human", "gpt", "function_call", "observation", "chatgpt", "tool_call", "function_response", "tool");
  if (own !== undefined) {
    return { format: "sharegpt", why: `Its rows have "conversations" in which "${own}" speaks, as in ShareGPT files with calls.` };
  }
  const bench = has("function", "assistant", "user");
  if (bench === undefined) return undefined;
  return { format: "toolllama", why: `Its rows have "conversations" in which "${bench}" speaks, as in ToolBench's training rows.` };
}

/** The first telling field of a row that is not there as a whole. */
function recogniseCut(text: string): Recognised | undefined {
  const field = /"(answer_generation|forward_args|compare_candidates|train_messages|tree|messages|conversations)"\s*:/.exec(text)?.[1];
  if (field === undefined) return undefined;
  const words = (name: string): string[] => [...text.matchAll(new RegExp(`"${name}"\\s*:\\s*"(\\w+)"`, "g"))].map((match) => match[1]!);
  if (field === "messages") return words("role").length > 0 ? recognise({ messages: [{ role: words("role")[0]! }] }) : undefined;
  if (field === "conversations") return recogniseSpeakers(words("from"));
  return recognise({ answer_generation: {} });
}

function describe({ text, value }: SeenRow): string {
  if (isObject(value)) {
    const keys = Object.keys(value);
    const shown = keys.slice(0, 8).map((key) => `"${key.slice(0, 40)}"`);
    const rest = keys.length > 8 ? ` and ${keys.length - 8} more` : "";
    if (keys.length === 0) return "its first row is an empty object";
    return `its first row has the fields ${shown.join(", ")}${rest}, which none of the formats has`;
  }
  if (value !== undefined) return `its first row is ${nameOf(value)}, not an object`;
  const start = text
    .slice(0, 40)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  const parsed = parseJson(text);
  const reason = parsed.ok ? "" : `: ${parsed.message}`;
  return start === "" ? "it is not text" : `it begins with "${start}", which is not JSON${reason}`;
}
