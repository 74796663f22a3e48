/**
 * @file One predicted turn against its reference: what the checker finds, what differs, and whether the decision was right.
 *
 * Codes beyond the checker's and the comparison's, from the decision (`quality-and-tracing.md` section 5):
 *
 * | reference | predicted | code |
 * | --- | --- | --- |
 * | text, answering a user | call | F11: it should have asked, declined or answered |
 * | text, answering a result | call | F10: one call too many |
 * | call | question or refusal | F13 |
 * | call | answer | F12 |
 * | question or refusal | answer | F12 |
 * | answer | question or refusal | F13 |
 * | answer | answer with a number that neither the conversation nor the reference states | F12 |
 *
 * A prediction that equals its reference is no failure, whatever the checker thinks of the reference. F11 stands before F08: where a
 * needed value is missing from the conversation, calling at all was the mistake.
 */
import type { AssistantText, CallComparison, CallFinding, FailureCode } from "#contracts/calls.ts";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { compareCalls } from "#core/trajectories/compareCalls.ts";
import { inPrecedence } from "#core/trajectories/findings.ts";
import { conversationText } from "#core/trajectories/groundedValues.ts";
import { numbersIn } from "#core/trajectories/numberForms.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { decisionOf, isCallAttempt, isMalformed } from "./decision.ts";

export interface Judgement {
  readonly output: AssistantText;
  /** The reference makes a call. */
  readonly isCallReference: boolean;
  readonly isMalformed: boolean;
  /** Call or text, as in the reference. */
  readonly isDecisionRight: boolean;
  /** With every finding, in precedence. */
  readonly comparison: CallComparison;
  /** Empty where nothing is wrong; the first is primary. */
  readonly codes: readonly FailureCode[];
}

/**
 * @param text      what the model wrote, without its stop token
 * @param turnIndex the assistant turn of `content` that is the reference
 */
export function judgePrediction(text: string, content: TrajectoryContent, turnIndex: number, knownTools?: ReadonlySet<string>): Judgement {
  const reference = content.turns[turnIndex] as AssistantTurn;
  const referenceText = renderAssistantText(reference);
  const expected = parseAssistantText(referenceText);
  const output = parseAssistantText(text);
  const { exact, structural, findings } = compareCalls(output, expected.calls, content.tools);
  const isCallReference = isCallAttempt(expected, referenceText);
  const judged = {
    output,
    isCallReference,
    isMalformed: isMalformed(output),
    isDecisionRight: isCallAttempt(output, text) === isCallReference,
  };
  if (text === referenceText || (isCallReference && structural)) {
    return { ...judged, comparison: { exact: exact || text === referenceText, structural: true, findings: [] }, codes: [] };
  }
  const context = {
    tools: content.tools,
    conversation: content.turns.slice(0, turnIndex),
    ...(knownTools === undefined ? {} : { knownTools }),
  };
  const all = [...checkCalls(output, context).findings, ...findings, ...decisionFindings(text, output, content, turnIndex)];
  const ordered = decisionFirst(inPrecedence(all));
  return { ...judged, comparison: { exact, structural, findings: ordered }, codes: [...new Set(ordered.map((finding) => finding.code))] };
}

function decisionFirst(findings: readonly CallFinding[]): readonly CallFinding[] {
  const overcall = findings.find((finding) => finding.code === "F11");
  return overcall !== undefined && findings[0]!.code === "F08"
    ? [overcall, ...findings.filter((finding) => finding !== overcall)]
    : findings;
}

function decisionFindings(text: string, output: AssistantText, content: TrajectoryContent, turnIndex: number): CallFinding[] {
  const referenceText = renderAssistantText(content.turns[turnIndex] as AssistantTurn);
  const expected = decisionOf(parseAssistantText(referenceText), referenceText);
  const got = decisionOf(output, text);
  const where = { callIndex: 0, range: output.answer?.range ?? { start: 0, end: text.length } };
  const say = (code: FailureCode, message: string): CallFinding[] => [{ code, message, fix: FIXES[expected], ...where }];
  if (got === "call" && expected !== "call") {
    const isAfterResult = content.turns[turnIndex - 1]?.role === "tool";
    return isAfterResult
      ? say("F10", "Calls again where the reference answers.")
      : say("F11", `Calls where the reference ${VERBS[expected]}.`);
  }
  if (got === expected) return expected === "answer" ? inventedNumbers(output, content, turnIndex, referenceText) : [];
  if (got === "answer") return say("F12", `Answers where the reference ${VERBS[expected]}.`);
  if (expected === "call" || expected === "answer" || (expected === "ask" && got === "decline")) {
    return say("F13", `${got === "ask" ? "Asks" : "Declines"} where the reference ${VERBS[expected]}.`);
  }
  return [];
}

const VERBS = { call: "calls a tool", ask: "asks", decline: "declines", answer: "answers" } as const;
const FIXES = {
  call: "Call the tool: the conversation holds what it needs.",
  ask: "Ask for what is missing.",
  decline: "Say that no offered tool can do this.",
  answer: "Answer from what the tools returned.",
} as const;

/** Numbers in an answer that nobody stated. */
function inventedNumbers(output: AssistantText, content: TrajectoryContent, turnIndex: number, referenceText: string): CallFinding[] {
  if (output.answer === undefined) return [];
  const stated = numbersIn(`${conversationText(content.turns.slice(0, turnIndex))}\n${referenceText}`);
  const invented = [...numbersIn(output.answer.text)].filter((number) => !stated.has(number));
  if (invented.length === 0) return [];
  const message = `States ${invented.slice(0, 3).join(", ")}, which nothing in the conversation gives.`;
  return [{ code: "F12", message, fix: FIXES.answer, callIndex: 0, range: output.answer.range }];
}
