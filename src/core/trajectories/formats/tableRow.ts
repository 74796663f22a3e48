/**
 * @file A trajectory as one row of a table: Parquet files and Hugging Face data sets. `messages` and `tools` are what trainers read; the
 * column `callsmith` holds what they have no place for. Arguments and tools are JSON texts: Arrow gives every object of a column the
 * keys of all others, filled up with nulls.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { SPLITS, type Split, type TrajectoryContent } from "#contracts/trajectory.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, refuseShape, type AboutTrajectory } from "./format.ts";
import { openaiRowOf, readOpenaiRow } from "./openaiChat.ts";
import { toolToJson } from "./toolllamaSystem.ts";

export interface TableRow {
  readonly id: string;
  readonly split: string;
  readonly messages: readonly JsonObject[];
  readonly tools: string;
  readonly callsmith: string;
}

export function tableRowOf(content: TrajectoryContent, { id, split }: Pick<AboutTrajectory, "id" | "split">): TableRow {
  const { messages } = openaiRowOf({ ...content, metadata: {} });
  const raw = content.turns.flatMap((turn, i) => (turn.role === "assistant" && turn.raw !== undefined ? [i] : []));
  return {
    id,
    split,
    messages: messages as readonly JsonObject[],
    tools: JSON.stringify(content.tools.map((tool) => ({ type: "function", function: toolToJson(tool) }))),
    callsmith: JSON.stringify({ metadata: content.metadata, ...(raw.length > 0 ? { raw } : {}) }),
  };
}

export const isTableRow = (row: JsonObject): boolean => typeof row["callsmith"] === "string" && Array.isArray(row["messages"]);

/** Its messages are what counts: only what they cannot say is taken from the column `callsmith`. */
export function readTableRow(row: JsonObject): { readonly content: TrajectoryContent; readonly split?: Split } {
  const { messages = null, tools = null, split, callsmith } = row;
  const parsed = parseJson(typeof callsmith === "string" ? callsmith : "");
  if (!parsed.ok || !isObject(parsed.value)) return refuseShape('"callsmith" is not the JSON that an export writes');
  const { metadata, raw } = parsed.value;
  const read = readOpenaiRow({ messages, tools }, { mayLackAssistant: true });
  const rawTurns = new Set(Array.isArray(raw) ? raw : []);
  const turns = read.turns.map((turn, i) => {
    if (turn.role !== "assistant" || !rawTurns.has(i) || turn.calls.length > 0) return turn;
    const { answer, thought: _thought, ...rest } = turn;
    return { ...rest, raw: answer ?? "" };
  });
  const content = { ...read, turns, metadata: isObject(metadata) ? metadata : {} };
  const named = SPLITS.find((name) => name === split);
  return { content, ...(named === undefined ? {} : { split: named }) };
}

/** The row without the nulls that Arrow fills up with, and with lists that a column holds as text. */
export function plainRow(row: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(
    Object.entries(row).flatMap(([key, value]): [string, JsonValue][] => {
      const plain = plainValue(value);
      if (plain === undefined) return [];
      return [[key, TEXT_COLUMNS.has(key) && typeof plain === "string" ? listIn(plain) : plain]];
    }),
  );
}

/** Columns that are lists in every format that has them. */
const TEXT_COLUMNS: ReadonlySet<string> = new Set([
  "messages",
  "conversations",
  "question",
  "function",
  "answer",
  "answer_generation",
  "Instructions",
  "Golden_Answers",
  "Function_Description",
]);

function listIn(text: string): JsonValue {
  if (!/^\s*[[{]/.test(text)) return text;
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}

function plainValue(value: unknown): JsonValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map((entry) => plainValue(entry) ?? null);
  if (ArrayBuffer.isView(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([key, entry]): [string, JsonValue][] => {
      const plain = plainValue(entry);
      return plain === undefined ? [] : [[key, plain]];
    }),
  );
}
