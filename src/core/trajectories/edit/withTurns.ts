/** @file Exchanging turns of a content with targets and facts kept at their turns: the ground of every other edit. */
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { refuseEdit } from "./refuseEdit.ts";
import { withMovedFacts } from "./turnFacts.ts";
import { faultOfTurn } from "./turnFaults.ts";

export function turnAt(content: TrajectoryContent, turnIndex: number): Turn {
  return content.turns[turnIndex] ?? refuseEdit(turnIndex, "there is no such turn");
}

export function assistantAt(content: TrajectoryContent, turnIndex: number): AssistantTurn {
  const turn = turnAt(content, turnIndex);
  return turn.role === "assistant" ? turn : refuseEdit(turnIndex, "it is not a turn of the assistant");
}

export function isTarget(content: TrajectoryContent, turnIndex: number): boolean {
  return content.turns[turnIndex]?.role === "assistant" && (content.targets?.includes(turnIndex) ?? true);
}

/** The content with one turn written anew. A fault that the turn had before is not the edit's to refuse. */
export function withTurn(content: TrajectoryContent, turnIndex: number, turn: Turn): TrajectoryContent {
  const before = turnAt(content, turnIndex);
  const fault = faultOfTurn(turn);
  if (fault !== null && faultOfTurn(before) === null) refuseEdit(turnIndex, fault);
  const turns = content.turns.with(turnIndex, turn);
  if (before.role === turn.role) return { ...content, turns };
  // a turn that the assistant now says is trained on, as any it says; one that it no longer says cannot be
  const targets = targetSet(content);
  if (turn.role === "assistant") targets.add(turnIndex);
  else targets.delete(turnIndex);
  return withTargets({ ...content, turns }, targets);
}

/**
 * Replaces `numRemoved` turns from `at` on. Those before stay, those after move; targets and facts go with them.
 *
 * @param added with, for turns of the assistant, whether they are trained on
 */
export function spliceTurns(
  content: TrajectoryContent,
  at: number,
  numRemoved: number,
  added: readonly { readonly turn: Turn; readonly isTarget: boolean }[],
): TrajectoryContent {
  const shift = added.length - numRemoved;
  // facts of the first turn replaced stay with the first that takes its place
  const moves = (i: number): number | undefined => {
    if (i < at) return i;
    if (i >= at + numRemoved) return i + shift;
    return i === at && added.length > 0 ? at : undefined;
  };
  const turns = [...content.turns.slice(0, at), ...added.map(({ turn }) => turn), ...content.turns.slice(at + numRemoved)];
  const kept = [...targetSet(content)].flatMap((i) => (i >= at && i < at + numRemoved ? [] : [moves(i)!]));
  const fresh = added.flatMap((turn, k) => (turn.isTarget && turn.turn.role === "assistant" ? [at + k] : []));
  return withTargets(withMovedFacts(content, turns, moves), new Set([...kept, ...fresh]));
}

/** The turn at `from` stands at `to` afterwards. */
export function reorderTurns(content: TrajectoryContent, from: number, to: number): TrajectoryContent {
  const moves = (i: number): number => {
    if (i === from) return to;
    const without = i > from ? i - 1 : i;
    return without >= to ? without + 1 : without;
  };
  const turns = content.turns.toSpliced(from, 1).toSpliced(to, 0, content.turns[from]!);
  const targets = new Set([...targetSet(content)].map(moves));
  return withTargets(withMovedFacts(content, turns, moves), targets);
}

export function targetSet({ turns, targets }: TrajectoryContent): Set<number> {
  return new Set(targets ?? turns.flatMap((turn, i) => (turn.role === "assistant" ? [i] : [])));
}

/** Ascending; every turn of the assistant is the same as no list. */
export function withTargets(content: TrajectoryContent, targets: ReadonlySet<number>): TrajectoryContent {
  const { targets: _before, ...rest } = content;
  const isEveryTurn = content.turns.every((turn, i) => turn.role !== "assistant" || targets.has(i));
  return isEveryTurn ? rest : { ...rest, targets: [...targets].sort((a, b) => a - b) };
}
