/** @file The part of an output that its primary finding is about: what a trace restricts its question to. */
import type { AssistantText, CallFinding, PlacedCall, TextRange } from "#contracts/calls.ts";
import type { ErrorPlace } from "#contracts/diagnosis.ts";
import { keyRanges, valueRanges } from "#core/trajectories/jsonParts.ts";

export interface ErrorPart {
  readonly place: ErrorPlace;
  readonly range: TextRange;
  readonly callIndex: number;
  readonly pointer?: string;
}

const ACTION = "Action: ";
const ANSWER = "Answer: ";

/**
 * @param finding     the primary one
 * @param wrongOffset the first wrong character, where it is known
 */
export function errorPart(finding: CallFinding, text: string, output: AssistantText, wrongOffset: number | null): ErrorPart {
  const { code, callIndex } = finding;
  const call = output.calls[callIndex];
  const end = { start: text.length, end: text.length };
  const part = (place: ErrorPlace, range: TextRange): ErrorPart =>
    finding.pointer === undefined ? { place, range, callIndex } : { place, range, callIndex, pointer: finding.pointer };
  switch (code) {
    case "F01": {
      const start = Math.min(wrongOffset ?? finding.range?.start ?? 0, text.length);
      return start === text.length ? part("end", end) : part("format", { start, end: text.length });
    }
    case "F02":
    case "F03":
    case "F04":
      return part("toolName", finding.range ?? end);
    case "F05":
    case "F06":
    case "F07":
    case "F08":
    case "F09":
      return call === undefined ? part("format", finding.range ?? end) : argumentPart(finding, call, part);
    case "F10":
      if (finding.range === undefined) return part("end", end);
      return part("call", call === undefined ? finding.range : withMarker(text, finding.range, call));
    case "F11":
      return part("decision", call === undefined ? (finding.range ?? end) : { start: markerOf(text, call), end: call.nameRange.end });
    case "F12":
    case "F13":
      return part("answer", wholeAnswer(finding.range ?? end, output));
    case "F14": {
      if (finding.range === undefined || finding.range.start >= text.length) return part("end", end);
      return call === undefined ? part("answer", finding.range) : part("call", withMarker(text, finding.range, call));
    }
  }
}

type MakePart = (place: ErrorPlace, range: TextRange) => ErrorPart;

function argumentPart(finding: CallFinding, call: PlacedCall, part: MakePart): ErrorPart {
  const { argumentsText, argumentsRange } = call;
  const pointer = finding.pointer ?? "";
  const shifted = (range: TextRange | undefined): TextRange | undefined =>
    range && { start: argumentsRange.start + range.start, end: argumentsRange.start + range.end };
  const values = valueRanges(argumentsText);
  const key = shifted(keyRanges(argumentsText).get(pointer));
  if (key === undefined) {
    // not there: the bracket that closes without it
    const holder = shifted(values.get(pointer.slice(0, Math.max(0, pointer.lastIndexOf("/"))))) ?? argumentsRange;
    return part("missingArgument", { start: Math.max(holder.start, holder.end - 1), end: holder.end });
  }
  const value = shifted(values.get(pointer));
  const isKeyWrong = finding.code === "F06" || (finding.code === "F09" && finding.range?.start === key.start);
  if (isKeyWrong) return part("argumentKey", { start: key.start, end: value?.end ?? key.end });
  return part("argumentValue", finding.range ?? value ?? argumentsRange);
}

/** With the words that introduce the call. */
function withMarker(text: string, range: TextRange, call: PlacedCall): TextRange {
  return range.start <= call.nameRange.start ? { start: Math.min(range.start, markerOf(text, call)), end: range.end } : range;
}

function markerOf(text: string, call: PlacedCall): number {
  const start = call.nameRange.start - ACTION.length;
  return text.startsWith(ACTION, start) ? start : call.nameRange.start;
}

function wholeAnswer(range: TextRange, { answer }: AssistantText): TextRange {
  return answer !== undefined && range.start === answer.range.start ? { start: range.start - ANSWER.length, end: range.end } : range;
}
