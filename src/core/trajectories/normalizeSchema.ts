/**
 * @file Tool schemas as data sets write them, made into JSON Schema that says the same and surely compiles.
 *
 * Data sets name types in Python's words (`dict`, `float`), put `required: true` on a property, or carry keywords of other drafts. Only
 * keywords that are understood and well-formed are taken over; everything else restricts nothing. The imported schema stays as it is.
 *
 * An object that lists its properties and does not speak of others allows no others: that is what a tool's signature means, although
 * JSON Schema alone would allow them. `additionalProperties: true`, or a schema there, allows them.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";

/** Types as data sets name them, by what JSON Schema calls them. */
export const TYPES: Readonly<Record<string, string>> = {
  string: "string",
  str: "string",
  text: "string",
  integer: "integer",
  int: "integer",
  long: "integer",
  number: "number",
  float: "number",
  double: "number",
  boolean: "boolean",
  bool: "boolean",
  array: "array",
  list: "array",
  tuple: "array",
  object: "object",
  dict: "object",
  hashmap: "object",
  null: "null",
};

const NUMBER_KEYWORDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const COUNT_KEYWORDS = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];
const LIST_KEYWORDS = ["anyOf", "oneOf", "allOf"];

/** Deeper levels restrict nothing. */
const MAX_DEPTH = 32;

export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function normalizeSchema(schema: JsonValue, depth = 0): JsonObject {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return {};
  const normal: JsonObject = {};
  const types = [schema["type"]].flat().flatMap((type) => (typeof type === "string" ? [TYPES[type.toLowerCase()]] : [undefined]));
  // one unknown word among several types would make the list narrower than it was meant
  if (types.length > 0 && types.every((type) => type !== undefined))
    normal["type"] = types.length === 1 ? types[0]! : [...new Set(types as string[])];
  if (schema["nullable"] === true && typeof normal["type"] === "string") normal["type"] = [...new Set([normal["type"], "null"])];
  if (Array.isArray(schema["enum"]) && schema["enum"].length > 0) normal["enum"] = schema["enum"];
  if (schema["const"] !== undefined) normal["const"] = schema["const"];
  for (const key of NUMBER_KEYWORDS) {
    const value = schema[key];
    if (typeof value === "number" && (key !== "multipleOf" || value > 0)) normal[key] = value;
  }
  for (const key of COUNT_KEYWORDS) {
    const value = schema[key];
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) normal[key] = value;
  }
  for (const key of ["pattern", "format"]) if (typeof schema[key] === "string") normal[key] = schema[key];
  for (const key of LIST_KEYWORDS) {
    const choices = schema[key];
    if (Array.isArray(choices) && choices.length > 0) normal[key] = choices.map((choice) => normalizeSchema(choice, depth + 1));
  }
  if (isJsonObject(schema["items"])) normal["items"] = normalizeSchema(schema["items"], depth + 1);
  if (schema["uniqueItems"] === true) normal["uniqueItems"] = true;
  normalizeObject(schema, normal, depth);
  return normal;
}

function normalizeObject(schema: JsonObject, normal: JsonObject, depth: number): void {
  const { properties, additionalProperties } = schema;
  if (isJsonObject(properties)) {
    normal["properties"] = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, normalizeSchema(value, depth + 1)]));
  }
  if (Array.isArray(schema["required"])) {
    const required = [...new Set(schema["required"].filter((key) => typeof key === "string"))];
    if (required.length > 0) normal["required"] = required;
  }
  if (isJsonObject(additionalProperties)) normal["additionalProperties"] = normalizeSchema(additionalProperties, depth + 1);
  else if (additionalProperties === false) normal["additionalProperties"] = false;
  const isOpen = additionalProperties === true || ["patternProperties", "$ref", ...LIST_KEYWORDS].some((key) => key in schema);
  const listsAll = isJsonObject(properties) && (depth === 0 || Object.keys(properties).length > 0);
  if (additionalProperties === undefined && listsAll && !isOpen) normal["additionalProperties"] = false;
}
