/** @file Content as a page sends it, made what the store keeps: arguments read again from their text, targets in order and in place. */
import { AppError } from "#contracts/errors.ts";
import type { AssistantTurn, ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";

/** @throws E_OPERATION_INVALID where targets name turns that are no assistant's */
export function cleanContent({ tools, turns, targets, metadata }: TrajectoryContent): TrajectoryContent {
  const wrong = targets?.find((index) => turns[index]?.role !== "assistant");
  if (wrong !== undefined) throw new AppError("E_OPERATION_INVALID", { detail: `turn ${wrong + 1} is a target and no assistant turn` });
  const sorted = targets === undefined ? undefined : [...new Set(targets)].sort((a, b) => a - b);
  return { tools, turns: turns.map(cleanTurn), ...(sorted === undefined ? {} : { targets: sorted }), metadata };
}

const cleanTurn = (turn: Turn): Turn =>
  turn.role === "assistant" ? ({ ...turn, calls: turn.calls.map(cleanCall) } satisfies AssistantTurn) : turn;

const cleanCall = (call: ToolCall): ToolCall => ({ ...call, arguments: parseArguments(call.argumentsText) });
