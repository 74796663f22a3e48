/**
 * @file How a trajectory's content lies in the database: a JSON body without its shared parts, and a hash over all of it.
 *
 * Two contents that are equal have the same hash: fields are written in a fixed order and absent ones are left out. The order of keys
 * inside tool schemas and metadata is kept as recorded, and counts, because an exact export depends on it.
 */
import { hash } from "node:crypto";
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ParsedArguments, ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";

export interface EncodedBody {
  /** Text of the first system turn, stored as a part; null where there is none. */
  readonly systemText: string | null;
  /** The rest as JSON: turns (the first system turn without its text), targets, metadata. */
  readonly body: string;
}

interface Body {
  readonly turns: readonly Turn[];
  readonly targets?: readonly number[];
  readonly metadata: TrajectoryContent["metadata"];
}

/** Marks the place of the first system turn, whose text is a part of its own. */
const SHARED_SYSTEM = { role: "system" } as const;

export function encodeContent(content: TrajectoryContent): EncodedBody {
  const at = content.turns.findIndex((turn) => turn.role === "system");
  const first = content.turns[at];
  const turns = content.turns.map((turn, i) => (i === at ? SHARED_SYSTEM : orderedTurn(turn)));
  return {
    systemText: first?.role === "system" ? first.content : null,
    body: JSON.stringify({ turns, targets: content.targets, metadata: content.metadata }),
  };
}

export function decodeContent(body: string, systemText: string | null, tools: readonly ToolDefinition[]): TrajectoryContent {
  const { turns, targets, metadata } = JSON.parse(body) as Body;
  const shared = systemText === null ? -1 : turns.findIndex((turn) => turn.role === "system");
  const whole = turns.map((turn, i): Turn => (i === shared ? { role: "system", content: systemText! } : turn));
  return { tools, turns: whole, ...(targets === undefined ? {} : { targets }), metadata };
}

export function encodeTools(tools: readonly ToolDefinition[]): string {
  return JSON.stringify(
    tools.map(({ name, description, parameters, extra }) => ({ name, description, parameters, ...optional({ extra }) })),
  );
}

export function decodeTools(body: string): readonly ToolDefinition[] {
  return JSON.parse(body) as readonly ToolDefinition[];
}

export function hashPart(kind: "system" | "tools", body: string): string {
  return hash("sha256", `${kind}\n${body}`, "hex");
}

/** SHA-256 over the hashes of the shared parts and the body: equal for equal content, in every workspace. */
export function hashContent(systemHash: string | null, toolsHash: string, body: string): string {
  return hash("sha256", `${systemHash ?? "-"}\n${toolsHash}\n${body}`, "hex");
}

/** Words of every turn but the shared system text, one line a part: what a search looks through. */
export function searchTextOf(body: string): string {
  const { turns } = JSON.parse(body) as { turns: readonly (Turn | typeof SHARED_SYSTEM)[] };
  const lines: string[] = [];
  for (const turn of turns) {
    if (turn.role === "assistant") {
      if (turn.raw !== undefined) lines.push(turn.raw);
      else lines.push(turn.thought ?? "", ...turn.calls.flatMap((call) => [call.name, call.argumentsText]), turn.answer ?? "");
    } else if ("content" in turn) {
      lines.push(turn.content);
    }
  }
  return lines.join("\n");
}

function orderedTurn(turn: Turn): Turn {
  switch (turn.role) {
    case "system":
    case "user":
      return { role: turn.role, content: turn.content };
    case "tool":
      return { role: "tool", content: turn.content, ...optional({ name: turn.name, callId: turn.callId }) };
    case "assistant":
      return orderedAssistant(turn);
  }
}

function orderedAssistant(turn: AssistantTurn): AssistantTurn {
  const { thought, answer, raw, weight } = turn;
  return { role: "assistant", ...optional({ thought }), calls: turn.calls.map(orderedCall), ...optional({ answer, raw, weight }) };
}

function orderedCall(call: ToolCall): ToolCall {
  const { name, argumentsText, callId } = call;
  return { name, argumentsText, arguments: orderedArguments(call.arguments), ...optional({ callId }) };
}

function orderedArguments(parsed: ParsedArguments): ParsedArguments {
  return parsed.ok ? { ok: true, value: parsed.value satisfies JsonObject } : { ok: false, message: parsed.message, offset: parsed.offset };
}

/** The fields that are present: an absent field and one that is undefined must give the same bytes. */
function optional<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present: { [K in keyof T]?: NonNullable<T[K]> } = {};
  for (const key in fields) if (fields[key] !== undefined) present[key] = fields[key] as NonNullable<T[typeof key]>;
  return present;
}
