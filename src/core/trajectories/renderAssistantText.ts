/** @file The canonical text of an assistant turn: what the model is trained to write, and what `parseAssistantText` reads back. */
import type { AssistantTurn } from "#contracts/trajectory.ts";

/** Text that leaves the grammar is kept as it is; an empty thought is left out; arguments are never re-serialised. */
export function renderAssistantText(turn: AssistantTurn): string {
  if (turn.raw !== undefined) return turn.raw;
  const lines: string[] = [];
  if (turn.thought) lines.push(`Thought: ${turn.thought}`);
  for (const call of turn.calls) lines.push(`Action: ${call.name}\nAction Input: ${call.argumentsText}`);
  if (turn.answer !== undefined) lines.push(`Answer: ${turn.answer}`);
  return lines.join("\n");
}
