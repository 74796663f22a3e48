/**
 * @file F10 for the order of calls over the turns of a conversation: the call is right, but not yet.
 *
 * Several calls of one turn are parallel, so their order does not count. Calls of successive turns do: a call that the reference makes in a
 * later turn, made in place of the one that is due, is no wrong tool (F04) and no wrong value (F09) but out of order.
 */
import type { AssistantText, CallFinding } from "#contracts/calls.ts";
import type { ToolCall, TrajectoryContent } from "#contracts/trajectory.ts";
import { isSameCall } from "#core/trajectories/compareCalls.ts";

/**
 * @param due the calls of the reference turn
 * @returns one finding for each predicted call that belongs to a later turn
 */
export function orderFindings(
  output: AssistantText,
  due: readonly ToolCall[],
  content: TrajectoryContent,
  turnIndex: number,
): CallFinding[] {
  if (due.length === 0) return [];
  const later = content.turns.slice(turnIndex + 1).flatMap((turn) => (turn.role === "assistant" ? turn.calls : []));
  return output.calls.flatMap((call, callIndex): CallFinding[] => {
    if (due.some((one) => isSameCall(one, call)) || !later.some((one) => isSameCall(one, call))) return [];
    const message = `"${call.name}" is called too early: first comes "${due[0]!.name}".`;
    const range = { start: call.nameRange.start, end: call.argumentsRange.end };
    return [{ code: "F10", message, fix: `Call "${due[0]!.name}" first.`, callIndex, range }];
  });
}
