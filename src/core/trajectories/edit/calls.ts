/** @file Edits of the calls of a turn. Arguments are text first: what is not touched keeps its spelling. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, TrajectoryContent } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { removeMember, renameMember, rewriteArguments, setValue } from "./argumentsText.ts";
import { refuseEdit } from "./refuseEdit.ts";
import { assistantAt, withTurn } from "./withTurns.ts";

export const readCall = (name: string, argumentsText: string): ToolCall => ({
  name,
  argumentsText,
  arguments: parseArguments(argumentsText),
});

/** @param at index the new call will have; an empty answer makes room for it, a written one does not */
export function addCall(content: TrajectoryContent, turnIndex: number, at: number, call: ToolCall): TrajectoryContent {
  const turn = assistantAt(content, turnIndex);
  if (at < 0 || at > turn.calls.length) return refuseEdit(turnIndex, "there is no such place for a call");
  const { answer, ...rest } = turn;
  if (answer) return refuseEdit(turnIndex, "it answers: make the answer a thought first, or add a turn");
  return withTurn(content, turnIndex, { ...rest, calls: turn.calls.toSpliced(at, 0, call) });
}

/** A turn without its last call answers with an empty text. */
export function removeCall(content: TrajectoryContent, turnIndex: number, callIndex: number): TrajectoryContent {
  const turn = assistantAt(content, turnIndex);
  callAt(turn, turnIndex, callIndex);
  const calls = turn.calls.toSpliced(callIndex, 1);
  return withTurn(content, turnIndex, calls.length === 0 ? { ...turn, calls, answer: turn.answer ?? "" } : { ...turn, calls });
}

export function moveCall(content: TrajectoryContent, turnIndex: number, from: number, to: number): TrajectoryContent {
  const turn = assistantAt(content, turnIndex);
  const call = callAt(turn, turnIndex, from);
  callAt(turn, turnIndex, to);
  return withTurn(content, turnIndex, { ...turn, calls: turn.calls.toSpliced(from, 1).toSpliced(to, 0, call) });
}

/** The call as a whole, as a form or an editor gives it back. */
export function setCall(content: TrajectoryContent, turnIndex: number, callIndex: number, call: ToolCall): TrajectoryContent {
  return editCall(content, turnIndex, callIndex, () => call);
}

export function renameCall(content: TrajectoryContent, turnIndex: number, callIndex: number, name: string): TrajectoryContent {
  return editCall(content, turnIndex, callIndex, (call) => ({ ...call, name }));
}

/** Text that is no JSON is kept with the place where reading stops. */
export function setArgumentsText(content: TrajectoryContent, turnIndex: number, callIndex: number, text: string): TrajectoryContent {
  return editCall(content, turnIndex, callIndex, (call) => ({ ...call, argumentsText: text, arguments: parseArguments(text) }));
}

/** The arguments as a value: members that are equal keep their text. */
export function setArguments(content: TrajectoryContent, turnIndex: number, callIndex: number, value: JsonObject): TrajectoryContent {
  return editCall(content, turnIndex, callIndex, (call) => withText(call, rewriteArguments(call.argumentsText, value)));
}

/** One value inside the arguments; undefined removes it. Needs arguments that can be read. */
export function setArgument(
  content: TrajectoryContent,
  turnIndex: number,
  callIndex: number,
  pointer: string,
  value: JsonValue | undefined,
): TrajectoryContent {
  return editReadable(content, turnIndex, callIndex, (text) =>
    value === undefined ? removeMember(text, pointer) : setValue(text, pointer, value),
  );
}

export function renameArgument(
  content: TrajectoryContent,
  turnIndex: number,
  callIndex: number,
  pointer: string,
  name: string,
): TrajectoryContent {
  return editReadable(content, turnIndex, callIndex, (text) => renameMember(text, pointer, name));
}

function editReadable(
  content: TrajectoryContent,
  turnIndex: number,
  callIndex: number,
  edit: (text: string) => string | null,
): TrajectoryContent {
  return editCall(content, turnIndex, callIndex, (call) => {
    if (!call.arguments.ok) return refuseEdit(turnIndex, `the arguments of "${call.name}" cannot be read: correct their text first`);
    const text = edit(call.argumentsText);
    return text === null ? refuseEdit(turnIndex, `"${call.name}" has no such argument`) : withText(call, text);
  });
}

const withText = (call: ToolCall, text: string): ToolCall =>
  text === call.argumentsText ? call : { ...call, argumentsText: text, arguments: parseArguments(text) };

function editCall(content: TrajectoryContent, turnIndex: number, callIndex: number, edit: (call: ToolCall) => ToolCall): TrajectoryContent {
  const turn = assistantAt(content, turnIndex);
  const call = callAt(turn, turnIndex, callIndex);
  const edited = edit(call);
  return edited === call ? content : withTurn(content, turnIndex, { ...turn, calls: turn.calls.with(callIndex, edited) });
}

function callAt(turn: AssistantTurn, turnIndex: number, callIndex: number): ToolCall {
  return turn.calls[callIndex] ?? refuseEdit(turnIndex, `it has no call ${callIndex + 1}`);
}
