/** @file Names of the offered tools behind "Action: " in the text of a turn. */
import type { ToolDefinition } from "#contracts/trajectory.ts";
import type { Completion } from "#core/trajectories/edit/index.ts";

const ACTION = "Action: ";

/** Null where no name is being typed. */
export function completeToolName(text: string, offset: number, tools: readonly ToolDefinition[]): Completion | null {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const from = lineStart + ACTION.length;
  if (!text.startsWith(ACTION, lineStart) || offset < from || tools.length === 0) return null;
  const lineEnd = text.indexOf("\n", offset);
  return {
    from,
    to: lineEnd < 0 ? text.length : lineEnd,
    options: tools.map(({ name, description }) => ({
      label: name,
      insert: name,
      kind: "value",
      detail: description.slice(0, 80),
      isRequired: false,
    })),
  };
}
