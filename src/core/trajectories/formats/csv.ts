/**
 * @file Trajectories as CSV: one row for each turn, so that a spreadsheet shows a conversation as it is read. `trajectory` tells whose turn it
 * is; `tools` and `metadata` stand in the first row of each. Files with one row for each trajectory, whose cells hold JSON, are read too.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { SPLITS, type AssistantTurn, type ToolCall, type TrajectoryContent, type Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { refusal } from "../refusal.ts";
import { delimiterOf, readCsv, writeCsvRow } from "./csvText.ts";
import { isObject, nameOf, refuseShape, RowRefusal, type FormatReader, type FormatWriter, type InputRow, type Settled } from "./format.ts";
import { readJsonCalls, writeJsonCall } from "./jsonCalls.ts";
import { lostByWriting } from "./lostByWriting.ts";
import { weightToWrite, withWeights } from "./lossFlags.ts";
import { createTableReader } from "./tableReader.ts";
import { plainRow } from "./tableRow.ts";
import { toolToJson } from "./toolllamaSystem.ts";
import { readToolList } from "./toolsField.ts";

const COLUMNS = [
  "trajectory",
  "split",
  "turn",
  "role",
  "thought",
  "text",
  "calls",
  "name",
  "call_id",
  "weight",
  "raw",
  "tools",
  "metadata",
] as const;
type Column = (typeof COLUMNS)[number];
type TurnRow = Readonly<Partial<Record<Column, string>>>;

export const isTurnTable = (header: readonly string[]): boolean =>
  ["trajectory", "role", "text"].every((column) => header.includes(column));

/** @param headerText the first record of the file */
export function createCsvReader(headerText: string): FormatReader {
  const delimiter = delimiterOf(headerText);
  const header = (readCsv(headerText, delimiter)[0] ?? []).map((name) => name.trim());
  const rows = isTurnTable(header) ? createTurnReader() : jsonCells();
  return {
    push(rowIndex, byteOffset, byteLength, rowText) {
      const place = { rowIndex, byteOffset, byteLength };
      const cells = readCsv(rowText, delimiter)[0] ?? [];
      if (cells.length !== header.length) {
        const detail = `it has ${cells.length} cells, the header has ${header.length}`;
        return [{ kind: "refused", row: place, refusal: refusal("E_ROW_SHAPE", { detail }, byteOffset) }];
      }
      // an empty cell is no value
      return rows.push(place, Object.fromEntries(header.flatMap((name, i) => (cells[i] === "" ? [] : [[name, cells[i]!]]))));
    },
    finish: () => rows.finish(),
  };
}

function jsonCells(): ReturnType<typeof createTableReader> {
  const rows = createTableReader();
  return { push: (place, row) => rows.push(place, plainRow(row)), finish: () => rows.finish() };
}

interface OpenTrajectory {
  readonly id: string;
  readonly rows: InputRow[];
  readonly turns: { readonly turn: Turn; readonly weight: JsonObject }[];
  readonly head: TurnRow;
  numRefused: number;
}

/** Rows of a trajectory follow each other; a row of another one closes it. */
function createTurnReader(): ReturnType<typeof createTableReader> {
  let open: OpenTrajectory | undefined;
  const close = (): readonly Settled[] => {
    const closed = open;
    open = undefined;
    return closed === undefined ? [] : settle(closed);
  };
  return {
    push(place, row) {
      const cells = row as TurnRow;
      const id = cells.trajectory ?? "";
      const settled = open !== undefined && open.id === id ? [] : close();
      open ??= { id, rows: [], turns: [], head: cells, numRefused: 0 };
      try {
        const turn = readTurn(cells);
        open.turns.push({ turn, weight: weightIn(cells) });
        open.rows.push(place);
        return settled;
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        open.numRefused++;
        return [...settled, { kind: "refused", row: place, refusal: refusal(error.code, error.params, place.byteOffset) }];
      }
    },
    finish: close,
  };
}

/** Text that is no number stays text, and is refused as a weight. */
function weightIn({ weight }: TurnRow): JsonObject {
  if (weight === undefined) return {};
  const value = Number(weight);
  return { weight: weight.trim() === "" || Number.isNaN(value) ? weight : value };
}

function settle({ head, rows, turns, numRefused }: OpenTrajectory): readonly Settled[] {
  if (rows.length === 0) return [];
  try {
    const content = contentOf(head, turns);
    const detail = `${numRefused} turns of this trajectory were refused: it came in without them.`;
    const changes: readonly LedgerChange[] = numRefused === 0 ? [] : [{ rule: "turns-missing", detail }];
    const outcome = changes.length > 0 ? "changed" : "taken";
    const split = SPLITS.find((name) => name === head.split);
    return [
      { kind: "trajectory", content, rows: rows.map((row) => ({ ...row, outcome, changes })), ...(split === undefined ? {} : { split }) },
    ];
  } catch (error) {
    if (!(error instanceof RowRefusal)) throw error;
    return rows.map((row): Settled => ({ kind: "refused", row, refusal: refusal(error.code, error.params, row.byteOffset) }));
  }
}

function contentOf(head: TurnRow, turns: OpenTrajectory["turns"]): TrajectoryContent {
  const metadata = jsonIn(head, "metadata") ?? {};
  if (!isObject(metadata)) return refuseShape(`"metadata" is ${nameOf(metadata)}, not an object`);
  return {
    tools: readToolList(jsonIn(head, "tools") ?? []),
    ...withWeights(
      turns.map(({ turn }) => turn),
      turns.map(({ weight }) => weight),
      (i) => `turn ${i}`,
    ),
    metadata,
  };
}

function jsonIn(row: TurnRow, column: Column): JsonValue | undefined {
  const text = row[column];
  if (text === undefined) return undefined;
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : refuseShape(`"${column}" is not JSON: ${parsed.message} (character ${parsed.offset})`);
}

function readTurn(row: TurnRow): Turn {
  const { role, text = "", thought, name, call_id: callId, raw } = row;
  switch (role) {
    case "system":
    case "user":
      return { role, content: text };
    case "tool":
      return { role, content: text, ...(name === undefined ? {} : { name }), ...(callId === undefined ? {} : { callId }) };
    case "assistant": {
      if (raw !== undefined) return { role, calls: [], raw };
      const calls = row.calls === undefined ? [] : readCalls(row.calls);
      const hasAnswer = calls.length === 0 || row.text !== undefined;
      return { role, ...(thought === undefined ? {} : { thought }), calls, ...(hasAnswer ? { answer: text } : {}) };
    }
    default:
      return refuseShape(`"role" is ${role === undefined ? "empty" : `"${role.slice(0, 40)}"`}`);
  }
}

function readCalls(text: string): readonly ToolCall[] {
  const calls = readJsonCalls(text) ?? refuseShape('"calls" is not a JSON list of calls with a name');
  const ids = JSON.parse(text) as JsonValue;
  return calls.map((call, i) => {
    const entry = Array.isArray(ids) ? ids[i] : ids;
    const id = isObject(entry) ? entry["id"] : undefined;
    return typeof id === "string" ? { ...call, arguments: parseArguments(call.argumentsText), callId: id } : call;
  });
}

export function createCsvWriter(): FormatWriter {
  let numWritten = 0;
  return {
    extension: ".csv",
    begin: writeCsvRow(COLUMNS),
    write(content, about) {
      const rows = rowsOf(content, about?.id ?? `T-${String(++numWritten)}`, about?.split ?? "");
      const readAgain = () => {
        const [head = {}] = rows;
        const shown = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== "")) as TurnRow);
        return contentOf(
          head,
          shown.map((row) => ({ turn: readTurn(row), weight: weightIn(row) })),
        );
      };
      return {
        text: rows.map((row) => writeCsvRow(COLUMNS.map((column) => row[column] ?? ""))).join(""),
        numRows: rows.length,
        changes: lostByWriting(content, readAgain, { key: "csv", rows: "CSV rows", carriedKeys: Object.keys(content.metadata) }),
      };
    },
    end: () => "",
  };
}

function rowsOf(content: TrajectoryContent, trajectory: string, split: string): readonly TurnRow[] {
  const { tools, turns, targets, metadata } = content;
  return turns.map((turn, i): TurnRow => {
    const weight = weightToWrite(turn, i, targets);
    return {
      trajectory,
      split,
      turn: String(i),
      role: turn.role,
      ...(turn.role === "assistant" ? assistantCells(turn) : { text: turn.content }),
      ...(turn.role === "tool" ? { name: turn.name ?? "", call_id: turn.callId ?? "" } : {}),
      ...(weight === undefined ? {} : { weight: String(weight) }),
      ...(i === 0 ? { tools: JSON.stringify(tools.map(toolToJson)), metadata: JSON.stringify(metadata) } : {}),
    };
  });
}

function assistantCells({ thought = "", calls, answer = "", raw }: AssistantTurn): TurnRow {
  if (raw !== undefined) return { raw };
  const written = calls.map((call) => {
    const text = writeJsonCall(call);
    return call.callId === undefined ? text : `${text.slice(0, -1)}, "id": ${JSON.stringify(call.callId)}}`;
  });
  return { thought, text: answer, ...(written.length === 0 ? {} : { calls: `[${written.join(", ")}]` }) };
}
