/**
 * @file The reference turn, spelled as the prediction spells it for as long as the prediction is right.
 *
 * Right is more than the reference's own letters: any thought may stand in front; parallel calls may come in any order; arguments may be
 * spelled in any way that means the same (`alignArguments.ts`). Answers are free text, so there the letters of the reference are all
 * there is to go by.
 */
import type { AssistantText } from "#contracts/calls.ts";
import type { AssistantTurn, ToolCall } from "#contracts/trajectory.ts";
import { pairCalls } from "#core/trajectories/compareCalls.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { alignArguments } from "./alignArguments.ts";

const ACTION = "Action: ";
const INPUT = "\nAction Input: ";

/** @returns a right text that begins as the predicted one does, as long as can be */
export function alignReference(text: string, output: AssistantText, reference: AssistantTurn): string {
  const referenceText = renderAssistantText(reference);
  const expected = parseAssistantText(referenceText);
  if (expected.error !== undefined) return referenceText;
  const { thought: _thought, ...plain } = reference;
  if (output.thought !== undefined) {
    const { end } = output.thought.range;
    return `${text.slice(0, end)}\n${alignRest(text.slice(end + 1), output, end + 1, plain, expected.calls)}`;
  }
  const start = text.startsWith("\n") ? 1 : 0;
  const withoutThought = text.slice(0, start) + alignRest(text.slice(start), output, start, plain, expected.calls);
  const asRecorded = text.slice(0, start) + referenceText;
  return commonLength(text, withoutThought) > commonLength(text, asRecorded) ? withoutThought : asRecorded;
}

export function commonLength(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}

/** What stands behind the thought; `start` is its place in the whole text. */
function alignRest(rest: string, output: AssistantText, start: number, reference: AssistantTurn, calls: readonly ToolCall[]): string {
  if (calls.length === 0) return renderAssistantText(reference);
  const partnerOf = new Map(pairCalls(output.calls, calls));
  const left = new Set(calls.keys());
  const said: string[] = [];
  for (const [p, call] of output.calls.entries()) {
    const r = partnerOf.get(p);
    // a call too many: here the turn ends, or goes on with a call that is still due
    if (r === undefined) break;
    left.delete(r);
    said.push(alignCall(call, calls[r]!));
    if (said.join("\n") !== rest.slice(0, said.join("\n").length)) break;
  }
  const written = said.join("\n");
  const next = rest.slice(written.length === 0 ? 0 : written.length + 1);
  const isUnfinished = output.error !== undefined && output.error.offset >= start + written.length;
  const due = [...left].map((r) => `${ACTION}${calls[r]!.name}${INPUT}${calls[r]!.argumentsText}`);
  if (isUnfinished) due.sort((a, b) => commonLength(next, b) - commonLength(next, a));
  return [...said, ...due].join("\n");
}

function alignCall(predicted: ToolCall, wanted: ToolCall): string {
  if (predicted.name !== wanted.name || !wanted.arguments.ok) return `${ACTION}${wanted.name}${INPUT}${wanted.argumentsText}`;
  const aligned = alignArguments(predicted.argumentsText, wanted.arguments.value);
  const behind = predicted.argumentsText.slice(aligned.length);
  const isSpaced = predicted.argumentsText.startsWith(aligned) && behind.trim() === "";
  return `${ACTION}${wanted.name}${INPUT}${aligned}${isSpaced ? behind : ""}`;
}
