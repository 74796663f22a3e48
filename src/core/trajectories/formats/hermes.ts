/**
 * @file Hermes' function calling rows: tools between `<tools>` tags in the system text, calls between `<tool_call>` tags, results between
 * `<tool_response>` tags. Items are `{from, value}` or `{role, content}`; what is between tags is JSON, in some files Python's spelling.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { parsePythonLiteral } from "../pythonLiteral.ts";
import { isObject, nameOf, refuseShape, RowRefusal, type FormatReader, type FormatWriter } from "./format.ts";
import { readJsonCalls, writeJsonCall } from "./jsonCalls.ts";
import { weightToWrite, withWeights } from "./lossFlags.ts";
import { recordedReader, recordedWriter, type RowFormat } from "./recordedRow.ts";
import { joinThinking, splitThinking } from "./thinking.ts";
import { readTool, toolToJson } from "./toolllamaSystem.ts";
import { createToolsReader, type ToolsReader } from "./toolsField.ts";

const SPEAKERS: Readonly<Record<string, Turn["role"]>> = {
  system: "system",
  human: "user",
  user: "user",
  gpt: "assistant",
  assistant: "assistant",
  tool: "tool",
  function: "tool",
  observation: "tool",
};

/** What Hermes' own rows say around the list of tools. */
const PROMPT_BEFORE =
  "You are a function calling AI model. You are provided with function signatures within <tools></tools> XML tags. You may call one or more functions to assist with the user query. Don't make assumptions about what values to plug into functions. Here are the available tools: <tools> ";
const PROMPT_AFTER =
  ' </tools> Use the following pydantic model json schema for each tool call you will make: {"properties": {"arguments": {"title": "Arguments", "type": "object"}, "name": {"title": "Name", "type": "string"}}, "required": ["arguments", "name"], "title": "FunctionCall", "type": "object"} For each function call return a json object with function name and arguments within <tool_call></tool_call> XML tags as follows:\n<tool_call>\n{"arguments": <args-dict>, "name": <function-name>}\n</tool_call>';

const hermesFormat = (): RowFormat => {
  const readTools = createToolsReader();
  return { key: "hermes", rows: "Hermes rows", read: (row) => readRow(row, readTools), write: writeRow };
};

export function createHermesReader(): FormatReader {
  return recordedReader(hermesFormat());
}

export function createHermesWriter(): FormatWriter {
  return recordedWriter(hermesFormat());
}

function readRow(row: JsonObject, readTools: ToolsReader): TrajectoryContent {
  const key = row["conversations"] === undefined ? "messages" : "conversations";
  const { [key]: list, tools: recordedTools, ...fields } = row;
  if (!Array.isArray(list)) return refuseShape(`"conversations" is ${nameOf(list)}, not a list`);
  let tools: readonly ToolDefinition[] | undefined;
  const turns: Turn[] = [];
  const items: (JsonObject | undefined)[] = [];
  list.forEach((item, i) => {
    const where = `${key}[${i}]`;
    if (!isObject(item)) return refuseShape(`${where} is ${nameOf(item)}, not an object`);
    const from = item["from"] ?? item["role"];
    const value = item["value"] ?? item["content"];
    if (typeof value !== "string") return refuseShape(`${where}.value is ${nameOf(value)}, not text`);
    const role = typeof from === "string" && Object.hasOwn(SPEAKERS, from) ? SPEAKERS[from] : undefined;
    if (role === undefined) return refuseShape(`${where}.from is ${typeof from === "string" ? `"${from.slice(0, 40)}"` : nameOf(from)}`);
    if (role === "system" && tools === undefined) {
      const found = findTools(value);
      tools = found?.tools;
      // a system text that only introduces the tools is no turn: the tools stand for it
      const prompt = found === undefined ? value : found.prompt;
      if (found !== undefined && prompt === "") return;
      turns.push({ role, content: prompt });
    } else if (role === "assistant") turns.push(readAssistant(value));
    else if (role === "tool") turns.push(...readResults(value));
    else turns.push({ role, content: value });
    while (items.length < turns.length) items.push(item);
  });
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return {
    tools: tools ?? readTools(recordedTools ?? []),
    ...withWeights(turns, items, (i) => `${key}, of turn ${i},`),
    metadata: Object.keys(fields).length > 0 ? { fields } : {},
  };
}

/** The first pair of tags with tools between them: the text around it names the tags too, with nothing between. */
function findTools(text: string): { readonly tools: readonly ToolDefinition[]; readonly prompt: string } | undefined {
  for (let open = text.indexOf("<tools>"); open !== -1; open = text.indexOf("<tools>", open + 1)) {
    const close = text.indexOf("</tools>", open);
    if (close === -1) return undefined;
    const tools = readToolTexts(text.slice(open + "<tools>".length, close));
    if (tools === undefined) continue;
    return { tools, prompt: promptOf(text.slice(0, open), text.slice(close + "</tools>".length)) };
  }
  return undefined;
}

/**
 * The words of a system text that are not about the format: what stands before Hermes' introduction, else all but the list. Those words
 * tell the model of tags, which it will not be trained to write: Callsmith has its own template.
 */
function promptOf(before: string, after: string): string {
  const introduction = before.indexOf("You are a function calling AI model");
  const isHermes = introduction !== -1 && /<tool_call>/.test(after);
  if (isHermes) return before.slice(0, introduction).trimEnd();
  const qwen = before.indexOf("\n\n# Tools\n\nYou may call one or more functions");
  if (qwen !== -1 && /<tool_call>/.test(after)) return before.slice(0, qwen);
  return `${before.trimEnd()}${after === "" ? "" : `\n${after.trimStart()}`}`.trim();
}

/** A list, or one definition a line. */
function readToolTexts(text: string): readonly ToolDefinition[] | undefined {
  const whole = readValue(text.trim());
  const values = Array.isArray(whole)
    ? whole
    : whole !== undefined
      ? [whole]
      : text
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line) => readValue(line.trim()));
  if (values.length === 0) return undefined;
  const tools = values.map((value) => (isObject(value) ? readTool(isObject(value["function"]) ? value["function"] : value) : undefined));
  return tools.every((tool) => tool !== undefined) ? tools : undefined;
}

function readValue(text: string): JsonValue | undefined {
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.value;
  const literal = parsePythonLiteral(text);
  return literal.ok && literal.end === text.length ? literal.value : undefined;
}

const CALLS = /<tool_call>([\s\S]*?)<\/tool_call>/g;

/** Text with tags that do not pair up, or with something else than calls between them, is kept as it is. */
function readAssistant(value: string): AssistantTurn {
  const raw: AssistantTurn = { role: "assistant", calls: [], raw: value };
  const first = value.indexOf("<tool_call>");
  if (first === -1) {
    if (value.includes("</tool_call>")) return raw;
    const { thought, rest } = splitThinking(value);
    return { role: "assistant", ...(thought === undefined ? {} : { thought }), calls: [], answer: thought === undefined ? value : rest };
  }
  const rest = value.slice(first).replace(CALLS, "");
  if (/<\/?tool_call>/.test(value.slice(0, first) + rest)) return raw;
  const calls: ToolCall[] = [];
  for (const [, text] of value.slice(first).matchAll(CALLS)) {
    const read = readCallText(text!.trim());
    if (read === undefined) return raw;
    calls.push(...read);
  }
  const spoken = `${value.slice(0, first).trim()}${rest.trim() === "" ? "" : `\n${rest.trim()}`}`.trim();
  const { thought, rest: said } = splitThinking(`${spoken}\n`);
  const words = [thought, said.trim()].filter((part) => part !== undefined && part !== "").join("\n");
  return { role: "assistant", ...(words === "" ? {} : { thought: words }), calls };
}

function readCallText(text: string): readonly ToolCall[] | undefined {
  const calls = readJsonCalls(text);
  if (calls !== undefined) return calls;
  const literal = readValue(text);
  const entries = Array.isArray(literal) ? literal : [literal];
  const read = entries.map((entry): ToolCall | undefined => {
    if (!isObject(entry) || typeof entry["name"] !== "string" || !isObject(entry["arguments"])) return undefined;
    const argumentsText = JSON.stringify(entry["arguments"]);
    return { name: entry["name"], argumentsText, arguments: parseArguments(argumentsText) };
  });
  return read.every((call) => call !== undefined) ? read : undefined;
}

const RESPONSES = /<tool_response>([\s\S]*?)<\/tool_response>/g;

/** One turn for each response; text that is not made of responses stays one result. */
function readResults(value: string): readonly Turn[] {
  const texts = [...value.matchAll(RESPONSES)].map((match) => match[1]!.trim());
  const rest = value.replace(RESPONSES, "").trim();
  if (texts.length === 0 || rest !== "") return [{ role: "tool", content: value }];
  return texts.map((text): Turn => {
    const parsed = readValue(text);
    if (!isObject(parsed) || typeof parsed["name"] !== "string" || parsed["content"] === undefined || Object.keys(parsed).length > 2) {
      return { role: "tool", content: text };
    }
    const { name, content } = parsed;
    return { role: "tool", content: typeof content === "string" ? content : JSON.stringify(content), name };
  });
}

function writeRow({ turns, tools, targets, metadata }: TrajectoryContent): JsonObject {
  const conversations: JsonObject[] = [];
  const list = JSON.stringify(tools.map((tool) => ({ type: "function", function: toolToJson(tool) })));
  const introduction = tools.length === 0 ? "" : `${PROMPT_BEFORE}${list}${PROMPT_AFTER}`;
  const first = turns[0]?.role === "system" ? turns[0] : undefined;
  if (introduction !== "" || first !== undefined) {
    const value = first === undefined ? introduction : [first.content, introduction].filter((part) => part !== "").join("\n\n");
    conversations.push({ from: "system", value });
  }
  let results: string[] = [];
  const flush = (): void => {
    if (results.length > 0) conversations.push({ from: "tool", value: results.join("\n") });
    results = [];
  };
  turns.forEach((turn, i) => {
    if (turn === first) return;
    if (turn.role === "tool") return void results.push(writeResult(turn.content, turn.name));
    flush();
    const weight = weightToWrite(turn, i, targets);
    const item =
      turn.role === "assistant"
        ? { from: "gpt", value: writeAssistant(turn) }
        : { from: turn.role === "user" ? "human" : turn.role, value: turn.content };
    conversations.push({ ...item, ...(weight === undefined ? {} : { weight }) });
  });
  flush();
  const { fields } = metadata;
  return { conversations, ...(isObject(fields) ? fields : {}) };
}

function writeAssistant({ raw, thought, calls, answer }: AssistantTurn): string {
  if (raw !== undefined) return raw;
  if (calls.length === 0) return joinThinking(thought, answer ?? "");
  const texts = calls.map((call) => `<tool_call>\n${writeJsonCall(call)}\n</tool_call>`);
  return [...(thought === undefined ? [] : [thought]), ...texts].join("\n");
}

function writeResult(content: string, name: string | undefined): string {
  if (name === undefined) return `<tool_response>\n${content}\n</tool_response>`;
  const value = parseJson(content);
  const text = value.ok && typeof value.value === "object" ? content : JSON.stringify(content);
  return `<tool_response>\n{"name": ${JSON.stringify(name)}, "content": ${text}}\n</tool_response>`;
}
