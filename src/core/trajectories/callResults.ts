/** @file Which result belongs to which call, and whether it says that the call failed. */
import type { ToolTurn, Turn } from "#contracts/trajectory.ts";

/**
 * Index of the turn with a call's result; null: no call of the turn has one; "unknown": it cannot be told which one is the call's.
 *
 * @param calls of the turn, as far as they tie results to calls
 */
export function resultOf(
  turns: readonly Turn[],
  turnIndex: number,
  calls: readonly { readonly callId?: string | undefined }[],
  callIndex: number,
): number | null | "unknown" {
  const results: { readonly turn: ToolTurn; readonly index: number }[] = [];
  for (let i = turnIndex + 1; ; i++) {
    const turn = turns[i];
    if (turn?.role !== "tool") break;
    results.push({ turn, index: i });
  }
  if (results.length === 0) return null;
  const id = calls[callIndex]?.callId;
  const byId = id === undefined ? [] : results.filter(({ turn }) => turn.callId === id);
  if (byId.length === 1) return byId[0]!.index;
  return results.length === calls.length ? results[callIndex]!.index : "unknown";
}

const FAILED =
  /"?error"?\s*[:=]\s*(?!\s|""|''|null|false|none)|\b(failed|failure|time(d)? ?out|timeout|unavailable|try again|exception|pending|in progress)\b/i;

/** Results that say they failed, or that there is nothing yet: trying again is right. */
export const isFailedResult = (result: string): boolean => FAILED.test(result);
