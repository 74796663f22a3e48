/** @file xLAM's and APIGen's rows: `{query, answers, tools}`, the last two lists or their JSON as text; parameters are often in a short form. */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolCall, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, nameOf, oneByOne, refuseShape, type FormatReader } from "./format.ts";
import { readJsonCalls } from "./jsonCalls.ts";
import { numbersLost } from "./numbersLost.ts";
import { createToolsReader } from "./toolsField.ts";

export function createXlamReader(): FormatReader {
  const readTools = createToolsReader();
  return oneByOne((row, rowText) => {
    const recorded = readTools(row["tools"]);
    const tools = recorded.map(wholeSchema);
    const numShort = tools.filter((tool, i) => tool !== recorded[i]).length;
    const detail = `The parameters of ${numShort} tools are in xLAM's short form and became JSON Schema.`;
    const changes: readonly LedgerChange[] = numShort === 0 ? [] : [{ rule: "schema-completed", detail }];
    return { content: readXlamRow(row, tools), changes: [...changes, ...numbersLost(row, rowText)] };
  });
}

function readXlamRow(row: JsonObject, tools: readonly ToolDefinition[]): TrajectoryContent {
  const { query, answers, tools: _tools, ...fields } = row;
  if (typeof query !== "string") return refuseShape(`"query" is ${nameOf(query)}, not text`);
  const calls = typeof answers === "string" ? callsInText(answers) : callsIn(answers);
  return {
    tools,
    turns: [
      { role: "user", content: query },
      { role: "assistant", calls, ...(calls.length === 0 ? { answer: "" } : {}) },
    ],
    metadata: Object.keys(fields).length > 0 ? { fields } : {},
  };
}

function callsInText(text: string): readonly ToolCall[] {
  const parsed = parseJson(text);
  if (!parsed.ok) return refuseShape(`"answers" is text that is not JSON: ${parsed.message} (character ${parsed.offset})`);
  if (Array.isArray(parsed.value) && parsed.value.length === 0) return [];
  return readJsonCalls(text) ?? refuseShape('"answers" is not a list of calls with a name');
}

function callsIn(value: JsonValue | undefined): readonly ToolCall[] {
  if (!Array.isArray(value)) return refuseShape(`"answers" is ${nameOf(value)}, not a list`);
  return value.map((entry, i) => {
    if (!isObject(entry) || typeof entry["name"] !== "string") return refuseShape(`answers[${i}] is not a call with a name`);
    const recorded = entry["arguments"];
    const argumentsText = typeof recorded === "string" ? recorded : JSON.stringify(recorded ?? {});
    return { name: entry["name"], argumentsText, arguments: parseArguments(argumentsText) };
  });
}

/** `{city: {type: "str, optional", description, default}}` as a schema; a schema stays as it is. */
function wholeSchema(tool: ToolDefinition): ToolDefinition {
  const { parameters } = tool;
  const entries = Object.entries(parameters);
  const isSchema = entries.length === 0 || isObject(parameters["properties"]) || typeof parameters["type"] === "string";
  if (isSchema) return tool;
  const required: string[] = [];
  const properties = entries.map(([name, said]): [string, JsonValue] => {
    const type = isObject(said) ? said["type"] : undefined;
    if (!isObject(said) || typeof type !== "string") return [name, said];
    const isOptional = /,\s*optional/.test(type) || said["default"] !== undefined;
    if (!isOptional) required.push(name);
    return [name, { ...said, type: type.replace(/,\s*optional.*$/, "") }];
  });
  const schema: JsonObject = { type: "object", properties: Object.fromEntries(properties), ...(required.length > 0 ? { required } : {}) };
  return { ...tool, parameters: schema };
}
