/** @file Tools as API-Bank describes them: `{name, description, input_parameters, output_parameters}`, or `apiCode`, `parameters`, `response`. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { parsePythonLiteral } from "../pythonLiteral.ts";
import { pythonRepr, type PythonValue } from "../pythonRepr.ts";
import { isObject } from "./format.ts";

/** The parameters keep API-Bank's words (`str`, `int`): whoever checks calls knows them. None of them is marked as required there. */
export function apiBankTool(value: JsonValue | undefined): ToolDefinition | undefined {
  if (!isObject(value)) return undefined;
  const {
    apiCode,
    name = apiCode,
    description = "",
    parameters,
    input_parameters: inputs = parameters,
    response,
    output_parameters: outputs = response,
    ...rest
  } = value;
  if (typeof name !== "string" || typeof description !== "string") return undefined;
  const extra = { ...rest, ...(outputs === undefined ? {} : { response: outputs }) };
  return {
    name,
    description,
    parameters: { type: "object", properties: isObject(inputs) ? inputs : {} },
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

/** As in the rows: one JSON object a line. */
export function apiBankToolToJson({ name, description, parameters, extra }: ToolDefinition): JsonObject {
  const { properties = {} } = parameters;
  return { apiCode: name, description, parameters: properties, ...extra };
}

const ASSIGNMENT = /^([a-z_]+)[ \t]*=[ \t]*/gm;
const RESPONSE = "output_parameters";

/**
 * `api_info` of `all_apis.csv`: assignments in Python.
 *
 * @param signature `(image: str)`, for the APIs of which nothing else is said
 */
export function readApiInfo(name: string, text: string, signature = ""): ToolDefinition | undefined {
  const fields: Record<string, JsonValue> = {};
  ASSIGNMENT.lastIndex = 0;
  for (let match = ASSIGNMENT.exec(text); match !== null; match = ASSIGNMENT.exec(text)) {
    const literal = parsePythonLiteral(text, match.index + match[0].length);
    if (!literal.ok) continue;
    fields[match[1]!] ??= literal.value;
    // what follows is outside of the value
    ASSIGNMENT.lastIndex = literal.end;
  }
  fields["input_parameters"] ??= Object.fromEntries(
    [...signature.matchAll(/([\w]+)\s*:\s*([\w[\], ]+?)\s*(?=[,)](?:\s*\w+\s*:|$))/g)].map(([, key, type]) => [key!, { type: type! }]),
  );
  const description = typeof fields["description"] === "string" ? fields["description"] : "";
  return apiBankTool({ ...fields, name, description });
}

export function writeApiInfo({ description, parameters, extra = {} }: ToolDefinition): string {
  const { response, ...others } = extra;
  const parts: [string, JsonValue | undefined][] = [
    ["description", description],
    ["input_parameters", parameters["properties"] ?? {}],
    [RESPONSE, response],
    ...Object.entries(others).filter(([key]) => /^[a-z_]+$/.test(key)),
  ];
  return parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${pythonRepr(value as PythonValue)}`])).join("\n");
}
