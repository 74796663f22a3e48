/**
 * @file API-Bank's dialogues: a file of JSON lines is one conversation, its lines are said by `User`, `AI` or `API`, a call with its result.
 * What the APIs are stands in `all_apis.csv` beside them.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { refusal } from "../refusal.ts";
import { apiBankTool, readApiInfo, writeApiInfo } from "./apiBankTools.ts";
import { sameJson } from "../sameJson.ts";
import { delimiterOf, readCsv, writeCsvRow } from "./csvText.ts";
import { isObject, nameOf, readRow, refuseShape, type FormatReader, type FormatWriter, type InputRow, type Settled } from "./format.ts";
import { lostByWriting } from "./lostByWriting.ts";
import { readRecorded, writeRecorded, type RowFormat } from "./recordedRow.ts";

export const API_FILE = "all_apis.csv";
const API_COLUMNS = ["类名", "api_info"] as const;
const SIGNATURE_COLUMN = "input_parameters";

/** The conversation as one row: the lines of the file in a list. */
const dialogueFormat = (apis: ReadonlyMap<string, ToolDefinition>): RowFormat => ({
  key: "apiBankDialogue",
  rows: "API-Bank dialogues",
  read: ({ lines }) => readLines(lines as readonly JsonObject[], apis),
  write: ({ turns }) => ({ lines: writeLines(turns) }),
});

/** @param apisText what stands in `all_apis.csv`; undefined where there is none */
export function createApiBankDialogueReader(apisText: string | undefined): FormatReader {
  const format = dialogueFormat(readApis(apisText));
  const lines: JsonObject[] = [];
  const rows: InputRow[] = [];
  let numRefused = 0;
  return {
    push(rowIndex, byteOffset, byteLength, rowText) {
      const place = { rowIndex, byteOffset, byteLength };
      const result = readRow(place, rowText, (line) => {
        readLine(line, new Map());
        return line;
      });
      if (!result.ok) {
        numRefused++;
        return [result.settled];
      }
      lines.push(result.value);
      rows.push(place);
      return [];
    },
    finish() {
      if (lines.length === 0) return [];
      const content = readRecorded(format, { lines });
      if (!content.turns.some((turn) => turn.role === "assistant")) {
        return rows.map((row): Settled => ({ kind: "refused", row, refusal: refusalOf(row) }));
      }
      const changes = changesOf(content, apisText, numRefused);
      const outcome = changes.length > 0 ? "changed" : "taken";
      return [{ kind: "trajectory", content, rows: rows.map((row) => ({ ...row, outcome, changes })) }];
    },
  };
}

const refusalOf = (row: InputRow) => refusal("E_ROW_NO_ASSISTANT", {}, row.byteOffset);

function changesOf(content: TrajectoryContent, apisText: string | undefined, numRefused: number): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  if (numRefused > 0) {
    const detail = `${numRefused} lines of this conversation were refused: it came in without them.`;
    changes.push({ rule: "lines-missing", detail });
  }
  const unknown = content.tools.filter((tool) => isBare(tool)).map((tool) => tool.name);
  if (unknown.length > 0) {
    const where = apisText === undefined ? `There is no ${API_FILE} beside the file` : `${API_FILE} does not describe them`;
    changes.push({ rule: "tools-not-described", detail: `Known by name only: ${unknown.join(", ")}. ${where}.` });
  }
  return changes;
}

const isBare = ({ description, parameters }: ToolDefinition): boolean => description === "" && Object.keys(parameters).length === 0;

function readApis(text: string | undefined): ReadonlyMap<string, ToolDefinition> {
  const apis = new Map<string, ToolDefinition>();
  const [header = [], ...rows] = text === undefined ? [] : readCsv(text);
  const [name, info] = API_COLUMNS.map((column) => header.indexOf(column));
  for (const row of rows) {
    const signature = header.includes(SIGNATURE_COLUMN) ? (row[header.indexOf(SIGNATURE_COLUMN)] ?? "") : "";
    const tool = readApiInfo(row[name!] ?? "", row[info!] ?? "", signature);
    if (tool !== undefined && tool.name !== "") apis.set(tool.name, tool);
  }
  return apis;
}

function readLines(lines: readonly JsonObject[], apis: ReadonlyMap<string, ToolDefinition>): TrajectoryContent {
  const tools = new Map<string, ToolDefinition>();
  const found = new Map(apis);
  const turns = lines.flatMap((line): readonly Turn[] => {
    const read = readLine(line, found);
    for (const turn of read) {
      for (const call of turn.role === "assistant" ? turn.calls : []) {
        tools.set(call.name, tools.get(call.name) ?? found.get(call.name) ?? { name: call.name, description: "", parameters: {} });
      }
    }
    return read;
  });
  return { tools: [...tools.values()], turns, metadata: {} };
}

/** `found` gains the tools that a search for tools gave. */
function readLine(line: JsonObject, found: Map<string, ToolDefinition>): readonly Turn[] {
  const { role, text, api_name: name, param_dict: input, result } = line;
  if (role === "User" || role === "AI") {
    if (typeof text !== "string") return refuseShape(`"text" is ${nameOf(text)}, not text`);
    return [role === "User" ? { role: "user", content: text } : { role: "assistant", calls: [], answer: text }];
  }
  if (role !== "API") return refuseShape(`"role" is ${typeof role === "string" ? `"${role.slice(0, 40)}"` : nameOf(role)}`);
  if (typeof name !== "string") return refuseShape(`"api_name" is ${nameOf(name)}, not text`);
  if (!isObject(input)) return refuseShape(`"param_dict" is ${nameOf(input)}, not an object`);
  const argumentsText = JSON.stringify(input);
  const call: ToolCall = { name, argumentsText, arguments: parseArguments(argumentsText) };
  const turn: AssistantTurn = { role: "assistant", calls: [call] };
  if (result === undefined) return [turn];
  const output = isObject(result) && "output" in result ? result["output"] : result;
  for (const entry of Array.isArray(output) ? output : [output]) {
    const tool = isObject(entry) && entry["input_parameters"] !== undefined ? apiBankTool(entry) : undefined;
    if (tool !== undefined && !found.has(tool.name)) found.set(tool.name, tool);
  }
  const failure = isObject(result) ? result["exception"] : null;
  const said = failure === null || failure === undefined ? output : { output: output ?? null, exception: failure };
  return [turn, { role: "tool", content: typeof said === "string" ? said : JSON.stringify(said ?? null) }];
}

function writeLines(turns: readonly Turn[]): JsonObject[] {
  const lines: JsonObject[] = [];
  turns.forEach((turn, i) => {
    if (turn.role === "user" || turn.role === "system") lines.push({ role: "User", text: turn.content });
    if (turn.role !== "assistant") return;
    const { raw, thought, calls, answer } = turn;
    const text = raw ?? (calls.length > 0 ? thought : [thought, answer].filter((part) => part !== undefined).join("\n"));
    if (text !== undefined) lines.push({ role: "AI", text });
    const results = resultsAfter(turns, i);
    calls.forEach(({ name, arguments: parsed }, k) => {
      const input = parsed.ok ? parsed.value : {};
      const content = results[k];
      const result: JsonObject = content === undefined ? {} : { result: { api_name: name, input, ...resultOf(content) } };
      lines.push({ role: "API", api_name: name, param_dict: input, ...result });
    });
  });
  return lines;
}

function resultsAfter(turns: readonly Turn[], index: number): readonly string[] {
  const results: string[] = [];
  for (const turn of turns.slice(index + 1)) {
    if (turn.role !== "tool") break;
    results.push(turn.content);
  }
  return results;
}

function resultOf(content: string): JsonObject {
  const parsed = parseJson(content);
  const value: JsonValue = parsed.ok && typeof parsed.value !== "string" ? parsed.value : content;
  if (isObject(value) && value["exception"] !== undefined && value["output"] !== undefined && Object.keys(value).length === 2) return value;
  return { output: value, exception: null };
}

/** A file for each conversation in `dialogues/`, and the descriptions of all their tools: the recorded ones as they were, then the others. */
export function createApiBankDialogueWriter(): FormatWriter {
  const descriptions = createDescriptions();
  return {
    extension: ".jsonl",
    begin: "",
    write(content, about) {
      const format = dialogueFormat(new Map(content.tools.map((tool) => [tool.name, tool])));
      const row = writeRecorded(format, content);
      const lines = row["lines"] as readonly JsonObject[];
      const text = descriptions.add(content.tools, about?.beside?.());
      const known = descriptions.known();
      return {
        text: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
        path: `dialogues/${about?.id ?? "trajectory"}.jsonl`,
        beside: text === "" ? [] : [{ path: API_FILE, text }],
        numRows: lines.length,
        changes: lostByWriting(content, () => readLines(lines, known), format),
      };
    },
    end: () => "",
  };
}

interface Descriptions {
  /** What has to be added to `all_apis.csv` for these tools. */
  add(tools: readonly ToolDefinition[], recorded: string | undefined): string;
  /** What a reader of the file knows. */
  known(): ReadonlyMap<string, ToolDefinition>;
}

function createDescriptions(): Descriptions {
  const known = new Map<string, ToolDefinition>();
  /** Tools whose description in the file is settled: of two that differ the first one counts. */
  const settled = new Set<string>();
  let header: readonly string[] = [];
  let numRows = 0;
  const begin = (recorded = ""): string => {
    const apis = readApis(recorded);
    if (apis.size === 0 || delimiterOf(recorded) !== ",") return writeCsvRow((header = ["id", ...API_COLUMNS]));
    for (const [name, tool] of apis) known.set(name, tool);
    const rows = readCsv(recorded);
    header = rows[0]!;
    numRows = rows.length - 1;
    return recorded.endsWith("\n") ? recorded : `${recorded}\r\n`;
  };
  const rowOf = (tool: ToolDefinition): string => {
    const [name, info] = API_COLUMNS;
    const cells: Readonly<Record<string, string>> = { id: String(++numRows), [name]: tool.name, [info]: writeApiInfo(tool) };
    // a row further down is the one that counts
    known.set(tool.name, readApiInfo(tool.name, cells[info]!) ?? tool);
    return writeCsvRow(header.map((column) => cells[column] ?? ""));
  };
  return {
    add(tools, recorded) {
      const added = tools.filter((tool) => !isBare(tool) && !settled.has(tool.name));
      if (added.length === 0) return "";
      const text = header.length === 0 ? begin(recorded) : "";
      for (const { name } of added) settled.add(name);
      return (
        text +
        added
          .filter((tool) => !sameTool(known.get(tool.name), tool))
          .map(rowOf)
          .join("")
      );
    },
    known: () => known,
  };
}

const sameTool = (a: ToolDefinition | undefined, b: ToolDefinition): boolean =>
  a !== undefined && sameJson(a as unknown as JsonValue, b as unknown as JsonValue);
