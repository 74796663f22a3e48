/** @file What a list shows of a trajectory without opening it. */
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";

const MAX_TITLE_CHARACTERS = 200;
const NO_TITLE = "(no user turn)";

/** The first user turn on one line, without ToolBench's framing (a line break before, "Begin!" after). */
export function titleOf(content: TrajectoryContent): string {
  const first = content.turns.find((turn) => turn.role === "user");
  if (first === undefined) return NO_TITLE;
  // longer texts are cut first: a list must not pay for a pasted book
  const text = first.content.length > 20 * MAX_TITLE_CHARACTERS ? first.content.slice(0, 20 * MAX_TITLE_CHARACTERS) : first.content;
  const line = text
    .replace(/\nBegin!\n?$/, "")
    .trim()
    .replace(/\s+/g, " ");
  if (line.length <= MAX_TITLE_CHARACTERS) return line === "" ? "(empty user turn)" : line;
  const cut = line.slice(0, MAX_TITLE_CHARACTERS - 1);
  // never half a surrogate pair
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

const assistantTurns = (content: TrajectoryContent): readonly AssistantTurn[] => content.turns.filter((turn) => turn.role === "assistant");

export function numCallsOf(content: TrajectoryContent): number {
  return assistantTurns(content).reduce((sum, turn) => sum + turn.calls.length, 0);
}

/** Assistant turns whose text does not follow the call grammar, and calls whose arguments do not parse. */
export function numUnreadableOf(content: TrajectoryContent): number {
  return assistantTurns(content).reduce(
    (sum, turn) => sum + (turn.raw === undefined ? 0 : 1) + turn.calls.filter((call) => !call.arguments.ok).length,
    0,
  );
}

export function summaryOf(content: TrajectoryContent): {
  readonly title: string;
  readonly numTurns: number;
  readonly numCalls: number;
  readonly numTools: number;
  readonly numUnreadable: number;
} {
  return {
    title: titleOf(content),
    numTurns: content.turns.length,
    numCalls: numCallsOf(content),
    numTools: content.tools.length,
    numUnreadable: numUnreadableOf(content),
  };
}
