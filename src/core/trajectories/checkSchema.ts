/**
 * @file What a tool's schema says of a call's arguments, through Ajv.
 *
 * Ajv compiles a schema into a function, which costs far more than running it, so compiled schemas are remembered by their text. Schemas
 * and arguments beyond the sizes below, and schemas that cannot be compiled, are not checked: they give no violation.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { escapePointer } from "./jsonParts.ts";
import { normalizeSchema, TYPES } from "./normalizeSchema.ts";
import { safePattern } from "./safePattern.ts";

export interface SchemaViolation {
  readonly kind: "missing" | "unknown" | "type";
  /** Of the missing or unknown member, or of the value that is wrong. */
  readonly pointer: string;
  /** Continues "city ...": "must be one of C, F". */
  readonly message: string;
}

const MAX_SCHEMA_LENGTH = 100_000;
const MAX_ARGUMENTS_LENGTH = 200_000;
const MAX_COMPILED = 2000;
const MAX_VIOLATIONS = 20;

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
  inlineRefs: false,
  unicodeRegExp: false,
  // Ajv tells patterns apart by their text
  code: { regExp: Object.assign((source: string) => ({ ...safePattern(source), toString: () => source }), { code: "safePattern" }) },
});
addFormats.default(ajv, { formats: ["date", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"] });
// tools that ask for a time mean "10:00" too, with or without seconds and zone
const TIME = "([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d+)?)?\\s?(Z|[+-]\\d{2}:?\\d{2})?";
ajv.addFormat("time", new RegExp(`^${TIME}$`, "i"));
ajv.addFormat("date-time", new RegExp(`^\\d{4}-(0\\d|1[0-2])-([0-2]\\d|3[01])[T ]${TIME}$`, "i"));

const compiled = new Map<string, ValidateFunction | null>();

/** @throws RangeError where the schema nests without end */
function compile(schema: JsonObject): ValidateFunction | null {
  const text = JSON.stringify(schema);
  if (text.length > MAX_SCHEMA_LENGTH) return null;
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const normal = normalizeSchema(schema);
  const validate = tryCompile(normal);
  ajv.removeSchema(normal);
  if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value!);
  compiled.set(text, validate);
  return validate;
}

function tryCompile(schema: JsonObject): ValidateFunction | null {
  try {
    return ajv.compile(schema);
  } catch {
    return null;
  }
}

/** @param argumentsLength length of the arguments' text, which bounds the work */
export function checkSchema(schema: JsonObject, args: JsonObject, argumentsLength: number): SchemaViolation[] {
  if (argumentsLength > MAX_ARGUMENTS_LENGTH) return [];
  const violations = new Map<string, SchemaViolation>();
  for (const error of errorsOf(schema, args)) {
    // what single alternatives object to says nothing: the alternative that was meant is unknown
    if (/\/(anyOf|oneOf)\/\d/.test(error.schemaPath)) continue;
    const violation = toViolation(error);
    const key = `${violation.kind} ${violation.pointer}`;
    if (violations.size < MAX_VIOLATIONS && !violations.has(key)) violations.set(key, violation);
  }
  return [...violations.values()];
}

function errorsOf(schema: JsonObject, args: JsonObject): readonly ErrorObject[] {
  try {
    const validate = compile(schema);
    return validate === null || validate(args) ? [] : (validate.errors ?? []);
  } catch {
    return [];
  }
}

function toViolation(error: ErrorObject): SchemaViolation {
  const params = error.params as Record<string, JsonValue>;
  const at = error.instancePath;
  switch (error.keyword) {
    case "required":
      return { kind: "missing", pointer: `${at}/${escapePointer(String(params["missingProperty"]))}`, message: "is required" };
    case "additionalProperties":
      return { kind: "unknown", pointer: `${at}/${escapePointer(String(params["additionalProperty"]))}`, message: "is not a parameter" };
    case "enum":
      return { kind: "type", pointer: at, message: `must be one of ${(params["allowedValues"] as JsonValue[]).map(shown).join(", ")}` };
    case "type":
      return {
        kind: "type",
        pointer: at,
        message: `must be ${[params["type"]]
          .flat()
          .map((type) => TYPE_WORDS[String(type)])
          .join(" or ")}`,
      };
    case "format":
      return { kind: "type", pointer: at, message: `must be a ${String(params["format"])}` };
    case "anyOf":
    case "oneOf":
      return { kind: "type", pointer: at, message: "matches none of its alternatives" };
    default:
      return { kind: "type", pointer: at, message: error.message ?? "does not follow its schema" };
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  null: "null",
};

const shown = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What is wrong with a schema itself. Type words of other languages are read (`normalizeSchema.ts`), and are no fault. */
export function schemaFaults(schema: JsonObject): readonly { readonly pointer: string; readonly message: string }[] {
  if (JSON.stringify(schema).length > MAX_SCHEMA_LENGTH) return [];
  try {
    if (ajv.validateSchema(withStandardTypes(schema) as JsonObject) === true) return [];
  } catch (error) {
    return [{ pointer: "", message: error instanceof Error ? error.message : String(error) }];
  }
  const faults = new Map((ajv.errors ?? []).map((error) => [error.instancePath, toViolation(error).message]));
  return [...faults].slice(0, MAX_VIOLATIONS).map(([pointer, message]) => ({ pointer, message }));
}

/** `required: true` on a property, and types by other names, made what JSON Schema calls them. */
function withStandardTypes(value: JsonValue, key = "", depth = 0): JsonValue {
  if (depth > 64) return value;
  if (Array.isArray(value)) return value.map((element) => withStandardTypes(element, key, depth + 1));
  if (key === "type" && typeof value === "string") return TYPES[value.toLowerCase()] ?? value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, member]) => !(name === "required" && typeof member === "boolean"));
  // below "properties" the keys are names of parameters, not keywords
  return Object.fromEntries(
    entries.map(([name, member]) => [name, withStandardTypes(member, key === "properties" ? "" : name, depth + 1)]),
  );
}
