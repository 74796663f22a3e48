/** @file One byte form for equal contents, so that a hash can name them. */
import type { JsonValue } from "#contracts/json.ts";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";

const encoder = new TextEncoder();
/** Trajectories of a file share their tools; the text of each is made once. */
const toolTexts = new WeakMap<ToolDefinition, string>();

/**
 * Stable bytes of a content: equal contents give equal bytes, different ones different bytes.
 *
 * The order of keys counts inside tool definitions and arguments (the model reads it) and nowhere else. Lone surrogates are escaped,
 * so they stay apart from U+FFFD. Parsed arguments are left out: their text says it all.
 */
export function contentHashInput(content: TrajectoryContent): Uint8Array<ArrayBuffer> {
  const turns = content.turns.map(turnFields);
  const rest = JSON.stringify([turns, content.targets ?? null, sorted(content.metadata)]);
  return encoder.encode(`${toolsText(content.tools)}\n${rest}`);
}

/** The same for the tools alone: stores keep a list of tools once, whatever the number of trajectories that offer it. */
export function toolsHashInput(tools: readonly ToolDefinition[]): Uint8Array<ArrayBuffer> {
  return encoder.encode(toolsText(tools));
}

const toolsText = (tools: readonly ToolDefinition[]): string => `[${tools.map(toolText).join(",")}]`;

function toolText(tool: ToolDefinition): string {
  const known = toolTexts.get(tool);
  if (known !== undefined) return known;
  const text = JSON.stringify([tool.name, tool.description, tool.parameters, tool.extra ?? null]);
  toolTexts.set(tool, text);
  return text;
}

function turnFields(turn: Turn): JsonValue {
  switch (turn.role) {
    case "system":
    case "user":
      return [turn.role, turn.content];
    case "tool":
      return [turn.role, turn.content, turn.name ?? null, turn.callId ?? null];
    case "assistant":
      return [
        turn.role,
        turn.thought ?? null,
        turn.calls.map((call) => [call.name, call.argumentsText, call.callId ?? null]),
        turn.answer ?? null,
        turn.raw ?? null,
      ];
  }
}

/** The same value with the keys of every object in one order. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).sort();
  // fromEntries defines properties, so that a key named __proto__ stays a key
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key]!)]));
}
