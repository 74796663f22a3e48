/** @file The same question with its tools told otherwise: what changes the output then was the prompt's doing. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolDefinition, Turn } from "#contracts/trajectory.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { shuffledIndices } from "#core/trajectories/seededRandom.ts";

/** What of a case the tools are part of. */
export interface ToolQuestion {
  readonly prompt: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  /** In the call grammar; null where nobody said what is right. */
  readonly expected: string | null;
}

export interface ToolVariation {
  readonly label: string;
  readonly question: ToolQuestion;
  /** The right tool has another name: what was written before is another text now. */
  readonly isRenamed: boolean;
}

/**
 * @param rightTool  the tool that is to be called; null where none is
 * @param distractor a tool that is not offered and looks like it; null where there is none
 */
export function toolVariations(
  question: ToolQuestion,
  { rightTool, distractor, seed }: { readonly rightTool: string | null; readonly distractor: ToolDefinition | null; readonly seed: number },
): readonly ToolVariation[] {
  const { tools } = question;
  const right = tools.find(({ name }) => name === rightTool);
  const variations: ToolVariation[] = [];
  const add = (label: string, changed: readonly ToolDefinition[]): void =>
    void variations.push({ label, question: { ...question, tools: changed }, isRenamed: false });
  if (tools.length > 1) add("tools in another order", otherOrder(tools, seed));
  if (right !== undefined) {
    const name = otherName(right.name, tools);
    variations.push({ label: `${right.name} renamed to ${name}`, question: renamed(question, right.name, name), isRenamed: true });
  }
  if (tools.length > 0) add("descriptions shortened", tools.map(shortened));
  if (right !== undefined && tools.length > 1) add("only the right tool", [right]);
  if (distractor !== null) add(`${distractor.name} offered too`, [...tools, distractor]);
  return variations;
}

/** Shuffled; the other way round where the draw came out as it was. */
function otherOrder<T>(all: readonly T[], seed: number): readonly T[] {
  const order = [...shuffledIndices(all.length, seed)];
  const isSame = order.every((index, place) => index === place);
  return (isSame ? order.reverse() : order).map((index) => all[index]!);
}

/** The words of the name in another order: what it says stays, its letters do not. */
function otherName(name: string, tools: readonly ToolDefinition[]): string {
  const [first, ...rest] = name.split("_");
  let other = rest.length === 0 ? `run_${name}` : [...rest, first].join("_");
  while (tools.some((tool) => tool.name === other)) other = `${other}_2`;
  return other;
}

function renamed({ prompt, tools, expected }: ToolQuestion, from: string, to: string): ToolQuestion {
  const named = <Call extends { readonly name: string }>(call: Call): Call => (call.name === from ? { ...call, name: to } : call);
  return {
    tools: tools.map((tool) => named(tool)),
    prompt: prompt.map((turn) => (turn.role === "assistant" ? { ...turn, calls: turn.calls.map(named) } : turn)),
    expected: expected === null ? null : renderAssistantText(withCalls(expected, named)),
  };
}

function withCalls(text: string, change: <Call extends { readonly name: string }>(call: Call) => Call) {
  const turn = readAssistantText(text);
  return { ...turn, calls: turn.calls.map(change) };
}

/** The first sentence of the tool's, and nothing of its parameters. */
function shortened(tool: ToolDefinition): ToolDefinition {
  const [first = ""] = tool.description.split(/(?<=[.!?])\s/);
  return { ...tool, description: first, parameters: withoutDescriptions(tool.parameters) as JsonObject };
}

/** A parameter may itself be called `description`: under `properties` every key stays. */
function withoutDescriptions(value: JsonValue, areNames = false): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => withoutDescriptions(one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([key]) => areNames || key !== "description")
      .map(([key, inner]) => [key, withoutDescriptions(inner, !areNames && key === "properties")]),
  );
}
