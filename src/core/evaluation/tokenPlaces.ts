/** @file Which generated token stands at which character of the text. */
import type { TextRange } from "#contracts/calls.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";

export interface TokenPlaces {
  /** Of all generated tokens, the stop token included. */
  readonly numTokens: number;
  /** Where the text of a token begins. */
  startOf(position: number): number;
  /** The token that begins the character at `offset`; at or behind the end of the text the stop token, or the number of tokens without one. */
  tokenAt(offset: number): number;
  /** The tokens that touch a range; an empty range has the token at its place. */
  tokensOf(range: TextRange): { readonly start: number; readonly end: number };
}

/** @param tokenIds as generated, with the stop token if one ended it */
export function tokenPlaces(tokenIds: Int32Array, tokenizer: Tokenizer): TokenPlaces {
  const ids = tokenIds.at(-1) === tokenizer.special.eos ? tokenIds.subarray(0, -1) : tokenIds;
  const decoder = new TextDecoder();
  /** Length of the text that is whole after each token. */
  const ends: number[] = [];
  let length = 0;
  for (const id of ids) {
    length += decoder.decode(tokenizer.tokenBytes(id), { stream: true }).length;
    ends.push(length);
  }
  const startOf = (position: number): number => (position === 0 ? 0 : (ends[Math.min(position, ends.length) - 1] ?? 0));
  const tokenAt = (offset: number): number => {
    const completes = ends.findIndex((end) => end > offset);
    if (completes === -1) return ids.length;
    // a character of several tokens begins at the first of them
    let first = completes;
    while (first > 0 && startOf(first) === offset && startOf(first - 1) === offset) first--;
    return first;
  };
  return {
    numTokens: tokenIds.length,
    startOf,
    tokenAt,
    tokensOf: ({ start, end }) => {
      const first = tokenAt(start);
      return { start: first, end: Math.min(tokenIds.length, end <= start ? first + 1 : Math.max(first, tokenAt(end - 1)) + 1) };
    },
  };
}
