/**
 * @file ToolAlpaca's functions, one text each: `What it does.\nParameters: {"city": "Required. string. The city."}\nOutput: ...`.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { jsonDumps } from "../jsonDumps.ts";
import { parseJson } from "../parseJson.ts";
import { isObject, nameOf, refuseShape } from "./format.ts";

const PARAMETERS = /^Parameters:[ \t]*/m;
const OUTPUT = /\nOutput:[ \t]*/;
/** `Required. Array[string]. What it is. One of: [a, b]` */
const PARAMETER = /^\s*(Required\.|Optional\.)?\s*([A-Za-z]+)(?:\[([A-Za-z]*)\])?\s*(?:\.\s*|$)/;
const TYPES: Readonly<Record<string, string>> = {
  string: "string",
  integer: "integer",
  int: "integer",
  number: "number",
  float: "number",
  boolean: "boolean",
  array: "array",
  object: "object",
};

/** `components` are schemas that the texts refer to, not a function. */
export function readToolalpacaTools(functions: JsonValue | undefined): readonly ToolDefinition[] {
  if (functions === undefined) return [];
  if (!isObject(functions)) return refuseShape(`"Function_Description" is ${nameOf(functions)}, not an object`);
  return Object.entries(functions).flatMap(([name, text]) =>
    name === "components" || typeof text !== "string" ? [] : [readFunction(name, text)],
  );
}

function readFunction(name: string, text: string): ToolDefinition {
  const found = PARAMETERS.exec(text);
  const before = found === null ? text : text.slice(0, found.index);
  const rest = found === null ? "" : text.slice(found.index + found[0].length);
  const output = OUTPUT.exec(rest);
  const parameters = (output === null ? rest : rest.slice(0, output.index)).trim();
  const response = output === null ? undefined : rest.slice(output.index + output[0].length);
  return {
    name,
    description: before.trim(),
    parameters: readParameters(parameters),
    ...(response === undefined ? {} : { extra: { response } }),
  };
}

function readParameters(text: string): JsonObject {
  const parsed = parseJson(text === "" ? "{}" : text);
  // a description that is no JSON restricts nothing, and stays readable
  if (!parsed.ok || !isObject(parsed.value)) return { type: "object", description: text };
  const required: string[] = [];
  const properties = Object.entries(parsed.value).map(([name, said]): [string, JsonValue] => {
    if (typeof said !== "string") return [name, { description: jsonDumps(said) }];
    const match = PARAMETER.exec(said);
    const type = match === null ? undefined : TYPES[match[2]!.toLowerCase()];
    if (match?.[1] === "Required.") required.push(name);
    if (type === undefined) return [name, { description: said }];
    const items = match![3] === undefined ? undefined : TYPES[match![3].toLowerCase()];
    const description = said.slice(match![0].length);
    const choices = /One of: \[([^\]]*)\]/.exec(description)?.[1];
    return [
      name,
      {
        type,
        ...(description === "" ? {} : { description }),
        ...(type === "string" && choices !== undefined
          ? { enum: choices.split(",").map((choice) => choice.trim().replace(/^["']|["']$/g, "")) }
          : {}),
        ...(items === undefined ? {} : { items: { type: items } }),
      },
    ];
  });
  return { type: "object", properties: Object.fromEntries(properties), ...(required.length > 0 ? { required } : {}) };
}

export function writeToolalpacaTools(tools: readonly ToolDefinition[]): JsonObject {
  return Object.fromEntries(tools.map((tool) => [tool.name, writeFunction(tool)]));
}

function writeFunction({ description, parameters, extra }: ToolDefinition): string {
  const { properties, required } = parameters;
  const said = Object.entries(isObject(properties) ? properties : {}).map(([name, schema]): [string, string] => {
    const { type, description: what = "", items } = isObject(schema) ? schema : {};
    const of = isObject(items) && typeof items["type"] === "string" ? `[${items["type"]}]` : "";
    const isRequired = Array.isArray(required) && required.includes(name);
    return [
      name,
      `${isRequired ? "Required. " : ""}${typeof type === "string" ? `${type}${of}.` : ""} ${typeof what === "string" ? what : ""}`.trim(),
    ];
  });
  const output = typeof extra?.["response"] === "string" ? `\nOutput: ${extra["response"]}` : "";
  return `${description}\nParameters: ${jsonDumps(Object.fromEntries(said))}${output}`;
}
