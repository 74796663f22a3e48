/**
 * @file A failure as what tracing asks: its gradient of the error alone, against that of the right text where it is known, and its states of the
 * whole output.
 */
import type { TraceQuery, WeightedTokens } from "#contracts/attribution.ts";

/** Half-open. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

export interface FailureTokens {
  /** Ends with the assistant's role marker. */
  readonly promptIds: Int32Array;
  /** As generated, with the stop token if one ended it. */
  readonly outputIds: Int32Array;
  /** The error's parts, among the output's tokens; none: all of it. */
  readonly spans: readonly TokenSpan[];
  /** A right text spelled as the output is, with its stop token; null where nobody said what is right. */
  readonly rightIds: Int32Array | null;
}

/** @param maxLength  positions of the model; what lies behind them is cut, for it was never computed either */
export function failureQuery({ promptIds, outputIds, spans, rightIds }: FailureTokens, maxLength: number): TraceQuery {
  const weighted = (ids: Int32Array, within: readonly TokenSpan[]): WeightedTokens => weightedTokens(promptIds, ids, within, maxLength);
  const all = { start: 0, end: outputIds.length };
  const bad = spans.length === 0 ? [all] : spans.map((span) => atLeastOne(span, outputIds.length));
  return {
    bad: weighted(outputIds, bad),
    correct: rightIds === null ? null : weighted(rightIds, [differingPart(outputIds, rightIds)]),
    pooled: weighted(outputIds, [all]),
  };
}

/** Where the right text differs from the output: what is between their common beginning and their common end, at least one token. */
export function differingPart(output: Int32Array, right: Int32Array): TokenSpan {
  const shorter = Math.min(output.length, right.length);
  let start = 0;
  while (start < shorter && output[start] === right[start]) start++;
  let behind = 0;
  while (behind < shorter - start && output[output.length - 1 - behind] === right[right.length - 1 - behind]) behind++;
  return atLeastOne({ start, end: right.length - behind }, right.length);
}

/** An error can lie behind the last token, or between two: then the token that stands in its place is asked about. */
function atLeastOne({ start, end }: TokenSpan, length: number): TokenSpan {
  const first = Math.max(0, Math.min(start, length - 1));
  return { start: first, end: Math.min(length, Math.max(end, first + 1)) };
}

function weightedTokens(promptIds: Int32Array, ids: Int32Array, spans: readonly TokenSpan[], maxLength: number): WeightedTokens {
  const length = Math.min(maxLength, promptIds.length + ids.length);
  const inputIds = new Int32Array(length);
  inputIds.set(promptIds.subarray(0, length));
  inputIds.set(ids.subarray(0, Math.max(0, length - promptIds.length)), Math.min(length, promptIds.length));
  const lossWeights = new Float32Array(length);
  for (const { start, end } of spans) {
    lossWeights.fill(1, Math.min(length, promptIds.length + start), Math.min(length, promptIds.length + end));
  }
  return { inputIds, lossWeights };
}
