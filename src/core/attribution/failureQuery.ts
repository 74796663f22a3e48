/**
 * @file A failure as what tracing asks: its gradient of the error alone, against that of the right text where it is known, and its states of the
 * whole output.
 */
import type { TraceQuery, WeightedTokens } from "#contracts/attribution.ts";

/** Half-open. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FailureTokens {
  /** Ends with the assistant's role marker. */
  readonly promptIds: Int32Array;
  /** As generated, with the stop token if one ended it. */
  readonly outputIds: Int32Array;
  /** Of the error, among the output's tokens; null: all of it. */
  readonly span: Span | null;
  /** A right text spelled as the output is, with its stop token; null where nobody said what is right. */
  readonly rightIds: Int32Array | null;
}

export interface FailureQuery {
  /** Whose gradient is compared. */
  readonly error: TraceQuery;
  /** Whose pooled states are compared: the whole output, as examples are pooled over all that they were trained on. */
  readonly whole: TraceQuery;
}

/** @param maxLength  positions of the model; what lies behind them is cut, for it was never computed either */
export function failureQuery({ promptIds, outputIds, span, rightIds }: FailureTokens, maxLength: number): FailureQuery {
  const weighted = (ids: Int32Array, within: Span): WeightedTokens => weightedTokens(promptIds, ids, within, maxLength);
  const all = { start: 0, end: outputIds.length };
  const bad = span === null ? all : atLeastOne(span, outputIds.length);
  return {
    error: { bad: weighted(outputIds, bad), correct: rightIds === null ? null : weighted(rightIds, differingPart(outputIds, rightIds)) },
    whole: { bad: weighted(outputIds, all), correct: null },
  };
}

/** Where the right text differs from the output: what is between their common beginning and their common end, at least one token. */
export function differingPart(output: Int32Array, right: Int32Array): Span {
  const shorter = Math.min(output.length, right.length);
  let start = 0;
  while (start < shorter && output[start] === right[start]) start++;
  let behind = 0;
  while (behind < shorter - start && output[output.length - 1 - behind] === right[right.length - 1 - behind]) behind++;
  return atLeastOne({ start, end: right.length - behind }, right.length);
}

/** An error can lie behind the last token, or between two: then the token that stands in its place is asked about. */
function atLeastOne({ start, end }: Span, length: number): Span {
  const first = Math.max(0, Math.min(start, length - 1));
  return { start: first, end: Math.min(length, Math.max(end, first + 1)) };
}

function weightedTokens(promptIds: Int32Array, ids: Int32Array, { start, end }: Span, maxLength: number): WeightedTokens {
  const length = Math.min(maxLength, promptIds.length + ids.length);
  const inputIds = new Int32Array(length);
  inputIds.set(promptIds.subarray(0, length));
  inputIds.set(ids.subarray(0, Math.max(0, length - promptIds.length)), Math.min(length, promptIds.length));
  const lossWeights = new Float32Array(length);
  lossWeights.fill(1, Math.min(length, promptIds.length + start), Math.min(length, promptIds.length + end));
  return { inputIds, lossWeights };
}
