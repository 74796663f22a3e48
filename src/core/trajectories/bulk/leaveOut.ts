/** @file Turns left out of the loss: they stay in the conversation, and nothing is learned from them. */
import type { ContentHit, LeaveOutOperation } from "#contracts/bulk.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { checkTurns } from "../checkCalls.ts";
import { isTarget, targetSet, withTargets } from "../edit/withTurns.ts";
import { renderAssistantText } from "../renderAssistantText.ts";
import type { BulkContext, BulkOutcome } from "./bulkEdit.ts";

/** Shown of a turn in a list of hits. */
const MOST_SHOWN = 200;
const LAST = "no other turn of it is trained on: reject it instead";
const GONE = "the turn is not there any more";

export function prepareLeaveOut(
  { turns: which }: LeaveOutOperation,
  { knownTools }: BulkContext,
): (content: TrajectoryContent, trajectoryId: string) => BulkOutcome {
  if (which.by === "finding") {
    const { finding } = which;
    return (content) => {
      const found = [...checkTurns(content, knownTools)].filter(([, { findings }]) =>
        findings.some(({ code }) => finding === "any" || code === finding),
      );
      return leaveOut(
        content,
        found.map(([turnIndex]) => turnIndex),
      );
    };
  }
  const textsOf = new Map<string, string[]>();
  for (const { trajectory, text } of which.texts) textsOf.set(trajectory, [...(textsOf.get(trajectory) ?? []), text]);
  return (content, trajectoryId) => {
    const found = (textsOf.get(trajectoryId) ?? []).map((text) => turnThatSays(content.turns, text));
    const there = found.filter((turnIndex) => turnIndex >= 0);
    return there.length === 0 && found.length > 0 ? { skip: GONE } : leaveOut(content, there);
  };
}

/** The last turn that ends with `text`, as it stands now, with or without the thought before it; -1: none. */
export function turnThatSays(turns: readonly Turn[], text: string): number {
  const wanted = text.trim();
  if (wanted === "") return -1;
  return turns.findLastIndex((turn) => turn.role === "assistant" && renderAssistantText(turn).trim().endsWith(wanted));
}

function leaveOut(content: TrajectoryContent, turnIndices: readonly number[]): BulkOutcome {
  const leaving = [...new Set(turnIndices)].filter((turnIndex) => isTarget(content, turnIndex)).sort((a, b) => a - b);
  if (leaving.length === 0) return { content, hits: [], numLeft: 0 };
  const targets = targetSet(content);
  for (const turnIndex of leaving) targets.delete(turnIndex);
  if (targets.size === 0) return { skip: LAST };
  return { content: withTargets(content, targets), hits: leaving.map((turnIndex) => hitOfTurn(content.turns, turnIndex)), numLeft: 0 };
}

/** The mark before the turn is what changes; its text shows which turn it is. */
function hitOfTurn(turns: readonly Turn[], turn: number): ContentHit {
  const text = renderAssistantText(turns[turn] as AssistantTurn);
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
  return { turn, part: "loss", start: 0, end: 0, before: "trained on", after: "left out", lead: "", trail: ` ${shown}` };
}
