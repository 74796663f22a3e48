/**
 * @file What an assistant's turn decided: to call, to ask, to decline, or to answer.
 *
 * Calls are told from text exactly. Among texts, asking and declining are recognised by their wording, in English: a text that ends
 * with a question asks; one that says it cannot, or that no tool fits, declines. Such a rule is a hint, good enough to tell the three
 * codes of a wrong decision apart, and no rate is computed from it.
 */
import type { AssistantText } from "#contracts/calls.ts";

export type Decision = "call" | "ask" | "decline" | "answer";

const DECLINES =
  /\b(cannot|can't|can not|could not|couldn't|unable to|not able to|won't be able|don't have (a|any|the) (tool|way|function|access)|no (suitable |fitting |available )?(tool|function)s?\b|none of (the|my) tools|outside (of )?what i can|not (something|possible)|give_up)/i;
const ASKS =
  /\?["')\]]*\s*$|\b(please (tell|give|provide|specify|share|let me know)|which (one|of)|could you (tell|give|provide|specify|share))\b/i;

/** @param text the whole text, for one that left the grammar before any part of it could be read */
export function decisionOf(output: AssistantText, text: string): Decision {
  if (isCallAttempt(output, text)) return "call";
  const answer = output.answer?.text ?? output.thought?.text ?? text;
  if (ASKS.test(answer)) return "ask";
  return DECLINES.test(answer) ? "decline" : "answer";
}

/** A call that was read, or text outside the grammar that was on the way to one. */
export function isCallAttempt(output: AssistantText, text: string): boolean {
  return output.calls.length > 0 || (output.error !== undefined && /(^|\n)Action|\{/.test(text));
}

/** Out of the grammar, or arguments that are no JSON object. */
export function isMalformed(output: AssistantText): boolean {
  return output.error !== undefined || output.calls.some((call) => !call.arguments.ok);
}
