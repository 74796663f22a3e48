/** @file What differs between two contents of a trajectory: turn by turn, part by part, tool by tool. For timelines and conflicts. */
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { alignTurns, turnKey } from "./alignTurns.ts";
import { isTarget } from "./edit/withTurns.ts";
import { sameJson } from "./sameJson.ts";

export type TurnPart = "content" | "thought" | "answer" | "raw" | "call" | "name" | "callId" | "target" | "other";

/** Texts of one part; undefined where the turn does not have it. */
export interface PartChange {
  readonly part: TurnPart;
  /** Of a call; counted in the turn that has it, on the side before where both have. */
  readonly callIndex?: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export type TurnChange =
  | { readonly kind: "same"; readonly before: number; readonly after: number }
  | { readonly kind: "changed"; readonly before: number; readonly after: number; readonly parts: readonly PartChange[] }
  /** `movedFrom`: the same turn stood there before. */
  | { readonly kind: "added"; readonly after: number; readonly movedFrom?: number }
  | { readonly kind: "removed"; readonly before: number; readonly movedTo?: number };

export interface ToolChange {
  readonly kind: "added" | "removed" | "changed";
  readonly name: string;
  readonly before?: ToolDefinition;
  readonly after?: ToolDefinition;
  /** Which fields changed. */
  readonly fields: readonly ("description" | "parameters" | "extra")[];
}

export interface ContentDifference {
  /** In the order of both sides. */
  readonly turns: readonly TurnChange[];
  readonly tools: readonly ToolChange[];
  /** The same tools stand in another order. */
  readonly isToolOrderChanged: boolean;
  /** Keys of the metadata whose values differ. */
  readonly metadata: readonly string[];
  readonly isEqual: boolean;
}

export function diffContents(before: TrajectoryContent, after: TrajectoryContent): ContentDifference {
  const turns = diffTurns(before, after);
  const tools = diffTools(before.tools, after.tools);
  const isToolOrderChanged =
    tools.every(({ kind }) => kind === "changed") && before.tools.some((tool, i) => tool.name !== after.tools[i]?.name);
  const keys = new Set([...Object.keys(before.metadata), ...Object.keys(after.metadata)]);
  const metadata = [...keys].filter((key) => !sameJson(before.metadata[key], after.metadata[key]));
  const isEqual = turns.every(({ kind }) => kind === "same") && tools.length === 0 && metadata.length === 0 && !isToolOrderChanged;
  return { turns, tools, isToolOrderChanged, metadata, isEqual };
}

function diffTurns(before: TrajectoryContent, after: TrajectoryContent): readonly TurnChange[] {
  const changes = alignTurns(before.turns, after.turns).map((pair): TurnChange => {
    if (pair.after < 0) return { kind: "removed", before: pair.before };
    if (pair.before < 0) return { kind: "added", after: pair.after };
    const parts = pair.isEqual ? [] : diffParts(before.turns[pair.before]!, after.turns[pair.after]!);
    const wasTrained = isTarget(before, pair.before);
    const isTrained = isTarget(after, pair.after);
    if (wasTrained !== isTrained) parts.push({ part: "target", before: trained(wasTrained), after: trained(isTrained) });
    const place = { before: pair.before, after: pair.after };
    return parts.length === 0 ? { kind: "same", ...place } : { kind: "changed", ...place, parts };
  });
  return markMoved(changes, before.turns, after.turns);
}

const trained = (isTrained: boolean): string => (isTrained ? "trained on" : "not trained on");

/** A turn that goes in one place and comes in another was moved. */
function markMoved(changes: readonly TurnChange[], before: readonly Turn[], after: readonly Turn[]): readonly TurnChange[] {
  const removed = new Map<string, number[]>();
  for (const change of changes) {
    if (change.kind !== "removed") continue;
    const key = turnKey(before[change.before]!);
    removed.set(key, [...(removed.get(key) ?? []), change.before]);
  }
  if (removed.size === 0) return changes;
  const movedTo = new Map<number, number>();
  const marked = changes.map((change): TurnChange => {
    if (change.kind !== "added") return change;
    const from = removed.get(turnKey(after[change.after]!))?.shift();
    if (from === undefined) return change;
    movedTo.set(from, change.after);
    return { ...change, movedFrom: from };
  });
  return marked.map((change) => {
    const to = change.kind === "removed" ? movedTo.get(change.before) : undefined;
    return to === undefined ? change : { ...change, movedTo: to };
  });
}

/** Parts of two turns of one role that differ. */
export function diffParts(before: Turn, after: Turn): PartChange[] {
  const changes: PartChange[] = [];
  const compare = (part: TurnPart, a: string | undefined, b: string | undefined): void => {
    if (a !== b) changes.push({ part, before: a, after: b });
  };
  if (before.role === "assistant" && after.role === "assistant") {
    for (const part of ["raw", "thought"] as const) compare(part, before[part], after[part]);
    changes.push(...diffCalls(before.calls, after.calls));
    compare("answer", before.answer, after.answer);
    compare("other", rest(before), rest(after));
  } else if (before.role !== "assistant" && after.role !== "assistant") {
    compare("content", before.content, after.content);
    if (before.role === "tool" && after.role === "tool")
      for (const part of ["name", "callId"] as const) compare(part, before[part], after[part]);
  }
  return changes;
}

/** Fields of a turn that are no part of its text. */
function rest({
  role: _role,
  thought: _t,
  calls: _c,
  answer: _a,
  raw: _r,
  ...others
}: Extract<Turn, { role: "assistant" }>): string | undefined {
  return Object.keys(others).length === 0 ? undefined : JSON.stringify(others);
}

type Calls = Extract<Turn, { role: "assistant" }>["calls"];
const textOfCall = (call: Calls[number]): string =>
  `${call.name}\n${call.argumentsText}${call.callId === undefined ? "" : `\nid ${call.callId}`}`;

/** Equal calls at both ends are set aside; those between are compared in order. */
function diffCalls(before: Calls, after: Calls): PartChange[] {
  const a = before.map(textOfCall);
  const b = after.map(textOfCall);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const changes: PartChange[] = [];
  const numBefore = a.length - end;
  const numAfter = b.length - end;
  for (let i = start; i < Math.max(numBefore, numAfter); i++) {
    const was = i < numBefore ? a[i] : undefined;
    const is = i < numAfter ? b[i] : undefined;
    if (was !== is) changes.push({ part: "call", callIndex: i, before: was, after: is });
  }
  return changes;
}

/** Tools by name; the second of a name is another tool than the first. */
export function toolsByName(tools: readonly ToolDefinition[]): ReadonlyMap<string, ToolDefinition> {
  const named = new Map<string, ToolDefinition>();
  for (const tool of tools) {
    let key = tool.name;
    for (let n = 2; named.has(key); n++) key = `${tool.name} (${n})`;
    named.set(key, tool);
  }
  return named;
}

function diffTools(before: readonly ToolDefinition[], after: readonly ToolDefinition[]): ToolChange[] {
  if (before === after) return [];
  const a = toolsByName(before);
  const b = toolsByName(after);
  const changes: ToolChange[] = [];
  for (const [name, tool] of a) {
    const now = b.get(name);
    if (now === undefined) changes.push({ kind: "removed", name, before: tool, fields: [] });
    else {
      const fields = (["description", "parameters", "extra"] as const).filter((field) => !sameJson(tool[field], now[field]));
      if (fields.length > 0) changes.push({ kind: "changed", name, before: tool, after: now, fields });
    }
  }
  for (const [name, tool] of b) if (!a.has(name)) changes.push({ kind: "added", name, after: tool, fields: [] });
  return changes;
}
