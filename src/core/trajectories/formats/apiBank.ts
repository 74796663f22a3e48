/**
 * @file API-Bank's training rows, `{instruction, input, output}`: the input holds the descriptions of the APIs, one JSON object a line,
 * then the conversation so far, one line a turn; the output is the next request, `API-Request: [Name(key='value')]`, or answer, `AI: ...`.
 * Only the output is trained on: what came before is another row's output.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { jsonDumps } from "../jsonDumps.ts";
import { parseJson } from "../parseJson.ts";
import { pythonCallText, readPythonCalls, type PythonCallOptions } from "../pythonCalls.ts";
import { apiBankTool, apiBankToolToJson } from "./apiBankTools.ts";
import { isObject, nameOf, refuseShape, type FormatReader, type FormatWriter } from "./format.ts";
import { recordedReader, recordedWriter, type RowFormat } from "./recordedRow.ts";

const API_BANK: RowFormat = { key: "apiBank", rows: "API-Bank rows", read: (row) => readRow(row), write: writeRow, changes: changesOf };

export const createApiBankReader = (): FormatReader => recordedReader(API_BANK);

/** A list of rows, as API-Bank's files are. */
export function createApiBankWriter(): FormatWriter {
  const lines = recordedWriter(API_BANK);
  let numWritten = 0;
  return {
    extension: ".json",
    begin: "[",
    write(content) {
      const { text, ...written } = lines.write(content);
      return { ...written, text: `${numWritten++ === 0 ? "" : ","}\n${text.trimEnd()}` };
    },
    end: () => "\n]\n",
  };
}

const INSTRUCTION =
  "\nGenerate an API request in the format of [ApiName(key1='value1', key2='value2', ...)] based on the user's utterance and available API requests.\nThe current time is {{time}}.\nInput: \nUser: User's utterence\n\nExpected output:\nAPI-Request: [ApiName(key1='value1', key2='value2', ...)]\n\nAPI descriptions:\n";
const REQUEST = "API-Request: ";
const PROMPTS = ["Generate API Request:", "Generate AI Response:", "Generate next response:"];
/** A turn begins its line; a user's turn may span lines. */
const TURN = /^(User|AI|API-Request): ?/;

function readRow(row: JsonObject, options: PythonCallOptions = { mayBeBare: true }): TrajectoryContent {
  const { instruction = "", input, output, ...fields } = row;
  if (typeof instruction !== "string") return refuseShape(`"instruction" is ${nameOf(instruction)}, not text`);
  if (typeof input !== "string") return refuseShape(`"input" is ${nameOf(input)}, not text`);
  const target = Array.isArray(output) && output.length === 1 ? output[0] : output;
  if (typeof target !== "string") return refuseShape(`"output" is ${nameOf(output)}, not text`);
  const tools: ToolDefinition[] = [];
  const turns: Turn[] = instruction === "" ? [] : [{ role: "system", content: instruction }];
  let open: { readonly speaker: string; text: string } | undefined;
  const close = (): void => {
    if (open !== undefined) turns.push(...readTurn(open.speaker, open.text, options));
    open = undefined;
  };
  for (const line of input.split("\n")) {
    const speaker = TURN.exec(line);
    if (speaker !== null) {
      close();
      open = { speaker: speaker[1]!, text: line.slice(speaker[0].length) };
    } else if (PROMPTS.some((prompt) => line.startsWith(prompt))) close();
    else if (open !== undefined) open.text += `\n${line}`;
    else {
      const tool = readToolLine(line);
      if (tool !== undefined) tools.push(tool);
      else if (line.trim() !== "") open = { speaker: "User", text: line };
    }
  }
  close();
  const numBefore = turns.length;
  turns.push(readTarget(target, options));
  const isOnly = !turns.slice(0, numBefore).some((turn) => turn.role === "assistant");
  return {
    tools,
    turns,
    ...(isOnly ? {} : { targets: [numBefore] }),
    metadata: Object.keys(fields).length > 0 ? { fields } : {},
  };
}

function changesOf(row: JsonObject, content: TrajectoryContent): readonly LedgerChange[] {
  const numRaw = ({ turns }: TrajectoryContent) => turns.filter((turn) => turn.role === "assistant" && turn.raw !== undefined).length;
  const numBare = numRaw(readRow(row, {})) - numRaw(content);
  if (numBare === 0) return [];
  const detail = `${numBare} requests have values without quotes, which are taken as text up to the next argument.`;
  return [{ rule: "values-without-quotes", detail }];
}

function readToolLine(line: string): ToolDefinition | undefined {
  if (!line.startsWith("{")) return undefined;
  const parsed = parseJson(line);
  return parsed.ok ? apiBankTool(parsed.value) : undefined;
}

/** A request of the conversation so far has its result behind an arrow. */
function readTurn(speaker: string, text: string, options: PythonCallOptions): readonly Turn[] {
  if (speaker === "User") return [{ role: "user", content: text }];
  if (speaker === "AI") return [{ role: "assistant", calls: [], answer: text }];
  const read = readPythonCalls(text, options);
  if (!read.ok) {
    const arrow = text.indexOf("->");
    const raw: AssistantTurn = { role: "assistant", calls: [], raw: `${REQUEST}${arrow === -1 ? text : text.slice(0, arrow)}` };
    return arrow === -1 ? [raw] : [raw, { role: "tool", content: text.slice(arrow + 2) }];
  }
  const call: Turn = { role: "assistant", calls: read.calls };
  const rest = text.slice(read.end);
  return rest.startsWith("->") ? [call, { role: "tool", content: rest.slice(2) }] : [call];
}

function readTarget(output: string, options: PythonCallOptions): AssistantTurn {
  if (output.startsWith("AI: ")) return { role: "assistant", calls: [], answer: output.slice("AI: ".length) };
  const raw: AssistantTurn = { role: "assistant", calls: [], raw: output };
  const text = output.replace(/^\s*API-Request:/, "").trim();
  const read = readPythonCalls(text, options);
  return read.ok && text.slice(read.end).trim() === "" ? { role: "assistant", calls: read.calls } : raw;
}

function writeRow({ tools, turns, targets, metadata }: TrajectoryContent): JsonObject {
  const first = turns[0]?.role === "system" ? turns[0] : undefined;
  const last = targets?.at(-1) ?? turns.findLastIndex((turn) => turn.role === "assistant");
  const lines = tools.map((tool) => jsonDumps(apiBankToolToJson(tool)));
  turns.slice(0, Math.max(last, 0)).forEach((turn) => {
    if (turn === first) return;
    // a result stands behind its request
    if (turn.role === "tool" && lines.length > 0) lines[lines.length - 1] += `->${turn.content}`;
    else lines.push(turn.role === "assistant" ? writeAssistant(turn) : `User: ${turn.content}`);
  });
  const target = turns[last];
  const isCall = target?.role !== "assistant" || target.calls.length > 0 || target.raw !== undefined;
  lines.push(isCall ? "Generate API Request: " : "Generate AI Response: ");
  const { fields } = metadata;
  return {
    instruction: first?.content ?? (metadata["apiBank"] === undefined ? INSTRUCTION : ""),
    input: lines.join("\n"),
    output: target?.role === "assistant" ? writeAssistant(target) : "",
    ...(isObject(fields) ? fields : {}),
  };
}

function writeAssistant({ raw, calls, answer }: AssistantTurn): string {
  if (raw !== undefined) return raw;
  if (calls.length === 0) return `AI: ${answer ?? ""}`;
  return `${REQUEST}[${calls.map((call) => pythonCallText(call) ?? `${call.name}()`).join(", ")}]`;
}
