/**
 * @file The text form of a trajectory, versioned: what stands in front of the model, turn by turn.
 *
 *   </s> <|system|>text <|tools|>one line per tool <|user|>text <|assistant|>text</s> <|result|>text <|assistant|>text</s> ...
 *
 * Nothing is put between the parts: a role marker is one token that no text can spell (`tokenizer.ts`), so it needs no line breaks around
 * it, and turns stand exactly as recorded. Tools follow the first system turn, or the start where there is none. `</s>` closes every
 * assistant turn and is trained with it, so that the model learns to stop.
 *
 * A tool is one signature line, short because a small model's window is:
 *
 *   name(param: type, optional?: enumA|enumB) - description
 *     param: what the parameter means
 *
 * The indented lines are the first thing truncation removes.
 */
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { ROLE_MARKERS, type RoleMarker } from "./tokenizer.ts";

/** Part of every prepared example's identity: examples of different versions are not comparable. */
export const TEMPLATE_VERSION = "callsmith-1";

/** `</s>` as it is shown; the template uses its id. */
const END = "</s>";

export const MARKER_OF_ROLE = {
  system: "system",
  user: "user",
  assistant: "assistant",
  tool: "result",
} as const satisfies Record<Turn["role"], RoleMarker>;

export interface ToolText {
  /** With its line break. */
  readonly signature: string;
  /** The signature without the tool's description: the last thing truncation falls back to. */
  readonly bareSignature: string;
  /** Indented lines with their line breaks; empty where no parameter is described. */
  readonly parameterDescriptions: string;
}

export function renderTool(tool: ToolDefinition): ToolText {
  const description = onOneLine(tool.description);
  const bare = `${onOneLine(tool.name)}(${renderParameters(tool.parameters)})`;
  const signature = `${bare}${description === "" ? "" : ` - ${description}`}\n`;
  return { signature, bareSignature: `${bare}\n`, parameterDescriptions: describeParameters(tool.parameters, "", 0) };
}

/** Text of a turn behind its role marker. */
export function renderTurn(turn: Turn): string {
  return turn.role === "assistant" ? renderAssistantText(turn) : turn.content;
}

/** Where the tools stand: in front of this turn. */
export function toolsPosition(turns: readonly Turn[]): number {
  return turns[0]?.role === "system" ? 1 : 0;
}

/** The whole template as text, special tokens by their names: what a tokenized example reads as. */
export function renderTrajectory(content: TrajectoryContent): string {
  const toolsAt = toolsPosition(content.turns);
  const tools =
    content.tools.length === 0
      ? ""
      : ROLE_MARKERS.tools +
        content.tools
          .map(renderTool)
          .map((text) => text.signature + text.parameterDescriptions)
          .join("");
  const turns = content.turns.map(
    (turn) => ROLE_MARKERS[MARKER_OF_ROLE[turn.role]] + renderTurn(turn) + (turn.role === "assistant" ? END : ""),
  );
  return [END, ...turns.slice(0, toolsAt), tools, ...turns.slice(toolsAt)].join("");
}

/** A line break inside a name or a description would look like the next tool. */
function onOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Schemas nest; a signature shows this many levels and then only says `object`. */
export const MAX_SIGNATURE_DEPTH = 4;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function renderParameters(schema: JsonObject, depth = 0): string {
  const properties = schema["properties"];
  if (!isObject(properties)) return "";
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties)
    .map(([name, property]) => `${onOneLine(name)}${required.includes(name) ? "" : "?"}: ${renderType(property, depth)}`)
    .join(", ");
}

function renderType(schema: JsonValue, depth: number): string {
  if (!isObject(schema)) return "any";
  if (Array.isArray(schema["enum"])) return schema["enum"].map(renderValue).join("|");
  if ("const" in schema) return renderValue(schema["const"]!);
  for (const key of ["anyOf", "oneOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices) && depth < MAX_SIGNATURE_DEPTH) return choices.map((choice) => renderType(choice, depth + 1)).join("|");
  }
  const { type } = schema;
  if (Array.isArray(type)) return type.map(renderValue).join("|");
  if (type === "array")
    return depth < MAX_SIGNATURE_DEPTH && isObject(schema["items"]) ? `${renderType(schema["items"], depth + 1)}[]` : "array";
  if ((type === "object" || type === undefined) && isObject(schema["properties"]) && depth < MAX_SIGNATURE_DEPTH) {
    return `{${renderParameters(schema, depth + 1)}}`;
  }
  return typeof type === "string" ? onOneLine(type) : "any";
}

function renderValue(value: JsonValue): string {
  return onOneLine(typeof value === "string" ? value : JSON.stringify(value));
}

function describeParameters(schema: JsonValue, path: string, depth: number): string {
  if (!isObject(schema) || depth > MAX_SIGNATURE_DEPTH) return "";
  if (schema["type"] === "array") return describeParameters(schema["items"] ?? null, `${path}[]`, depth + 1);
  if (!isObject(schema["properties"])) return "";
  let lines = "";
  for (const [name, property] of Object.entries(schema["properties"])) {
    if (!isObject(property)) continue;
    const place = path === "" ? onOneLine(name) : `${path}.${onOneLine(name)}`;
    const facts = [];
    if (typeof property["description"] === "string" && property["description"].trim() !== "")
      facts.push(onOneLine(property["description"]));
    if (property["default"] !== undefined) facts.push(`(default ${renderValue(property["default"])})`);
    if (facts.length > 0) lines += `  ${place}: ${facts.join(" ")}\n`;
    lines += describeParameters(property, place, depth + 1);
  }
  return lines;
}
