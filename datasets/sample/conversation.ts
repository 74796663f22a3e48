/** @file Turns and conversations: what is offered, said, called, returned and answered. */
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, Turn } from "#contracts/trajectory.ts";
import { TOOLS } from "./domains/index.ts";
import { drawFree, drawValue, isOpenPool, type ValueSource } from "./pools.ts";
import type { Random } from "./random.ts";
import { toToolDefinition, type ParameterSpec, type ToolSpec, type ValueKind } from "./specification.ts";

/** The system text also decides whether a call is preceded by a thought. */
export const SYSTEM_TEXTS: readonly { readonly text: string; readonly thinks: boolean }[] = [
  { text: "Use the tools to help the user.", thinks: false },
  { text: "You help with everyday tasks and call tools.", thinks: false },
  { text: "You are an assistant with tools. Ask when something is missing.", thinks: false },
  { text: "Use the tools to help the user. Say a thought before each call.", thinks: true },
  { text: "You help with everyday tasks and call tools. Think first.", thinks: true },
];

export const REFUSALS = ["I have no tool for that.", "None of my tools can do that."] as const;
export const ERRORS = ["timeout", "unavailable", "not found", "no access"] as const;

export const failureAnswer = (error: string): string => `That did not work: ${error}. Please try again later.`;

export function drawOf(kind: ValueKind, source: ValueSource, random: Random): string | number {
  switch (kind.kind) {
    case "pool":
      return drawValue(kind.pool, source, random);
    case "choice":
      return random.pick(kind.choices);
    case "free":
      return drawFree(kind.free, random);
  }
}

/** Values for these parameters; two of one pool never agree (no train from Oslo to Oslo). */
export function drawArguments(tool: ToolSpec, names: readonly string[], source: ValueSource, random: Random): JsonObject {
  const values: Record<string, string | number> = {};
  for (const [name, parameter] of Object.entries(tool.parameters)) {
    if (!names.includes(name)) continue;
    let value = drawOf(parameter, source, random);
    while (Object.values(values).includes(value)) value = drawOf(parameter, source, random);
    values[name] = value;
  }
  return values;
}

export function drawResult(tool: ToolSpec, values: JsonObject, source: ValueSource, random: Random): JsonObject {
  return Object.fromEntries(
    Object.entries(tool.result).map(([field, kind]) => [
      field,
      kind.kind === "same" ? values[kind.parameter]! : drawOf(kind, source, random),
    ]),
  );
}

/** An answer all of whose values are known: those that name an optional argument nobody gave are passed over. */
export function drawAnswer(tool: ToolSpec, values: JsonObject, result: JsonObject, random: Random): string {
  const known = tool.answers.filter((answer) => [...answer.matchAll(/\{([a-z_]+)\}/g)].every((match) => match[1]! in values));
  return random
    .pick(known)
    .replace(/\{result\.([a-z_]+)\}/g, (_, field: string) => String(result[field]))
    .replace(/\{([a-z_]+)\}/g, (_, slot: string) => String(values[slot]));
}

export const requiredOf = (tool: ToolSpec): string[] =>
  Object.entries(tool.parameters)
    .filter(([, parameter]) => parameter.required)
    .map(([name]) => name);

export const hasOpenPool = (parameters: Readonly<Record<string, ParameterSpec>>): boolean =>
  Object.values(parameters).some((parameter) => parameter.kind === "pool" && isOpenPool(parameter.pool));

export const usesFreeText = (tool: ToolSpec): boolean => Object.values(tool.parameters).some(({ kind }) => kind === "free");

/** As many tools as the sample set offers: three to six. */
export const drawNumOffered = (random: Random): number => 3 + random.below(4);

/** That many tools in random order, these among them and those not. */
export function offerTools(
  needed: readonly ToolSpec[],
  { numOffered, excluded = [] }: { readonly numOffered: number; readonly excluded?: readonly ToolSpec[] },
  random: Random,
): ToolDefinition[] {
  const others = random.shuffle(TOOLS.filter((tool) => !needed.includes(tool) && !excluded.includes(tool)));
  return random.shuffle([...needed, ...others.slice(0, Math.max(0, numOffered - needed.length))]).map(toToolDefinition);
}

/** Arguments in the order of the tool's parameters, as compact JSON. */
export function orderArguments(tool: ToolSpec, values: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(tool.parameters).flatMap((name) => (name in values ? [[name, values[name]!]] : [])));
}

export function callTurn(tool: ToolSpec, values: JsonObject, options: { thinks: boolean; callId: string }): AssistantTurn {
  const value = orderArguments(tool, values);
  return {
    role: "assistant",
    ...(options.thinks ? { thought: tool.thought } : {}),
    calls: [{ name: tool.name, argumentsText: JSON.stringify(value), arguments: { ok: true, value }, callId: options.callId }],
  };
}

export const answerTurn = (answer: string): AssistantTurn => ({ role: "assistant", calls: [], answer });

export const resultTurn = (tool: ToolSpec, result: JsonObject, callId: string): Turn => ({
  role: "tool",
  name: tool.name,
  callId,
  content: JSON.stringify(result),
});
