/** @file Conditions about tools as tables over contents. */
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { ContentColumns } from "./contentColumns.ts";
import type { CallColumns, ToolColumns } from "./toolColumns.ts";

type ToolCondition = NonNullable<TrajectoryFilter["tool"]>;

/** 1 for the contents that use a tool so. */
export function contentsByTool({ name, use }: ToolCondition, contents: ContentColumns, tools: () => ToolColumns): Uint8Array {
  if (use === "called" || use === "offered") return contentsHaving(name, contents, contents[use]);
  const columns = tools();
  const tool = columns.numberOf(name) ?? 0;
  if (use === "idle") {
    const allowed = contentsHaving(name, contents, contents.offered);
    return forCalls(columns.calls, tool, (at) => void (allowed[columns.calls.contents[at]!] = 0), allowed);
  }
  const allowed = new Uint8Array(contents.length);
  const holds = HOLDS[use];
  return forCalls(columns.calls, tool, (at) => void (holds(columns.calls, at) && (allowed[columns.calls.contents[at]!] = 1)), allowed);
}

/** 1 for the contents that offer a definition. */
export function contentsByDefinition(definition: number, contents: ContentColumns, { entries }: ToolColumns): Uint8Array {
  const lists = new Set<number>();
  for (let at = 0; at < entries.length; at++) if (entries.definitions[at] === definition) lists.add(entries.lists[at]!);
  const allowed = new Uint8Array(contents.length);
  for (let id = 1; id < contents.length; id++) if (lists.has(contents.toolLists[id]!)) allowed[id] = 1;
  return allowed;
}

const HOLDS: Readonly<Record<Exclude<ToolCondition["use"], "called" | "offered" | "idle">, (calls: CallColumns, at: number) => boolean>> = {
  unoffered: ({ offered }, at) => offered[at] === 0,
  faulty: ({ numFaulty }, at) => numFaulty[at]! > 0,
  failed: ({ numFailed }, at) => numFailed[at]! > 0,
};

function contentsHaving(name: string, { length, toolSets }: ContentColumns, sets: Int32Array): Uint8Array {
  const having = Uint8Array.from({ length: toolSets.length }, (_, i) => (toolSets[i]?.includes(name) === true ? 1 : 0));
  const allowed = new Uint8Array(length);
  for (let id = 1; id < length; id++) allowed[id] = having[sets[id]!]!;
  return allowed;
}

function forCalls({ length, tools }: CallColumns, tool: number, each: (at: number) => void, allowed: Uint8Array): Uint8Array {
  for (let at = 0; at < length; at++) if (tools[at] === tool) each(at);
  return allowed;
}
