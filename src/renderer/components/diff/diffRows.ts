/** @file The difference of two contents as rows to show side by side: what is equal is folded, what moved says where it went. */
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { diffContents, type PartChange, type TurnPart } from "#core/trajectories/diffContents.ts";

export type DiffRow =
  | { readonly kind: "same"; readonly count: number }
  | { readonly kind: "pair"; readonly title: string; readonly note: string; readonly before: string; readonly after: string };

const ROLES: Readonly<Record<Turn["role"], string>> = { system: "System", user: "User", assistant: "Assistant", tool: "Result" };
const PARTS: Readonly<Record<TurnPart, string>> = {
  content: "text",
  thought: "thought",
  answer: "answer",
  raw: "text as written",
  call: "call",
  name: "tool name",
  callId: "call id",
  target: "training",
  other: "other fields",
};

/** A whole turn as one text. */
export function textOfTurn(turn: Turn): string {
  if (turn.role !== "assistant") return turn.content;
  if (turn.raw !== undefined) return turn.raw;
  return [turn.thought, ...turn.calls.map(({ name, argumentsText }) => `${name}(${argumentsText})`), turn.answer]
    .filter(Boolean)
    .join("\n");
}
const textOfTool = (tool: ToolDefinition | undefined): string => (tool === undefined ? "" : JSON.stringify(tool, null, 2));

function titleOf(turn: Turn, index: number): string {
  return `Turn ${index + 1}, ${ROLES[turn.role].toLowerCase()}`;
}
function titleOfPart({ part, callIndex }: PartChange): string {
  return callIndex === undefined ? PARTS[part] : `${PARTS[part]} ${callIndex + 1}`;
}

export function diffRows(before: TrajectoryContent, after: TrajectoryContent): readonly DiffRow[] {
  const difference = diffContents(before, after);
  const rows: DiffRow[] = difference.tools.map((tool) => ({
    kind: "pair",
    title: `Tool ${tool.name}`,
    note: tool.kind === "changed" ? tool.fields.join(", ") : tool.kind,
    before: textOfTool(tool.before),
    after: textOfTool(tool.after),
  }));
  if (difference.isToolOrderChanged) {
    const names = (content: TrajectoryContent): string => content.tools.map(({ name }) => name).join("\n");
    rows.push({ kind: "pair", title: "Tools", note: "in another order", before: names(before), after: names(after) });
  }
  for (const change of difference.turns) {
    const last = rows.at(-1);
    switch (change.kind) {
      case "same":
        if (last?.kind === "same") rows[rows.length - 1] = { kind: "same", count: last.count + 1 };
        else rows.push({ kind: "same", count: 1 });
        break;
      case "changed":
        for (const part of change.parts)
          rows.push({
            kind: "pair",
            title: titleOf(after.turns[change.after]!, change.after),
            note: titleOfPart(part),
            before: part.before ?? "",
            after: part.after ?? "",
          });
        break;
      case "added": {
        const turn = after.turns[change.after]!;
        const note = change.movedFrom === undefined ? "added" : `moved here from place ${change.movedFrom + 1}`;
        rows.push({ kind: "pair", title: titleOf(turn, change.after), note, before: "", after: textOfTurn(turn) });
        break;
      }
      case "removed": {
        const turn = before.turns[change.before]!;
        const note = change.movedTo === undefined ? "removed" : `moved to place ${change.movedTo + 1}`;
        rows.push({ kind: "pair", title: titleOf(turn, change.before), note, before: textOfTurn(turn), after: "" });
      }
    }
  }
  for (const key of difference.metadata) {
    const text = (content: TrajectoryContent): string =>
      content.metadata[key] === undefined ? "" : JSON.stringify(content.metadata[key], null, 2);
    rows.push({ kind: "pair", title: `Metadata ${key}`, note: "", before: text(before), after: text(after) });
  }
  return rows;
}
