/**
 * @file glaive-function-calling-v2: `{system, chat}` as texts. The system text lists functions as JSON objects; the chat is spoken by `USER`,
 * `ASSISTANT` and `FUNCTION RESPONSE`, and calls stand behind `<functioncall>`, their arguments in single quotes.
 */
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { scanJsonParts } from "../jsonParts.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, nameOf, oneByOne, refuseShape, RowRefusal, type FormatReader } from "./format.ts";
import { readJsonCalls } from "./jsonCalls.ts";
import { numbersLost } from "./numbersLost.ts";
import { readTool } from "./toolllamaSystem.ts";

const SPEAKERS = /(?:^|\n)\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*/g;
const QUOTED_CALL = /^\{\s*"name"\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"arguments"\s*:\s*'([\s\S]*)'\s*\}$/;

export function createGlaiveReader(): FormatReader {
  return oneByOne((row, rowText) => ({ content: readGlaiveRow(row), changes: numbersLost(row, rowText) }));
}

function readGlaiveRow(row: JsonObject): TrajectoryContent {
  const { system = "", chat, ...fields } = row;
  if (typeof chat !== "string") return refuseShape(`"chat" is ${nameOf(chat)}, not text`);
  if (typeof system !== "string") return refuseShape(`"system" is ${nameOf(system)}, not text`);
  const { prompt, tools } = readSystem(system.replace(/^\s*SYSTEM:\s*/, ""));
  const turns: Turn[] = prompt === "" ? [] : [{ role: "system", content: prompt }];
  const marks = [...chat.matchAll(SPEAKERS)];
  if (marks.length === 0) return refuseShape('"chat" has no turn of USER or ASSISTANT');
  marks.forEach((mark, i) => {
    const text = chat.slice(mark.index + mark[0].length, marks[i + 1]?.index ?? chat.length).trim();
    if (mark[1] === "USER") turns.push({ role: "user", content: text });
    else if (mark[1] === "ASSISTANT") turns.push(readSpoken(text.replaceAll("<|endoftext|>", "").trim()));
    else turns.push({ role: "tool", content: text });
  });
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return { tools, turns, metadata: Object.keys(fields).length > 0 ? { fields } : {} };
}

/** Objects one after the other, behind the sentence that introduces them. */
function readSystem(text: string): { readonly prompt: string; readonly tools: readonly ToolDefinition[] } {
  const introduction = /\s*(?:You are a helpful assistant )?with access to the following functions\.?[^{]*/i.exec(text);
  if (introduction === null) return { prompt: text.trim(), tools: [] };
  const tools: ToolDefinition[] = [];
  let at = introduction.index + introduction[0].length;
  while (text[at] === "{") {
    const whole = scanJsonParts(text.slice(at))[0];
    const parsed = whole === undefined ? undefined : parseJson(text.slice(at, at + whole.range.end));
    const tool = parsed?.ok === true ? readTool(parsed.value) : undefined;
    if (tool === undefined) return refuseShape(`a function in "system" cannot be read (character ${at})`);
    tools.push(tool);
    at += whole!.range.end;
    while (at < text.length && /[\s,]/.test(text[at]!)) at++;
  }
  const prompt = text.slice(0, introduction.index).trim();
  const spoken = introduction[0].toLowerCase().includes("you are a helpful assistant")
    ? "You are a helpful assistant."
    : prompt === ""
      ? ""
      : `${prompt}.`;
  return { prompt: [spoken, text.slice(at).trim()].filter((part) => part !== "").join("\n"), tools };
}

function readSpoken(text: string): AssistantTurn {
  const at = text.indexOf("<functioncall>");
  if (at === -1) return { role: "assistant", calls: [], answer: text };
  const thought = text.slice(0, at).trim();
  const spoken = thought === "" ? {} : { thought };
  const call = text.slice(at + "<functioncall>".length).trim();
  const quoted = QUOTED_CALL.exec(call);
  if (quoted !== null) {
    const argumentsText = quoted[2]!.replaceAll("\\'", "'");
    return { role: "assistant", ...spoken, calls: [{ name: quoted[1]!, argumentsText, arguments: parseArguments(argumentsText) }] };
  }
  const calls = readJsonCalls(call);
  return calls === undefined ? { role: "assistant", calls: [], raw: text } : { role: "assistant", ...spoken, calls };
}

export const isGlaiveRow = (row: JsonObject): boolean =>
  typeof row["chat"] === "string" && /(^|\n)\s*(USER|ASSISTANT):/.test(row["chat"]) && !isObject(row["messages"]);
