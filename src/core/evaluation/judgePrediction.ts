/**
 * @file One predicted turn against its reference: what the checker finds, what differs, and whether the decision was right.
 *
 * Codes beyond the checker's and the comparison's, from the decision (`quality-and-tracing.md` section 5):
 *
 * | reference | predicted | code |
 * | --- | --- | --- |
 * | text, answering a user | call | F11: it should have asked, declined or answered |
 * | text, answering a result | call | F10: one call too many; F14 where it repeats one that has just failed |
 * | call | call of a later turn | F10: out of order (`orderFindings.ts`) |
 * | call | question or refusal | F13 |
 * | call | answer | F12 |
 * | question or refusal | answer | F12 |
 * | answer | question or refusal | F13 |
 * | answer | answer with a number that neither the conversation nor the reference states | F12 |
 * | answer | answer that hides a failed call (`flowFindings.ts`) | F12 |
 * | anything | nothing, a thought alone, no end | F14 (`flowFindings.ts`) |
 *
 * A prediction that equals its reference is no failure, whatever the checker thinks of the reference. F11 stands before F08: where a
 * needed value is missing from the conversation, calling at all was the mistake.
 */
import type { AssistantText, CallComparison, CallFinding, Decision, FailureCode } from "#contracts/calls.ts";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { compareCalls } from "#core/trajectories/compareCalls.ts";
import { inPrecedence } from "#core/trajectories/findings.ts";
import { conversationText } from "#core/trajectories/groundedValues.ts";
import { numbersIn } from "#core/trajectories/numberForms.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { decisionOf, isCallAttempt, isLeftHanging, isMalformed } from "./decision.ts";
import { flowFindings, hiddenFailure, repeatedFailures } from "./flowFindings.ts";
import { orderFindings } from "./orderFindings.ts";

export interface Judgement {
  readonly output: AssistantText;
  /** The reference makes a call. */
  readonly isCallReference: boolean;
  /** It makes a call, or was on the way to one. */
  readonly isCallAttempt: boolean;
  readonly isMalformed: boolean;
  /** Call or text, as in the reference. */
  readonly isDecisionRight: boolean;
  /** Null: the reference, or the prediction, decides nothing. */
  readonly decisions: { readonly expected: Decision | null; readonly got: Decision | null };
  /** With every finding, in precedence. */
  readonly comparison: CallComparison;
  /** Empty where nothing is wrong; the first is primary. */
  readonly codes: readonly FailureCode[];
}

export interface JudgeOptions {
  /** Names of every tool there is. */
  readonly knownTools?: ReadonlySet<string> | undefined;
  /** The model was stopped before it had ended by itself. */
  readonly wasCutOff?: boolean;
}

/**
 * @param text      what the model wrote, without its stop token
 * @param turnIndex the assistant turn of `content` that is the reference
 */
export function judgePrediction(text: string, content: TrajectoryContent, turnIndex: number, options: JudgeOptions = {}): Judgement {
  const { knownTools, wasCutOff = false } = options;
  const reference = content.turns[turnIndex] as AssistantTurn;
  const referenceText = renderAssistantText(reference);
  const expected = parseAssistantText(referenceText);
  const output = parseAssistantText(text);
  const { exact, structural, findings } = compareCalls(output, expected.calls, content.tools);
  const isCallReference = isCallAttempt(expected, referenceText);
  const isAttempt = isCallAttempt(output, text);
  const judged = {
    output,
    isCallReference,
    isCallAttempt: isAttempt,
    isMalformed: isMalformed(output),
    isDecisionRight:
      isAttempt === isCallReference && (isCallReference || isLeftHanging(output, text) === isLeftHanging(expected, referenceText)),
    decisions: { expected: decisionOf(expected, referenceText), got: decisionOf(output, text) },
  };
  if (text === referenceText || (isCallReference && structural)) {
    return { ...judged, comparison: { exact: exact || text === referenceText, structural: true, findings: [] }, codes: [] };
  }
  const conversation = content.turns.slice(0, turnIndex);
  const checked = checkCalls(output, { tools: content.tools, conversation, ...(knownTools === undefined ? {} : { knownTools }) }).findings;
  const early = orderFindings(output, expected.calls, content, turnIndex);
  const isEarly = (finding: CallFinding): boolean => early.some(({ callIndex }) => callIndex === finding.callIndex);
  const flow = flowFindings({ text, output, wasCutOff });
  const all = [
    // a turn that is empty or stops behind its thought has no form that could be wrong
    ...(isLeftHanging(output, text) ? checked.filter((finding) => finding.code !== "F01") : checked),
    ...findings.filter((finding) => !(isEarly(finding) && ["F04", "F09"].includes(finding.code))),
    ...early,
    ...flow,
    ...repeatedFailures(output, conversation),
    ...decisionFindings(text, output, { content, turnIndex, referenceText, ...judged.decisions }),
  ];
  const ordered = decisionFirst(inPrecedence(all));
  return { ...judged, comparison: { exact, structural, findings: ordered }, codes: [...new Set(ordered.map((finding) => finding.code))] };
}

function decisionFirst(findings: readonly CallFinding[]): readonly CallFinding[] {
  const overcall = findings.find((finding) => finding.code === "F11");
  return overcall !== undefined && findings[0]!.code === "F08"
    ? [overcall, ...findings.filter((finding) => finding !== overcall)]
    : findings;
}

interface Decided {
  readonly content: TrajectoryContent;
  readonly turnIndex: number;
  readonly referenceText: string;
  readonly expected: Decision | null;
  readonly got: Decision | null;
}

function decisionFindings(text: string, output: AssistantText, decided: Decided): CallFinding[] {
  const { content, turnIndex, expected, got } = decided;
  if (expected === null || got === null) return [];
  const where = { callIndex: 0, range: output.answer?.range ?? { start: 0, end: text.length } };
  const say = (code: FailureCode, message: string): CallFinding[] => [{ code, message, fix: FIXES[expected], ...where }];
  if (got === "call" && expected !== "call") {
    if (content.turns[turnIndex - 1]?.role !== "tool") return say("F11", `Calls where the reference ${VERBS[expected]}.`);
    const isRetry = repeatedFailures(output, content.turns.slice(0, turnIndex)).length > 0;
    return isRetry ? [] : say("F10", "Calls again where the reference answers.");
  }
  if (got === expected) return expected === "answer" ? unfoundedAnswer(output, decided) : [];
  if (got === "answer") return say("F12", `Answers where the reference ${VERBS[expected]}.`);
  if (expected === "call" || expected === "answer" || (expected === "ask" && got === "cannot")) {
    return say("F13", `${got === "ask" ? "Asks" : "Declines"} where the reference ${VERBS[expected]}.`);
  }
  return [];
}

const VERBS = { call: "calls a tool", ask: "asks", cannot: "declines", answer: "answers" } as const;
const FIXES = {
  call: "Call the tool: the conversation holds what it needs.",
  ask: "Ask for what is missing.",
  cannot: "Say that no offered tool can do this.",
  answer: "Answer from what the tools returned.",
} as const;

/** An answer that hides a failed call, or states numbers that nobody stated. */
function unfoundedAnswer(output: AssistantText, { content, turnIndex, referenceText }: Decided): CallFinding[] {
  if (output.answer === undefined) return [];
  const conversation = content.turns.slice(0, turnIndex);
  const hidden = hiddenFailure(output, referenceText, conversation);
  const stated = numbersIn(`${conversationText(conversation)}\n${referenceText}`);
  const invented = [...numbersIn(output.answer.text)].filter((number) => !stated.has(number));
  if (invented.length === 0) return hidden;
  const message = `States ${invented.slice(0, 3).join(", ")}, which nothing in the conversation gives.`;
  return [...hidden, { code: "F12", message, fix: FIXES.answer, callIndex: 0, range: placeOfNumber(output.answer, invented[0]!) }];
}

/** Where the answer states it, if it is written in digits; else the whole answer. */
function placeOfNumber({ text, range }: NonNullable<AssistantText["answer"]>, number: number): { start: number; end: number } {
  for (const match of text.matchAll(/\d[\d,.]*\d|\d/g)) {
    if (Number(match[0].replaceAll(",", "")) === number) {
      return { start: range.start + match.index, end: range.start + match.index + match[0].length };
    }
  }
  return range;
}
