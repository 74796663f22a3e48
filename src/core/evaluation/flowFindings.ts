/**
 * @file F14 and the flow of a conversation: what leaves it hanging, never ends, or goes on as if nothing had happened.
 *
 * | finding | code |
 * | --- | --- |
 * | nothing is written, or a thought and nothing behind it | F14 |
 * | the end never came: the text was cut off at the most new tokens or the end of the window; a loop is named | F14 |
 * | a call that has just failed is made again, as it was, where the reference goes another way | F14 |
 * | after a failed call, an answer that says nothing of it, where the reference does | F12 |
 */
import type { AssistantText, CallFinding, TextRange } from "#contracts/calls.ts";
import type { ToolCall, Turn } from "#contracts/trajectory.ts";
import { isFailedResult } from "#core/trajectories/callResults.ts";
import { isSameCall } from "#core/trajectories/compareCalls.ts";
import { isLeftHanging } from "./decision.ts";

export interface Written {
  readonly text: string;
  readonly output: AssistantText;
  /** It was stopped before it had ended by itself. */
  readonly wasCutOff: boolean;
}

/** What can be said without a reference. */
export function flowFindings({ text, output, wasCutOff }: Written): CallFinding[] {
  const end = { start: text.length, end: text.length };
  if (isLeftHanging(output, text) && !wasCutOff) {
    const message = output.thought === undefined ? "Nothing was written." : "Ends behind its thought, without a call or an answer.";
    return [{ code: "F14", message, fix: "Call a tool or answer, then stop.", callIndex: 0, range: end }];
  }
  if (!wasCutOff) return [];
  const loop = loopIn(text);
  const message = loop === null ? "Cut off: it did not come to an end." : "Goes round in circles until it was cut off.";
  return [
    { code: "F14", message, fix: "Stop where the turn is complete.", callIndex: Math.max(0, output.calls.length - 1), range: loop ?? end },
  ];
}

const MIN_LOOP_TURNS = 4;
const MIN_LOOP_LENGTH = 12;
const MAX_PERIOD = 200;

/** The end of a text that repeats itself at least four times; its range begins with the second time. */
export function loopIn(text: string): TextRange | null {
  for (let period = 1; period <= Math.min(MAX_PERIOD, Math.floor(text.length / MIN_LOOP_TURNS)); period++) {
    let start = text.length - period;
    while (start > 0 && text[start - 1] === text[start - 1 + period]) start--;
    const length = text.length - start;
    if (length < MIN_LOOP_TURNS * period || length < MIN_LOOP_LENGTH) continue;
    const second = start + period;
    // what repeats begins with a word, if it has a beginning at all
    const word = text.slice(second, second + period).search(/\s/);
    return { start: second + Math.max(0, word), end: text.length };
  }
  return null;
}

/** Calls made just before in answer to the same turn, whose results say that they failed. */
export function failedCalls(conversation: readonly Turn[]): readonly ToolCall[] {
  const failed: ToolCall[] = [];
  for (let i = conversation.length - 1; i >= 0; i--) {
    const turn = conversation[i]!;
    if (turn.role === "user") break;
    if (turn.role !== "assistant") continue;
    const results = conversation.slice(i + 1, i + 1 + numResults(conversation, i));
    if (results.some((result) => result.role === "tool" && isFailedResult(result.content))) failed.push(...turn.calls);
  }
  return failed;
}

function numResults(conversation: readonly Turn[], at: number): number {
  let n = 0;
  while (conversation[at + 1 + n]?.role === "tool") n++;
  return n;
}

/** Calls that failed a moment ago and are made again, as they were. */
export function repeatedFailures(output: AssistantText, conversation: readonly Turn[]): CallFinding[] {
  const failed = failedCalls(conversation);
  return output.calls.flatMap((call, callIndex): CallFinding[] => {
    if (!failed.some((earlier) => isSameCall(earlier, call))) return [];
    const range = { start: call.nameRange.start, end: call.argumentsRange.end };
    const message = `This call of "${call.name}" has just failed and is made again unchanged.`;
    return [{ code: "F14", message, fix: "Say that it failed, or try another way.", callIndex, range }];
  });
}

const ADMITS =
  /\b(fail(s|ed|ure)?|errors?|unavailable|cannot|can't|could(n't| not)|unable|not able|did(n't| not)|does(n't| not)|isn't|is not|wasn't|was not|no (longer|result|such)|not (found|possible|available|work(ing)?)|down|problem|wrong|sorry|unfortunately|invalid|refused|denied|later|try again|tim(ed|e) ?out|time-?out)\b/i;

/** An answer to a failed call that hides the failure; told only where the reference admits it. */
export function hiddenFailure(output: AssistantText, referenceText: string, conversation: readonly Turn[]): CallFinding[] {
  if (output.answer === undefined || conversation.at(-1)?.role !== "tool") return [];
  if (failedCalls(conversation).length === 0 || !ADMITS.test(referenceText) || ADMITS.test(output.answer.text)) return [];
  const message = "Answers as if the call had succeeded; its result says that it failed.";
  return [{ code: "F12", message, fix: "Say that it failed.", callIndex: 0, range: output.answer.range }];
}
