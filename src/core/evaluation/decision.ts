/**
 * @file What an assistant's turn decided: to call, to ask, to answer, or to say that it cannot.
 *
 * Calls are told from text exactly. Among texts, asking and declining are recognised by their wording, in English: a text that ends
 * with a question asks; one that says it cannot, or that no tool fits, declines. The decision rate needs only call or text; the counts of
 * all four decisions are as good as this wording rule.
 */
import type { AssistantText, Decision } from "#contracts/calls.ts";

const DECLINES =
  /\b(cannot|can't|can not|could not|couldn't|unable to|not able to|won't be able|don't have (a|any|the) (tool|way|function|access)|no (suitable |fitting |available )?(tool|function)s?\b|none of (the|my) tools|outside (of )?what i can|not (something|possible)|give_up)/i;
const ASKS =
  /\?["')\]]*\s*$|\b(please (tell|give|provide|specify|share|let me know)|which (one|of)|could you (tell|give|provide|specify|share))\b/i;

/**
 * @param text the whole text, for one that left the grammar before any part of it could be read
 * @returns null where nothing was decided: no text at all, or a thought and nothing behind it
 */
export function decisionOf(output: AssistantText, text: string): Decision | null {
  if (isCallAttempt(output, text)) return "call";
  if (isLeftHanging(output, text)) return null;
  const answer = output.answer?.text ?? output.thought?.text ?? text;
  if (ASKS.test(answer)) return "ask";
  return DECLINES.test(answer) ? "cannot" : "answer";
}

/** A call that was read, or text outside the grammar that was on the way to one. */
export function isCallAttempt(output: AssistantText, text: string): boolean {
  if (output.calls.length > 0) return true;
  return output.error !== undefined && !isLeftHanging(output, text) && /(^|\n)Action|\{/.test(text);
}

/** Nothing was written, or a thought that leads to no call and no answer. */
export function isLeftHanging(output: AssistantText, text: string): boolean {
  return output.error !== undefined && output.calls.length === 0 && (text.trim() === "" || output.thought?.range.end === text.length);
}

/** Out of the grammar, or arguments that are no JSON object. */
export function isMalformed(output: AssistantText): boolean {
  return output.error !== undefined || output.calls.some((call) => !call.arguments.ok);
}
