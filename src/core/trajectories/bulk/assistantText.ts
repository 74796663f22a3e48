/**
 * @file Assistant turns edited without knowing whether they are kept in parts or as raw text.
 *
 * A turn whose text leaves the grammar has only that text; its parts are read from it strictly, and what cannot be read is a part of its
 * own. Where an edit makes it readable to the letter, it becomes a turn in parts.
 */
import type { AssistantTurn, ToolCall } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseAssistantText } from "../parseAssistantText.ts";
import { renderAssistantText } from "../renderAssistantText.ts";
import { applyEdits, shifted, type TextEdit } from "./textEdits.ts";

export interface AssistantParts {
  readonly thought: string | undefined;
  readonly calls: readonly ToolCall[];
  readonly answer: string | undefined;
  /** What follows the last part that could be read. */
  readonly unreadable: string | undefined;
}

/** Edits of each part, in places of that part. */
export interface AssistantEdits {
  readonly thought?: readonly TextEdit[];
  readonly calls?: readonly (CallEdits | undefined)[];
  readonly answer?: readonly TextEdit[];
  readonly unreadable?: readonly TextEdit[];
}

export interface CallEdits {
  readonly name?: readonly TextEdit[];
  readonly arguments?: readonly TextEdit[];
  /** The whole call goes. */
  readonly isRemoved?: boolean;
}

export function partsOf(turn: AssistantTurn): AssistantParts {
  if (turn.raw === undefined) return { thought: turn.thought, calls: turn.calls, answer: turn.answer, unreadable: undefined };
  const { thought, calls, answer, end, error } = readRaw(turn.raw);
  return { thought: thought?.text, calls, answer: answer?.text, unreadable: error === undefined ? undefined : turn.raw.slice(end) };
}

/** The same object where nothing is edited. */
export function withEdits(turn: AssistantTurn, edits: AssistantEdits): AssistantTurn {
  const isEmpty = ![edits.thought, edits.answer, edits.unreadable].some(hasEdits) && !edits.calls?.some(hasCallEdits);
  if (isEmpty) return turn;
  return turn.raw === undefined ? editParts(turn, edits) : editRaw(turn, turn.raw, edits);
}

const hasEdits = (edits: readonly TextEdit[] | undefined): boolean => edits !== undefined && edits.length > 0;
const hasCallEdits = (edits: CallEdits | undefined): boolean =>
  edits !== undefined && (edits.isRemoved === true || hasEdits(edits.name) || hasEdits(edits.arguments));

function editParts(turn: AssistantTurn, edits: AssistantEdits): AssistantTurn {
  const { thought: before, ...rest } = turn;
  const thought = applyEdits(before ?? "", edits.thought ?? []);
  return {
    ...rest,
    // an empty thought is no thought
    ...(thought === "" && hasEdits(edits.thought) ? {} : before === undefined ? {} : { thought }),
    ...(hasEdits(edits.answer) ? { answer: applyEdits(turn.answer ?? "", edits.answer!) } : {}),
    calls: turn.calls.flatMap((call, i) => {
      const its = edits.calls?.[i];
      if (!hasCallEdits(its)) return [call];
      if (its!.isRemoved === true) return [];
      const argumentsText = applyEdits(call.argumentsText, its!.arguments ?? []);
      const isSame = argumentsText === call.argumentsText;
      const name = applyEdits(call.name, its!.name ?? []);
      return [{ ...call, name, argumentsText, arguments: isSame ? call.arguments : parseArguments(argumentsText) }];
    }),
  };
}

function editRaw(turn: AssistantTurn, raw: string, edits: AssistantEdits): AssistantTurn {
  const { thought, calls, answer, end, error } = readRaw(raw);
  const at = (its: readonly TextEdit[] | undefined, start: number): readonly TextEdit[] => (its ?? []).map((edit) => shifted(edit, start));
  const all = [
    ...at(edits.thought, thought?.range.start ?? 0),
    ...calls.flatMap((call, i) => {
      const its = edits.calls?.[i];
      // with the line break that ends the line before
      const start = call.nameRange.start - "Action: ".length;
      if (its?.isRemoved === true) return [{ start: Math.max(0, start - 1), end: call.argumentsRange.end, after: "" }];
      return [...at(its?.name, call.nameRange.start), ...at(its?.arguments, call.argumentsRange.start)];
    }),
    ...at(edits.answer, answer?.range.start ?? 0),
    ...at(edits.unreadable, end),
  ];
  const edited = { ...turn, raw: applyEdits(raw, all) };
  return error === undefined ? edited : readable(edited);
}

/** The turn in parts, where its raw text has become just what they would give. */
function readable(turn: AssistantTurn): AssistantTurn {
  const { raw, ...rest } = turn;
  const { thought, calls, answer, error } = parseAssistantText(raw!);
  if (error !== undefined) return turn;
  const parts: AssistantTurn = {
    ...rest,
    ...(thought === undefined ? {} : { thought: thought.text }),
    calls: calls.map(({ name, argumentsText, arguments: parsed }) => ({ name, argumentsText, arguments: parsed })),
    ...(answer === undefined ? {} : { answer: answer.text }),
  };
  return renderAssistantText(parts) === raw ? parts : turn;
}

/** @returns also `end`: one behind the last character that was read */
function readRaw(raw: string) {
  const read = parseAssistantText(raw);
  const ends = [read.thought?.range.end ?? 0, read.calls.at(-1)?.argumentsRange.end ?? 0, read.answer?.range.end ?? 0];
  return { ...read, end: Math.max(...ends) };
}
