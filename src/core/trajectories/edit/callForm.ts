/**
 * @file A call as a form: one field for each argument that its tool's schema asks for or the call has.
 *
 * The schema is read through `normalizeSchema`, as the call checker reads it. What the schema does not know is a field too, and a value of
 * another type keeps its text: the form shows everything that the arguments say, and changes nothing by being shown.
 */
import type { CallFinding, TextRange, ValueGround } from "#contracts/calls.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolCall, ToolDefinition } from "#contracts/trajectory.ts";
import { escapePointer, keyRanges, valueRanges } from "../jsonParts.ts";
import { isJsonObject, normalizeSchema } from "../normalizeSchema.ts";
import { parseJson } from "../parseJson.ts";

/** `json`: a value that no other control can hold. */
export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "object" | "list" | "json";

export interface FormField {
  /** JSON pointer into the arguments. */
  readonly pointer: string;
  /** Key of the member, or place in the list counted from 1. */
  readonly name: string;
  readonly kind: FieldKind;
  readonly isRequired: boolean;
  /** False where the schema has no such parameter. */
  readonly isKnown: boolean;
  readonly isPresent: boolean;
  readonly isElement: boolean;
  readonly description: string;
  readonly choices: readonly JsonValue[];
  readonly defaultValue: JsonValue | undefined;
  /** As written in the arguments; text without its quotes, empty where absent. */
  readonly text: string;
  readonly value: JsonValue | undefined;
  /** The value is not of the kind that the schema asks for. */
  readonly isWrongKind: boolean;
  /** Members or elements, where the kind is object or list. */
  readonly fields: readonly FormField[];
  /** Members that the schema knows and the value does not have. */
  readonly addable: readonly FormField[];
  /** What a new element of a list starts as. */
  readonly newElement: JsonValue;
  readonly findings: readonly CallFinding[];
  readonly ground: ValueGround | undefined;
}

export type CallForm =
  | {
      readonly isUsable: true;
      readonly tool: ToolDefinition | undefined;
      readonly root: FormField;
      readonly nameFindings: readonly CallFinding[];
      /** About the call as a whole. */
      readonly otherFindings: readonly CallFinding[];
    }
  | { readonly isUsable: false; readonly reason: string; readonly offset: number; readonly nameFindings: readonly CallFinding[] };

interface FormNotes {
  readonly findings?: readonly CallFinding[];
  readonly grounds?: Readonly<Record<string, ValueGround>>;
}

/** Deeper values, and longer lists, are one JSON field. */
const MAX_DEPTH = 4;
const MAX_ELEMENTS = 24;

const NAME_CODES: ReadonlySet<string> = new Set(["F02", "F03", "F04"]);

export function callForm(call: ToolCall, tools: readonly ToolDefinition[], { findings = [], grounds = {} }: FormNotes = {}): CallForm {
  const nameFindings = findings.filter(({ code }) => NAME_CODES.has(code));
  if (!call.arguments.ok) return { isUsable: false, reason: call.arguments.message, offset: call.arguments.offset, nameFindings };
  const tool = tools.find(({ name }) => name === call.name);
  const normal = tool === undefined ? {} : normalizeSchema(tool.parameters);
  const ranges = valueRanges(call.argumentsText);
  const textAt = (pointer: string): string => {
    const range = ranges.get(pointer);
    return range === undefined ? "" : call.argumentsText.slice(range.start, range.end);
  };
  const about = findings.filter(({ code, pointer }) => pointer !== undefined && !NAME_CODES.has(code));
  const builder = new FieldBuilder(about, grounds, textAt);
  const isKnown = tool !== undefined;
  const root = builder.field({
    name: call.name,
    pointer: "",
    schema: normal,
    raw: tool?.parameters ?? {},
    value: call.arguments.value,
    isKnown,
    depth: 0,
  });
  const otherFindings = findings.filter((finding) => !NAME_CODES.has(finding.code) && finding.pointer === undefined);
  return { isUsable: true, tool, root, nameFindings, otherFindings };
}

interface FieldOrigin {
  readonly name: string;
  readonly pointer: string;
  readonly schema: JsonObject;
  /** The same part of the schema as imported: descriptions and defaults are only there. */
  readonly raw: JsonObject;
  readonly value: JsonValue | undefined;
  readonly isKnown: boolean;
  readonly isRequired?: boolean;
  readonly isElement?: boolean;
  readonly depth: number;
}

class FieldBuilder {
  readonly #findings: readonly CallFinding[];
  readonly #grounds: Readonly<Record<string, ValueGround>>;
  readonly #textAt: (pointer: string) => string;

  constructor(findings: readonly CallFinding[], grounds: Readonly<Record<string, ValueGround>>, textAt: (pointer: string) => string) {
    this.#findings = findings;
    this.#grounds = grounds;
    this.#textAt = textAt;
  }

  field(origin: FieldOrigin): FormField {
    const { name, pointer, schema, raw, value, isKnown, isRequired = false, isElement = false, depth } = origin;
    const wanted = kindOfSchema(schema);
    const kind = shownKind(wanted, value, depth);
    const members = kind === "object" ? this.#members(origin) : kind === "list" ? this.#elements(origin) : [];
    const description = raw["description"];
    return {
      pointer,
      name,
      kind,
      isRequired,
      isKnown,
      isPresent: value !== undefined,
      isElement,
      description: typeof description === "string" ? description : "",
      choices: choicesOf(schema),
      defaultValue: raw["default"],
      text: typeof value === "string" && kind !== "json" ? value : this.#textAt(pointer),
      value,
      isWrongKind: value !== undefined && !isOfSchema(value, schema),
      fields: members.filter((member) => member.isPresent || member.isRequired),
      addable: members.filter((member) => !member.isPresent && !member.isRequired),
      newElement: isJsonObject(schema["items"]) ? initialValue(schema["items"], raw["items"]) : "",
      findings: this.#findingsOf(pointer, members),
      ground: this.#grounds[pointer],
    };
  }

  /** Those about this value, and those about something in it that is no field of its own. */
  #findingsOf(pointer: string, members: readonly FormField[]): readonly CallFinding[] {
    return this.#findings.filter((finding) => {
      const at = finding.pointer!;
      if (at === pointer) return true;
      const isInside = at.startsWith(`${pointer}/`);
      return isInside && !members.some((member) => at === member.pointer || at.startsWith(`${member.pointer}/`));
    });
  }

  /** In the order of the schema; then what the schema does not know, in the order of the call. */
  #members({ pointer, schema, raw, value, isKnown, depth }: FieldOrigin): readonly FormField[] {
    const own = isJsonObject(value) ? value : {};
    const properties = objectIn(schema, "properties");
    const rawProperties = objectIn(raw, "properties");
    const required = Array.isArray(schema["required"]) ? schema["required"] : [];
    const others = schema["additionalProperties"];
    const unknown = Object.keys(own).filter((key) => !Object.hasOwn(properties, key));
    const missing = required.filter(
      (key): key is string => typeof key === "string" && !Object.hasOwn(properties, key) && !Object.hasOwn(own, key),
    );
    return [...Object.keys(properties), ...unknown, ...missing].map((key) => {
      const isOwn = Object.hasOwn(properties, key);
      return this.field({
        name: key,
        pointer: `${pointer}/${escapePointer(key)}`,
        schema: isOwn ? objectIn(properties, key) : isJsonObject(others) ? others : {},
        raw: isOwn ? objectIn(rawProperties, key) : {},
        value: Object.hasOwn(own, key) ? own[key] : undefined,
        isKnown: isOwn || (isKnown && others !== false),
        isRequired: required.includes(key),
        depth: depth + 1,
      });
    });
  }

  #elements({ pointer, schema, raw, value, depth }: FieldOrigin): readonly FormField[] {
    const elements = Array.isArray(value) ? value : [];
    return elements.map((element, i) =>
      this.field({
        name: String(i + 1),
        pointer: `${pointer}/${i}`,
        schema: objectIn(schema, "items"),
        raw: objectIn(raw, "items"),
        value: element,
        isKnown: true,
        isElement: true,
        depth: depth + 1,
      }),
    );
  }
}

const objectIn = (holder: JsonObject, key: string): JsonObject => {
  const value = Object.hasOwn(holder, key) ? holder[key] : undefined;
  return isJsonObject(value) ? value : {};
};

function choicesOf(schema: JsonObject): readonly JsonValue[] {
  if (Array.isArray(schema["enum"])) return schema["enum"];
  return schema["const"] === undefined ? [] : [schema["const"]];
}

const KINDS: Readonly<Record<string, FieldKind>> = {
  string: "text",
  number: "number",
  integer: "integer",
  boolean: "boolean",
  object: "object",
  array: "list",
};

/** Undefined where the schema leaves the kind open. */
function kindOfSchema(schema: JsonObject): FieldKind | undefined {
  if (choicesOf(schema).length > 0) return "choice";
  const types = [schema["type"]].flat().filter((type) => typeof type === "string" && type !== "null") as string[];
  if (types.length === 1) return KINDS[types[0]!];
  if (types.length === 0 && isJsonObject(schema["properties"])) return "object";
  return types.length === 0 && isJsonObject(schema["items"]) ? "list" : undefined;
}

function kindOfValue(value: JsonValue): FieldKind {
  if (value === null) return "json";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "object";
}

/** The control that can hold the value as it is; where there is none yet, the one that the schema asks for. */
function shownKind(wanted: FieldKind | undefined, value: JsonValue | undefined, depth: number): FieldKind {
  if (value === undefined) {
    if (wanted === undefined) return "text";
    return wanted === "object" || wanted === "list" ? (depth > MAX_DEPTH ? "json" : wanted) : wanted;
  }
  const own = kindOfValue(value);
  if (own === "list" && (depth > MAX_DEPTH || (value as JsonValue[]).length > MAX_ELEMENTS)) return "json";
  if (own === "object" && depth > MAX_DEPTH) return "json";
  // a text or number in the place of the other is typed over as what the schema asks for
  if (wanted === "choice" && own !== "list" && own !== "object") return "choice";
  if (own === "text" && (wanted === "number" || wanted === "integer")) return wanted;
  if (own === "number" && (wanted === "text" || wanted === "integer")) return wanted;
  return own;
}

function isOfSchema(value: JsonValue, schema: JsonObject): boolean {
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.some((choice) => JSON.stringify(choice) === JSON.stringify(value));
  const types = [schema["type"]].flat().filter((type) => typeof type === "string");
  if (types.length === 0) return true;
  return types.some((type) => {
    if (type === "null") return value === null;
    if (type === "integer") return typeof value === "number" && Number.isInteger(value);
    return value !== null && (type === "array" ? Array.isArray(value) : type === "object" ? isJsonObject(value) : typeof value === type);
  });
}

/** What a value starts as when somebody adds it: its default, its first choice, or the emptiest of its type. */
export function initialValue(schema: JsonObject, raw: JsonValue | undefined = undefined): JsonValue {
  const own = isJsonObject(raw) ? raw["default"] : undefined;
  if (own !== undefined) return own;
  const [choice] = choicesOf(schema);
  if (choice !== undefined) return choice;
  switch (kindOfSchema(schema)) {
    case "number":
    case "integer":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 0;
    case "boolean":
      return false;
    case "list":
      return [];
    case "object":
      return {};
    default:
      return "";
  }
}

/** The value that an addable field starts with. */
export function startOf(field: FormField): JsonValue {
  if (field.defaultValue !== undefined) return field.defaultValue;
  if (field.choices[0] !== undefined) return field.choices[0];
  return { number: 0, integer: 0, boolean: false, list: [], object: {}, json: null, text: "", choice: "" }[field.kind];
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export type TypedValue = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly message: string };

/** What somebody typed into a field. Text in a number's field stays text: the checker says what is wrong with it. */
export function readTyped(kind: FieldKind, typed: string): TypedValue {
  if (kind === "number" || kind === "integer") {
    const text = typed.trim();
    return { ok: true, value: NUMBER.test(text) ? Number(text) : typed };
  }
  if (kind === "json" || kind === "object" || kind === "list") {
    const parsed = parseJson(typed);
    if (parsed.ok) return parsed;
    return { ok: false, message: `No JSON from character ${parsed.offset + 1} on: ${parsed.message}` };
  }
  return { ok: true, value: typed };
}

/** Where in the arguments' text a finding is: at a key that is not known, else at the value, else at what should hold it. */
export function findingRange(argumentsText: string, finding: CallFinding): TextRange {
  const pointer = finding.pointer;
  const whole = { start: 0, end: argumentsText.length };
  if (pointer === undefined) return whole;
  if (finding.code === "F06") return keyRanges(argumentsText).get(pointer) ?? whole;
  const values = valueRanges(argumentsText);
  const own = values.get(pointer);
  if (own !== undefined) return own;
  const holder = values.get(pointer.slice(0, pointer.lastIndexOf("/")));
  return holder === undefined ? whole : { start: holder.start, end: holder.start + 1 };
}
