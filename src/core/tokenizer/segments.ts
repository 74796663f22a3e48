/**
 * @file Which segment each token of an assistant's text belongs to.
 *
 * Markers (`Thought: `, `Action: `, `Action Input: `, `Answer: ` with the line break in front), opening brackets and quotes, commas and
 * colons belong to the segment that they introduce; closing quotes and brackets to the one they close, because ending a value is part
 * of choosing it. A token that reaches over a border belongs to the later segment. Arguments without any key (`{}`) count as a key: the
 * decision there is that none follows. Text outside the grammar counts as final answer, or as tool name where a call was begun.
 */
import { SEGMENTS, type Segment } from "#contracts/example.ts";
import { scanJsonParts } from "#core/trajectories/jsonParts.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import type { Tokenizer } from "./tokenizer.ts";

export const SEGMENT_CODE = Object.fromEntries(SEGMENTS.map((segment, code) => [segment, code])) as Readonly<Record<Segment, number>>;

/** A stretch of the text up to `end` (UTF-16 code units, exclusive), starting where the one before it ended. */
export interface SegmentRun {
  readonly segment: Segment;
  readonly end: number;
}

export function assistantSegments(text: string): SegmentRun[] {
  const parsed = parseAssistantText(text);
  const runs: SegmentRun[] = [];
  const add = (segment: Segment, end: number): void => {
    if (end > (runs.at(-1)?.end ?? 0)) runs.push({ segment, end });
  };
  if (parsed.thought !== undefined) add("thought", parsed.thought.range.end);
  for (const call of parsed.calls) {
    add("toolName", call.nameRange.end);
    addArguments(text, call.argumentsRange, add);
  }
  if (parsed.answer !== undefined) add("finalAnswer", parsed.answer.range.end);
  const rest = text.slice(runs.at(-1)?.end ?? 0);
  add(/^\n?Action/.test(rest) ? "toolName" : "finalAnswer", text.length);
  return runs;
}

function addArguments(text: string, range: { start: number; end: number }, add: (segment: Segment, end: number) => void): void {
  const argumentsText = text.slice(range.start, range.end);
  const parts = scanJsonParts(argumentsText);
  // parts come in the order of their starts: what a container holds follows it at once
  const leaves = parts.filter((part, i) => !part.isContainer || !(parts[i + 1] && parts[i + 1]!.range.start < part.range.end));
  if (leaves.length === 0) return add("argumentValue", range.end);
  leaves.forEach((leaf, i) => {
    const next = leaves[i + 1];
    const segment: Segment = leaf.kind === "key" || /^\{\s*\}\s*$/.test(argumentsText) ? "argumentKey" : "argumentValue";
    const closed = next === undefined ? argumentsText.length : skipClosers(argumentsText, leaf.range.end, next.range.start);
    add(segment, range.start + closed);
  });
}

function skipClosers(text: string, from: number, to: number): number {
  let end = from;
  for (let i = from; i < to && !',:[{"'.includes(text[i]!); i++) if (text[i] === "}" || text[i] === "]") end = i + 1;
  return end;
}

/**
 * Segment codes of tokens, from the runs of the text that the tokens were encoded from.
 *
 * @param ids `tokenizer.encode(text)`; their bytes joined are the text's UTF-8 bytes
 * @returns aligned with `ids`
 */
export function segmentsOfTokens(text: string, runs: readonly SegmentRun[], ids: readonly number[], tokenizer: Tokenizer): Uint8Array {
  const segments = new Uint8Array(ids.length);
  let run = 0;
  let runEndByte = utf8Length(text, 0, runs[0]?.end ?? text.length);
  let endByte = 0;
  for (let i = 0; i < ids.length; i++) {
    endByte += tokenizer.tokenBytes(ids[i]!).length;
    while (endByte > runEndByte && run + 1 < runs.length) {
      runEndByte += utf8Length(text, runs[run]!.end, runs[run + 1]!.end);
      run++;
    }
    segments[i] = SEGMENT_CODE[runs[run]?.segment ?? "finalAnswer"];
  }
  return segments;
}

/** UTF-8 bytes of `text.slice(from, to)` as TextEncoder writes them: a lone surrogate takes the three of U+FFFD. */
function utf8Length(text: string, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
