/** @file Edits of whole turns: add, remove, move, split, merge, another role, trained on or not. Pure; a new content or a refusal. */
import type { AssistantTurn, TrajectoryContent, Turn, TurnRole } from "#contracts/trajectory.ts";
import { readAssistantText } from "../readAssistantText.ts";
import { renderAssistantText } from "../renderAssistantText.ts";
import { refuseEdit } from "./refuseEdit.ts";
import { faultOfTurn } from "./turnFaults.ts";
import { assistantAt, isTarget, reorderTurns, spliceTurns, targetSet, turnAt, withTargets, withTurn } from "./withTurns.ts";

export function emptyTurn(role: TurnRole): Turn {
  return role === "assistant" ? { role, calls: [], answer: "" } : { role, content: "" };
}

/** @param at index the new turn will have */
export function addTurn(content: TrajectoryContent, at: number, turn: Turn): TrajectoryContent {
  if (!Number.isInteger(at) || at < 0 || at > content.turns.length) refuseEdit(at, "there is no such place");
  const fault = faultOfTurn(turn);
  if (fault !== null) refuseEdit(at, fault);
  return spliceTurns(content, at, 0, [{ turn, isTarget: true }]);
}

export function removeTurn(content: TrajectoryContent, turnIndex: number): TrajectoryContent {
  turnAt(content, turnIndex);
  if (content.turns.length === 1) refuseEdit(turnIndex, "a trajectory keeps at least one turn");
  return spliceTurns(content, turnIndex, 1, []);
}

export function moveTurn(content: TrajectoryContent, from: number, to: number): TrajectoryContent {
  turnAt(content, from);
  if (content.turns[to] === undefined) refuseEdit(from, to < 0 ? "it is the first turn already" : "it is the last turn already");
  return from === to ? content : reorderTurns(content, from, to);
}

/** Where a turn is cut: inside one of its texts, or in front of one of its parts. */
export type SplitPlace =
  | { readonly part: "content" | "thought" | "answer" | "raw"; readonly offset: number }
  | { readonly before: "answer" }
  | { readonly before: "call"; readonly callIndex: number };

/** A line break at the cut is left out: merging puts one there. Both halves are trained on as the whole was. */
export function splitTurn(content: TrajectoryContent, turnIndex: number, place: SplitPlace): TrajectoryContent {
  const turn = turnAt(content, turnIndex);
  const halves = turn.role === "assistant" ? splitAssistant(turn, turnIndex, place) : splitText(turn, turnIndex, place);
  for (const half of halves) {
    const fault = faultOfTurn(half);
    if (fault !== null) refuseEdit(turnIndex, fault);
  }
  const trained = isTarget(content, turnIndex);
  return spliceTurns(
    content,
    turnIndex,
    1,
    halves.map((half) => ({ turn: half, isTarget: trained })),
  );
}

function splitText(turn: Exclude<Turn, AssistantTurn>, turnIndex: number, place: SplitPlace): readonly Turn[] {
  if (!("part" in place) || place.part !== "content") return refuseEdit(turnIndex, "it has no such part");
  const [first, second] = cut(turn.content, place.offset, turnIndex);
  return [
    { ...turn, content: first },
    { ...turn, content: second },
  ];
}

function splitAssistant(turn: AssistantTurn, turnIndex: number, place: SplitPlace): readonly AssistantTurn[] {
  if ("before" in place) {
    const { thought, ...rest } = turn;
    const callIndex = place.before === "call" ? place.callIndex : turn.calls.length;
    const hasSuchPart = place.before === "call" ? turn.calls[callIndex] !== undefined : turn.answer !== undefined;
    if (!hasSuchPart) return refuseEdit(turnIndex, "it has no such part");
    if (callIndex > 0 && turn.calls.length > 0) {
      const { answer: _none, ...first } = turn;
      return [
        { ...first, calls: turn.calls.slice(0, callIndex) },
        { ...rest, calls: turn.calls.slice(callIndex) },
      ];
    }
    if (thought === undefined) return refuseEdit(turnIndex, "there is nothing in front of this part");
    // a thought alone is no turn: said without an action, it is an answer
    return [{ role: "assistant", calls: [], answer: thought }, rest];
  }
  const text = place.part === "content" ? undefined : turn[place.part];
  if (text === undefined) return refuseEdit(turnIndex, "it has no such part");
  const [first, second] = cut(text, place.offset, turnIndex);
  switch (place.part) {
    case "thought":
      return [
        { role: "assistant", calls: [], answer: first },
        { ...turn, thought: second },
      ];
    case "answer":
      return [
        { ...turn, answer: first },
        { role: "assistant", calls: [], answer: second },
      ];
    default:
      return [readAssistantText(first), readAssistantText(second)];
  }
}

function cut(text: string, offset: number, turnIndex: number): readonly [string, string] {
  if (!Number.isInteger(offset) || offset < 0 || offset > text.length) return refuseEdit(turnIndex, "its text has no such place");
  if (/[\ud800-\udbff]/.test(text.charAt(offset - 1)) && /[\udc00-\udfff]/.test(text.charAt(offset))) {
    return refuseEdit(turnIndex, "this place lies inside a character");
  }
  const first = text.slice(0, offset);
  const second = text.slice(offset);
  const halves: readonly [string, string] = second.startsWith("\n")
    ? [first, second.slice(1)]
    : [first.endsWith("\n") ? first.slice(0, -1) : first, second];
  if (halves.includes("")) return refuseEdit(turnIndex, "it cannot be split here: one side would be empty");
  return halves;
}

/** Texts are joined by a line break. The merged turn is trained on where either was. */
export function mergeTurns(content: TrajectoryContent, turnIndex: number): TrajectoryContent {
  const first = turnAt(content, turnIndex);
  const second = content.turns[turnIndex + 1];
  if (second === undefined) return refuseEdit(turnIndex, "no turn follows it");
  if (first.role !== second.role) {
    return refuseEdit(turnIndex, `it is a turn of the ${WORDS[first.role]} and the next one of the ${WORDS[second.role]}`);
  }
  const merged =
    first.role === "assistant"
      ? mergeAssistant(first, second as AssistantTurn, turnIndex)
      : { ...first, content: joined([first.content, (second as typeof first).content]) ?? "" };
  const fault = faultOfTurn(merged);
  if (fault !== null) return refuseEdit(turnIndex, fault);
  const trained = isTarget(content, turnIndex) || isTarget(content, turnIndex + 1);
  return spliceTurns(content, turnIndex, 2, [{ turn: merged, isTarget: trained }]);
}

const WORDS: Readonly<Record<TurnRole, string>> = { system: "system", user: "user", assistant: "assistant", tool: "tool" };

function mergeAssistant(first: AssistantTurn, second: AssistantTurn, turnIndex: number): AssistantTurn {
  if (first.raw !== undefined || second.raw !== undefined) {
    return readAssistantText(`${renderAssistantText(first)}\n${renderAssistantText(second)}`);
  }
  if (first.calls.length > 0 && second.calls.length === 0) {
    return refuseEdit(turnIndex, "it calls tools and the next one answers: a turn does one of the two");
  }
  const calls = [...first.calls, ...second.calls];
  const { thought: _thought, answer: _answer, ...rest } = first;
  if (calls.length === 0) {
    const thought = joined([first.thought, second.thought]);
    const answer = joined([first.answer, second.answer]) ?? "";
    return { ...rest, ...(thought === undefined ? {} : { thought }), calls, answer };
  }
  // what was said before a call is what was thought before it
  const thought = joined([first.thought, first.answer, second.thought]);
  return { ...rest, ...(thought === undefined ? {} : { thought }), calls };
}

const joined = (texts: readonly (string | undefined)[]): string | undefined => texts.filter((text) => text).join("\n") || undefined;

/**
 * The same text said by another. Text that follows the call grammar becomes parts where the assistant says it, and parts become text
 * where somebody else does; an answer alone is plain text either way.
 */
export function retypeTurn(content: TrajectoryContent, turnIndex: number, role: TurnRole): TrajectoryContent {
  const turn = turnAt(content, turnIndex);
  if (turn.role === role) return content;
  if (role === "assistant") {
    const text = turn.role === "assistant" ? "" : turn.content;
    const read = readAssistantText(text);
    return withTurn(content, turnIndex, read.raw === undefined ? read : { role, calls: [], answer: text });
  }
  if (turn.role !== "assistant") return withTurn(content, turnIndex, { role, content: turn.content });
  const isPlain = turn.raw === undefined && turn.thought === undefined && turn.calls.length === 0;
  return withTurn(content, turnIndex, { role, content: isPlain ? (turn.answer ?? "") : renderAssistantText(turn) });
}

export function setTarget(content: TrajectoryContent, turnIndex: number, trained: boolean): TrajectoryContent {
  assistantAt(content, turnIndex);
  if (isTarget(content, turnIndex) === trained) return content;
  const targets = targetSet(content);
  if (trained) targets.add(turnIndex);
  else targets.delete(turnIndex);
  return withTargets(content, targets);
}
