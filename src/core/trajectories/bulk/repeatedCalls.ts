/** @file Calls that were made before, with the same result: removed together with that result. */
import type { AssistantTurn, ToolTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { resultOf } from "../callResults.ts";
import { isSameCall } from "../compareCalls.ts";
import { spliceTurns } from "../edit/withTurns.ts";
import { partsOf, withEdits } from "./assistantText.ts";
import type { RemovedPlace } from "./bulkEdit.ts";

export interface RemovedCall {
  readonly content: TrajectoryContent;
  readonly removed: readonly RemovedPlace[];
}

/** Null where the results differ (asking again was right), or where it cannot be told which result is the call's. */
export function removeRepeatedCall(content: TrajectoryContent, turnIndex: number, callIndex: number): RemovedCall | null {
  const turn = content.turns[turnIndex];
  if (turn?.role !== "assistant") return null;
  const { calls, answer, unreadable } = partsOf(turn);
  const call = calls[callIndex];
  const result = resultIn(content, turnIndex, callIndex);
  if (call === undefined || unreadable !== undefined || result === "unknown") return null;
  const earlier = earlierCalls(content, turnIndex, callIndex).filter((other) => isSameCall(other.call, call));
  const isSameAnswered = earlier.some(({ turnIndex: t, callIndex: c }) => isSameResult(content, resultIn(content, t, c), result));
  if (!isSameAnswered) return null;
  const isAlone = calls.length === 1 && answer === undefined;
  const gone: RemovedPlace[] = [
    ...(result === null ? [] : [{ turn: result }]),
    isAlone ? { turn: turnIndex } : { turn: turnIndex, call: callIndex },
  ];
  const left = isAlone ? turn : withEdits(turn, { calls: calls.map((_, i) => (i === callIndex ? { isRemoved: true } : undefined)) });
  const turns = content.turns.map((each, i) => (i === turnIndex ? left : each));
  // the result stands behind the call: from the last to the first, so that places stay what they are
  const next = gone.reduce((before, place) => (place.call === undefined ? spliceTurns(before, place.turn, 1, []) : before), {
    ...content,
    turns,
  } as TrajectoryContent);
  return next.turns.some((each) => each.role === "assistant") ? { content: next, removed: gone } : null;
}

function earlierCalls(content: TrajectoryContent, turnIndex: number, callIndex: number) {
  return content.turns.slice(0, turnIndex + 1).flatMap((turn, t) => {
    if (turn.role !== "assistant") return [];
    return partsOf(turn)
      .calls.slice(0, t === turnIndex ? callIndex : undefined)
      .map((call, c) => ({ call, turnIndex: t, callIndex: c }));
  });
}

const resultIn = (content: TrajectoryContent, turnIndex: number, callIndex: number): number | null | "unknown" =>
  resultOf(content.turns, turnIndex, partsOf(content.turns[turnIndex] as AssistantTurn).calls, callIndex);

function isSameResult(content: TrajectoryContent, one: number | null | "unknown", other: number | null): boolean {
  if (one === null || other === null || one === "unknown") return one === other;
  return (content.turns[one] as ToolTurn).content.trim() === (content.turns[other] as ToolTurn).content.trim();
}
