/** @file Edits of the tools that a trajectory offers. */
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { refuseToolEdit } from "./refuseEdit.ts";

/** Names that are new must be there once; two of a name that came with the import are left alone. */
export function setTools(content: TrajectoryContent, tools: readonly ToolDefinition[]): TrajectoryContent {
  const before = new Map<string, number>();
  for (const { name } of content.tools) before.set(name, (before.get(name) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const { name } of tools) {
    if (name.trim() === "" || name.includes("\n")) refuseToolEdit(name, "the name of a tool is one line of text");
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count > 1 && count > (before.get(name) ?? 0)) refuseToolEdit(name, "there is a tool of this name already");
  }
  return { ...content, tools };
}

export interface ToolEdit {
  /** A new name also goes to the calls of the tool in this trajectory, and to the names of their results. */
  readonly renameCalls?: boolean;
}

export function editTool(
  content: TrajectoryContent,
  toolIndex: number,
  tool: ToolDefinition,
  { renameCalls = false }: ToolEdit = {},
): TrajectoryContent {
  const before = content.tools[toolIndex];
  if (before === undefined) return refuseToolEdit(tool.name, "it is not offered here");
  const edited = setTools(content, content.tools.with(toolIndex, tool));
  if (!renameCalls || before.name === tool.name) return edited;
  const turns = edited.turns.map((turn) => {
    if (turn.role === "tool") return turn.name === before.name ? { ...turn, name: tool.name } : turn;
    if (turn.role !== "assistant" || !turn.calls.some((call) => call.name === before.name)) return turn;
    return { ...turn, calls: turn.calls.map((call) => (call.name === before.name ? { ...call, name: tool.name } : call)) };
  });
  return { ...edited, turns };
}

export function addTool(content: TrajectoryContent, tool: ToolDefinition): TrajectoryContent {
  return setTools(content, [...content.tools, tool]);
}

export function removeTool(content: TrajectoryContent, toolIndex: number): TrajectoryContent {
  if (content.tools[toolIndex] === undefined) refuseToolEdit(String(toolIndex + 1), "it is not offered here");
  return { ...content, tools: content.tools.toSpliced(toolIndex, 1) };
}

export function numCallsOf(content: TrajectoryContent, toolName: string): number {
  return content.turns.reduce(
    (sum, turn) => sum + (turn.role === "assistant" ? turn.calls.filter((call) => call.name === toolName).length : 0),
    0,
  );
}
